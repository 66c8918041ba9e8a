//! `tcpw events`: what the journal has, one event a line.

mod command;
mod fleet;
mod follow;
mod form;
mod found;
mod sheet;

pub(super) use command::{EventsArgs, run};
