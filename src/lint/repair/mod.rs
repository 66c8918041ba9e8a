//! Repairs: findings with a known remedy are turned into edits, one a rule at a time, and what comes
//! of them is proved before the next.
//!
//! A safe repair changes no verdict. The others make a rule do what its author evidently meant, so
//! people gain or lose access by them; nobody gains whom no word of the rule names. A repair after
//! which the rule has another mistake is not made.

mod edits;
mod mentions;
mod proof;
mod readings;
mod repaired;
mod rounds;
mod sampled;
mod touched;

pub use proof::{Changes, changes};
pub use repaired::{DENY_ALL, Repaired};
pub use rounds::{Boldness, repair};
pub use sampled::Difference;
