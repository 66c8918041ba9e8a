//! `tcpw demo`: what tcpw does, on sample tables in a temporary directory.

mod command;
mod full;
mod short;
mod stage;

pub(super) use command::{DemoArgs, run};
