//! The engine against the installed libwrap: thousands of generated table pairs and every
//! hand-written fact, verdict and deciding line compared.

mod case;
mod compare;
mod facts;
mod generate;
mod indexed;
mod library;
mod matches;
mod names;
mod options;
mod patterns;
mod questions;
mod random;
mod rows;
mod shrink;
mod subject;
mod tally;

pub(crate) use generate::case;
pub(crate) use library::{Answer, Oracle, Tables};
