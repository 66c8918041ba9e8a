//! `tcpw mail test --as-alert`: the test message goes the way of an alert, through the queue and by
//! a deliverer with no more than an alert gives it.

use super::deliver::{Ears, as_owner_of_journal, in_foreground, open, workplace};
use crate::alert::{Journal, JournalError, People, Queued, State};
use crate::cli::base::{Context, Exit, Failure, Style, background};
use crate::cli::machine::rule_finder::FiredRules;
use crate::cli::machine::schedule;
use crate::config::{Config, Mailbox};
use crate::system::{Clock as _, SystemClock, host_name};
use std::thread::sleep;
use std::time::{Duration, Instant};

/// How often the queue is looked at.
const PAUSE: Duration = Duration::from_millis(100);

/// Queues a test message for everybody configured and for everybody of each `[[alert.rule]]`, has it
/// delivered, and waits until `limit` for what becomes of it.
pub(crate) fn run(
    config: &Config,
    limit: Duration,
    context: &mut Context,
) -> Result<Exit, Failure> {
    let letters = queue(config, context)?;
    background::start_as_alert(&context.paths).map_err(|cause| {
        Failure::new(format_args!("cannot start the deliverer: {cause}"))
            .hint("the test message stays in the queue: tcpw queue")
    })?;
    let mut unit = schedule::running_unit(&context.paths);
    let end = Instant::now() + limit;
    let mut ways = look(config, &letters)?;
    while Instant::now() < end && ways.iter().any(|way| !is_over(way)) {
        sleep(PAUSE);
        ways = look(config, &letters)?;
        // The deliverer of an alert made room: the unit may have what it has not.
        if ways.iter().any(is_released)
            && let Some(name) = unit.take()
        {
            context.out.note(&format!(
                "a deliverer that an alert starts cannot send it; starting {name}"
            ))?;
            schedule::start(name, context)?;
        } else if unit.is_none() && ways.iter().all(|way| is_over(way) || is_released(way)) {
            break;
        }
    }
    let mut exit = Exit::Done;
    for way in &ways {
        if !show(config, way, limit, context)? {
            exit = Exit::Negative;
        }
    }
    tidy(config, &ways, context)?;
    Ok(exit)
}

fn queue(config: &Config, context: &mut Context) -> Result<Vec<i64>, Failure> {
    let paths = context.paths.clone();
    let way = open(config);
    let rules = FiredRules::new(&paths);
    let ears = Ears {
        warn: &|_| {},
        // No event is collected here.
        record: &|_, _, _| {},
    };
    let place = workplace(None, &paths, config, way.as_ref(), &rules, ears);
    let Some(mut foreground) = in_foreground(&place, context)? else {
        return Err(Failure::new(
            "no test message was queued: another deliverer is still busy after 10 s",
        )
        .hint("run the command again; tcpw queue shows what waits"));
    };
    foreground.deliverer.queue_trials().map_err(|error| {
        Failure::new(format_args!("no test message was queued: {error}"))
            .hint("run it as the user who owns the journal, usually root")
    })
}

/// Every way of the test messages.
fn look(config: &Config, letters: &[i64]) -> Result<Vec<Queued>, Failure> {
    let mut journal = journal(config)?;
    let mut all = Vec::new();
    for letter in letters {
        all.extend(journal.ways(*letter).map_err(cannot)?);
    }
    Ok(all)
}

fn journal(config: &Config) -> Result<Journal, Failure> {
    let found = Journal::open_to_read(&config.journal).map_err(cannot)?;
    found.ok_or_else(|| {
        let path = config.journal.display();
        Failure::new(format_args!("the journal {path} is gone"))
            .hint("another tcpw removed it or put it aside; run the command again")
    })
}

fn cannot(error: JournalError) -> Failure {
    Failure::new(error).hint("run it as the user who owns the journal, usually root")
}

/// Whether nothing more is to be expected soon: delivered, given up, or to be tried again later.
fn is_over(way: &Queued) -> bool {
    let is_later = way.attempts > 0 && way.due > SystemClock.now().timestamp();
    way.state != State::Waiting || is_later
}

/// Whether it was tried in vain by a deliverer that left it to another one.
fn is_released(way: &Queued) -> bool {
    way.state == State::Waiting && way.attempts > 0 && !is_over(way)
}

/// Says what became of it on one way; whether every recipient has it.
fn show(
    config: &Config,
    way: &Queued,
    limit: Duration,
    context: &mut Context,
) -> Result<bool, Failure> {
    let channel = way.channel.as_deref().unwrap_or_default();
    let attempts = journal(config)?.attempts(way.letter).map_err(cannot)?;
    let mine: Vec<_> = attempts
        .iter()
        .filter(|attempt| attempt.channel == channel)
        .collect();
    let people = if channel == "mail" {
        recipients(config, way)
    } else {
        vec![channel.to_owned()]
    };
    let mut is_sent = true;
    for person in people {
        let about = |attempt: &&&crate::alert::Attempt| {
            attempt.recipient.as_ref().is_none_or(|who| *who == person)
        };
        let line = match mine.iter().rev().find(about) {
            Some(attempt) if attempt.outcome == "delivered" => {
                let word = context.out.paint(Style::Good, "sent");
                format!("{word} to {person}: {}", attempt.text)
            }
            Some(attempt) => {
                is_sent = false;
                let word = context.out.paint(Style::Bad, "not sent");
                format!("{word} to {person}: {}: {}", attempt.step, attempt.text)
            }
            None => {
                is_sent = false;
                let word = context.out.paint(Style::Bad, "not sent");
                let text = way.last_error.as_deref().unwrap_or("it was not tried");
                format!("{word} to {person} within {} s: {text}", limit.as_secs())
            }
        };
        context.out.line(line)?;
    }
    Ok(is_sent && way.state == State::Delivered)
}

fn recipients(config: &Config, way: &Queued) -> Vec<String> {
    if way.audience.is_empty() {
        return People::new(&config.mail, &host_name()).recipients();
    }
    let address =
        |text: &String| Mailbox::parse(text).map_or_else(|_| text.clone(), |it| it.address());
    way.audience.iter().map(address).collect()
}

/// A test message that did not arrive is not to arrive later.
fn tidy(config: &Config, ways: &[Queued], context: &mut Context) -> Result<(), Failure> {
    let mut left: Vec<i64> = ways
        .iter()
        .filter(|way| way.state != State::Delivered)
        .map(|way| way.letter)
        .collect();
    left.dedup();
    if left.is_empty() {
        return Ok(());
    }
    let _rights = as_owner_of_journal(config)?;
    let mut journal = Journal::open(&config.journal).map_err(cannot)?;
    for letter in &left {
        journal.drop_letter(*letter).map_err(cannot)?;
    }
    context.out.line(
        "test messages that did not arrive were removed from the queue, so none arrives later",
    )
}
