//! Findings about a policy: each known trap of the two tables, with its place and its remedy.
//!
//! A new check is a file in the folder of `checks` for the first digit of its code, a line in the
//! `mod.rs` there, a row in `table`, and a folder below `fixtures/lint`. Its file declares with
//! `rows!` all that belongs to the code: what `tcpw explain` says, how it is found, in which builds of
//! libwrap it holds, how it is fixed, and what an example of it must show.
//!
//! On the way of a finding: `run` hands lines and rules (`view`) to the checks, which report to
//! `sink`; `report` gives each finding its harm and its example (`witness`, which asks the engine by
//! `trial`), and `repair` applies the fixes and proves what comes of them. Findings are data:
//! nothing here prints, and nothing here fails.

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
pub use machine_files::{FileKind, GateData, Look, MachineFiles, OtherNames, Site};
pub use policy::Policy;
pub use repair::{Boldness, Changes, DENY_ALL, Difference, Repaired, changes, repair};
pub use report::LintReport;
pub use run::run;
pub use table::CHECKS;
pub use trial::Witness;
