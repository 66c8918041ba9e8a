//! The outside world behind small traits, so that everything above can be tested without it.

mod clock;
mod netgroup;
mod resolver;

pub use clock::{Clock, SystemClock};
pub use netgroup::Netgroups;
pub use resolver::{Doubt, Found, Resolver, SystemResolver};
