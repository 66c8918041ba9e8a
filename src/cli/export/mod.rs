//! `tcpw export`: the policy where libwrap is not.

mod args;
mod command;
mod folder;
mod former;
mod list;
mod own_login;
mod sets;
mod told;
mod unit_files;
mod unit_lists;
mod unit_names;
mod way_back;

pub(super) use args::ExportArgs;
pub(super) use command::run;
