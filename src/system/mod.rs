//! The outside world behind small traits, so that everything above can be tested without it.

mod clock;

pub use clock::{Clock, SystemClock};
