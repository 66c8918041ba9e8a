//! `tcpw setup`: who may connect, the default, the alert and the mail settings, in one change.

mod args;
mod ask;
mod command;
mod mail;
mod needed;
mod work;

pub(super) use args::SetupArgs;
pub(super) use command::run;
