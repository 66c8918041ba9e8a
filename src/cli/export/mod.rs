//! `tcpw export`: the policy where libwrap is not.

mod args;
mod command;
mod folder;
mod list;
mod sets;
mod told;
mod unit_lists;

pub(super) use args::ExportArgs;
pub(super) use command::run;
