//! `tcpw doctor`: which daemons ask libwrap, and whether mail could leave.

mod command;
mod mail;
mod mail_check;
mod mail_clock;
mod mail_domains;
mod mail_places;
mod named_daemons;
mod text;

pub(super) use command::{DoctorArgs, run};
