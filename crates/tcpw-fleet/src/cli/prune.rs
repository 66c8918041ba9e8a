//! `tcpw-fleet prune`: what is too old is forgotten, and the rest is summed up.

use super::args::PruneArgs;
use super::configured::{admin, settings};
use super::failure::Failure;
use super::output::say;
use crate::database::{forget, sum_up};
use std::path::Path;

pub(super) fn run(args: &PruneArgs, config: Option<&Path>) -> Result<(), Failure> {
    let config = settings(config)?;
    let fleet = &config.fleet;
    let mut client = admin(&args.admin)?;
    let dropped = forget(&mut client, fleet.keep, fleet.keep_hourly)?;
    sum_up(&mut client)?;
    let days = |length: std::time::Duration| length.as_secs() / 86_400;
    say(&format!(
        "dropped {dropped} partitions; kept: events {} d, counts {} d",
        days(fleet.keep),
        days(fleet.keep_hourly)
    ))
}
