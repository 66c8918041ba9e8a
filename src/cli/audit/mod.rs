//! `tcpw audit`: the tables before a benchmark, as its scanner looks and as libwrap acts.

mod args;
mod command;
mod evidence;
mod fix;
mod json;
mod junit;
mod look;
mod text;
mod words;

pub(crate) use args::AuditArgs;
pub(crate) use command::run;
