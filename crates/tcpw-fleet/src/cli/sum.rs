//! `tcpw-fleet sum`: sums of the counts, which make reports quick.

use super::args::SumArgs;
use super::configured::admin;
use super::failure::Failure;
use super::output::say;
use crate::database::{check, sum_up};

pub(super) fn run(args: &SumArgs) -> Result<(), Failure> {
    let mut client = admin(&args.admin)?;
    check(&mut client)?;
    let summed = sum_up(&mut client)?;
    say(&format!(
        "summed {} hours of {} days",
        summed.hours, summed.days
    ))
}
