//! `tcpw-fleet init`: the schema.

use super::args::InitArgs;
use super::configured::admin_at;
use super::failure::Failure;
use super::output::say;
use crate::database::{init, sum_up};

pub(super) fn run(args: &InitArgs) -> Result<(), Failure> {
    let mut client = admin_at(&args.url, &args.secret)?;
    let done = init(&mut client)?;
    // Each day in a transaction of its own: what is not summed when this ends is what the next one sums.
    sum_up(&mut client)?;
    if done.before == done.after {
        return say(&format!("The schema is version {}, as before.", done.after));
    }
    say(&match done.before {
        0 => format!("Made the schema tcpw, version {}.", done.after),
        before => format!(
            "Brought the schema from version {before} to {}.",
            done.after
        ),
    })
}
