//! `tcpw lint`: the findings about two tables, or about the files that are named.

mod args;
mod baseline;
mod choice;
mod fix;
mod format;
mod human;
mod json;
mod list;
mod overall;
mod placed;
mod run;
mod sarif;
mod sources;
mod xml;

pub(crate) use args::LintArgs;
pub(crate) use overall::overall;
pub(crate) use run::run;
