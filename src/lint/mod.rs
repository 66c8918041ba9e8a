//! Findings about a policy: each known trap of the two tables, with its place and its remedy.
//!
//! A check is a file in `checks`; the table of all codes is [`CHECKS`]. Findings are data: nothing
//! here prints, and nothing here fails.

#[macro_use]
mod row;

mod check;
mod checks;
mod claims;
mod command;
mod cover;
pub mod docs;
mod finding;
mod fix;
mod foreign;
mod group;
mod harms;
mod machine_files;
mod policy;
mod precedence;
mod repair;
mod report;
mod run;
mod sink;
mod suggest;
mod suppress;
mod table;
mod trial;
mod view;
mod witness;
mod words;

pub use crate::policy::{formatted, means_the_same};
pub use check::{Check, Harm};
pub use finding::Finding;
pub use machine_files::{FileKind, Files, Look, Site};
pub use policy::Policy;
pub use repair::{Boldness, Changes, DENY_ALL, Difference, Repaired, changes, repair};
pub use report::Report;
pub use run::run;
pub use table::CHECKS;
pub use trial::Witness;
