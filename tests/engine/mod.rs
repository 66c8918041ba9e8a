//! The engine against the installed libwrap: thousands of generated table pairs and every
//! hand-written fact, verdict and deciding line compared.

mod case;
mod compare;
mod compiled;
mod coverage;
/// What the builds of libwrap differ in: each difference, in each dialect.
mod dialects;
mod differing;
mod facts;
mod focused;
mod generate;
mod indexed;
mod inside;
mod library;
mod live;
mod matches;
mod mutations;
mod names;
mod options;
mod patterns;
mod questions;
mod random;
mod reasons;
mod remaining;
mod rows;
mod sentences;
mod shrink;
mod skimmed;
mod subject;
mod suite;
mod suites;
mod tally;
mod traced;
mod ways;

pub(crate) use generate::{Source, case, case_from};
pub(crate) use library::{Aclexec, Answer, Oracle, Tables};
pub(crate) use random::Random;
