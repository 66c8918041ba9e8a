//! `tcpw status` and `tcpw metrics`: how things stand, looked at line by line.

mod args;
mod command;
mod list_files;
mod look;
mod look_daemons;
mod look_follow;
mod look_journal;
mod look_pending;
mod look_places;
mod look_tables;
mod metrics;
mod reasons;
mod saved;
mod schedules;

pub(super) use args::{MetricsArgs, StatusArgs};
pub(super) use command::run;
pub(super) use metrics::run as metrics;
