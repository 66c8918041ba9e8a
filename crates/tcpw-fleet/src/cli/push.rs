//! `tcpw-fleet push`: what is new goes into the database.

use super::args::PushArgs;
use super::configured::{Here, here};
use super::failure::Failure;
use super::output::{complain, say};
use crate::push::{Push, PushError};
use std::path::Path;
use tcpw::system::SystemClock;

pub(super) fn run(args: &PushArgs, config: Option<&Path>) -> Result<(), Failure> {
    let Here {
        config,
        address,
        host,
    } = here(config)?;
    let push = Push {
        address: &address,
        host: &host,
        journal: &config.journal,
        state: &args.state,
        full: config.fleet.full,
        counters: config.fleet.counters,
        mail: config.fleet.mail,
        own_after: config.fleet.own_after,
        now: args.now,
    };
    let done = push.run(&SystemClock).map_err(|error| {
        if error.is_of_database() {
            Failure::NotSent(format!("{error}; the events stay in the journal"))
        } else {
            told(&error)
        }
    })?;
    if let Some(life) = done.life {
        complain(&format!(
            "the journal does not go on from what was sent as {host}, so life {life} of this host begins: it was restored from a backup or begun again, or another machine sends under this name"
        ));
    }
    if done.is_unmailed {
        complain(
            "tcpw-fleet mail did not look for events for longer than own_after of [fleet], so this host mails about its alerts itself; start it: systemctl start tcpw-fleet-mail on the machine that mails",
        );
    }
    if let Some(seconds) = done.wait {
        let why = if done.is_asked {
            "the database asks to wait"
        } else {
            "earlier tries failed or were asked to wait"
        };
        return Err(Failure::NotSent(format!(
            "{} events were sent; {why}, the next try is in {seconds} s (--now tries at once)",
            done.events
        )));
    }
    say(&format!(
        "Sent {} events as {host}, {} of them in full; {} are left.",
        done.events, done.added, done.left
    ))
}

fn told(error: &PushError) -> Failure {
    Failure::Told(error.to_string())
}
