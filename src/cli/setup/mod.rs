//! `tcpw setup`: who may connect, the default, the alert and the mail settings, in one change.

mod args;
mod ask;
mod ask_mail;
mod command;
mod mail;
mod needed;
mod old;
mod password;
mod prompt;
mod sentence;
mod table_work;
mod words;
mod work;

pub(super) use args::SetupArgs;
pub(super) use command::run;
pub(super) use words::says_who_gets_in;
