//! The outside world behind small traits, so that everything above can be tested without it.

mod clock;
mod netgroup;
mod session;

pub use clock::{Clock, SystemClock};
pub use netgroup::Netgroups;
pub use session::{ProcessTable, Processes, Session};
