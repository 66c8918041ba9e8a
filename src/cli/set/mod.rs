//! `tcpw set`: compiled sets, many networks in one file that the gate asks in a moment.

mod build;
mod build_args;
mod command;
mod former;
mod list;
mod outcome;
mod show;

pub(super) use command::{SetArgs, run};
