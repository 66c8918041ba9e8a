//! `tcpw mail`: whether mail goes out, and what it looks like.

mod command;
mod preview;

pub(super) use command::{MailArgs, run};
