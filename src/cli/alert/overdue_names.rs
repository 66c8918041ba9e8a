//! `tcpw expire`, and a mail about names that could not be resolved for longer than their grace: one for
//! each time that this begins.

use super::deliver::{Ears, in_foreground, open, workplace};
use crate::alert::{Notice, OverdueName};
use crate::cli::base::{Context, Exit, Failure, background};
use crate::cli::change::expire::{self, ExpireArgs};
use crate::cli::change::follow_names::followed_rules;
use crate::cli::machine::follow_state::{FollowState, FollowedName};
use crate::cli::machine::rule_finder::FiredRules;
use crate::cli::machine::settings;
use crate::config::Config;
use crate::escape::visible;
use crate::system::{Clock as _, SystemClock};
use std::collections::BTreeSet;

/// Removes what has expired, follows names, and mails about those that cannot be followed.
pub(crate) fn expire(args: &ExpireArgs, context: &mut Context) -> Result<Exit, Failure> {
    let began = SystemClock.now().timestamp();
    let exit = expire::run(args, context);
    if !args.is_preview() {
        tell(began, context)?;
    }
    exit
}

/// Mails about names that cannot be resolved, once for each time that this begins.
fn tell(began: i64, context: &mut Context) -> Result<(), Failure> {
    // What cannot be read was said by the command itself.
    let (Ok(config), Ok(mut state)) = (
        settings::load(&context.paths),
        FollowState::read(&context.paths),
    ) else {
        return Ok(());
    };
    let now = SystemClock.now().timestamp();
    let has_way = config.mail.has_way || !config.channels.is_empty();
    let is_new = |known: &FollowedName| known.is_overdue(&config.follow, now) && !known.is_mailed;
    if !state.names.values().any(is_new) || !has_way && !config.journal.exists() {
        return Ok(());
    }
    let followed: BTreeSet<String> = followed_rules(&context.paths)?
        .into_iter()
        .map(|rule| rule.name)
        .collect();
    // A rule that is gone was removed just now, or by somebody who knows.
    let is_meant = |name: &str, known: &FollowedName| {
        let is_said_now = known.reported.is_some_and(|reported| reported >= began);
        followed.contains(name) || config.follow.remove && is_said_now
    };
    let mut names = Vec::new();
    let mut is_first = false;
    for (name, known) in &mut state.names {
        if !is_new(known) || !is_meant(name, known) {
            continue;
        }
        let since = known.failing_since.unwrap_or(now);
        names.push(OverdueName {
            name: name.clone(),
            seconds: u64::try_from(now - since).unwrap_or(0),
            trouble: known.trouble.clone().unwrap_or_default(),
        });
        is_first |= known.reported.is_some_and(|reported| reported >= began);
        known.is_mailed = true;
    }
    if names.is_empty() {
        return Ok(());
    }
    let notice = Notice::NamesOverdue {
        names,
        are_removed: config.follow.remove,
    };
    let queued = queue(&notice, &config, context);
    let kept = queued.and_then(|()| {
        let written = state.write(&context.paths);
        written.map_err(|error| error.to_string())
    });
    match kept {
        // What lasts is tried again each time, and said once a day.
        Err(error) if is_first => context.out.note(&format!(
            "cannot mail that a name cannot be resolved; it is tried again: {}",
            visible(error.as_bytes())
        )),
        Err(_) | Ok(()) => Ok(()),
    }
}

/// Queues the message, and starts the deliverer.
fn queue(notice: &Notice, config: &Config, context: &mut Context) -> Result<(), String> {
    let paths = context.paths.clone();
    let way = open(config);
    let rules = FiredRules::new(&paths);
    let ears = Ears {
        warn: &|_| {},
        // No event is collected here.
        record: &|_, _, _| {},
    };
    let place = workplace(None, &paths, config, way.as_ref(), &rules, ears);
    let foreground = in_foreground(&place, context).map_err(|failure| words(&failure))?;
    let Some(mut foreground) = foreground else {
        return Err("another deliverer is busy".to_owned());
    };
    let queued = foreground.deliverer.queue_notice(notice);
    drop(foreground);
    queued.map_err(|error| error.to_string())?;
    background::start(&paths, None)
        .map_err(|error| format!("the deliverer cannot be started: {error}"))
}

fn words(failure: &Failure) -> String {
    match failure {
        Failure::Told { what, .. } => what.clone(),
        Failure::ClosedPipe => "nobody reads the output".to_owned(),
    }
}
