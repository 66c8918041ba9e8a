//! `tcpw report`: the journal in numbers, for a terminal, a browser, a mail or a program.

mod args;
mod command;
mod fleet;
mod format;
mod logs;
mod mailing;

pub(super) use args::ReportArgs;
pub(super) use command::{as_mailed, run};
