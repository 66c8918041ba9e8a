//! The engine against the installed libwrap: thousands of generated table pairs and every
//! hand-written fact, verdict and deciding line compared.

mod case;
mod compare;
mod facts;
mod generate;
mod indexed;
mod inside;
mod library;
mod matches;
mod mutations;
mod names;
mod options;
mod patterns;
mod questions;
mod random;
mod rows;
mod sentences;
mod shrink;
mod skimmed;
mod subject;
mod tally;

pub(crate) use library::{Oracle, Tables};
