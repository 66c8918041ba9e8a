//! The outside world behind small traits, so that everything above can be tested without it.

mod accounts;
mod clock;
mod netgroup;
mod resolver;
mod shell;

pub use accounts::{has_group, has_user};
pub use clock::{Clock, SystemClock};
pub use netgroup::Netgroups;
pub use resolver::{Doubt, Found, Resolver, SystemResolver};
pub use shell::run_shell;
