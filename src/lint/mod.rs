//! Findings about a policy: each known trap of the two tables, with its place and its remedy.
//!
//! A check is a file in `checks`; the table of all codes is [`CHECKS`]. Findings are data: nothing
//! here prints, and nothing here fails.

mod checks;
mod command;
mod cover;
mod dialects;
pub mod docs;
mod finding;
mod foreign;
mod group;
mod machine_files;
mod policy;
mod precedence;
mod repair;
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
pub use finding::{Finding, Report};
pub use machine_files::{FileKind, Files, Look, Site};
pub use policy::Policy;
pub use repair::{Boldness, Changes, DENY_ALL, Difference, Repaired, changes, repair};
pub use run::run;
pub use table::{CHECKS, Check, Harm};
pub use trial::Witness;
