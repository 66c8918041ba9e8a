//! Values that every part of the program reads or writes alike.

mod duration;
mod filling;
mod language;
mod number;

pub use duration::{TEN_YEARS, age, exact_duration, seconds};
pub use filling::{fill, grouped};
pub use language::Language;
pub use number::{counted, scaled};
