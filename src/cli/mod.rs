//! The command line: arguments, one command a file, output and exit codes. The only module that
//! sees both chains.

mod alert;
mod args;
mod audit;
mod base;
mod change;
mod completions;
mod demo;
mod doctor;
mod events;
mod export;
mod lint;
mod machine;
mod mail;
mod manual;
mod program;
mod report;
mod required_files;
mod set;
mod setup;
mod static_build;
mod status;
mod verdict;

pub use manual::GROUPS;
pub use program::{definition, run};
