//! The facts of a letter, each with what it is about.

use crate::alert::event::UNKNOWN_REPORTER;
use crate::alert::letter::context::LetterContext;
use crate::alert::letter::fleet;
use crate::alert::letter::names::Reverse;
use crate::alert::letter::show::{
    both, local, named, safe_text, server_end, shown, source, span, utc,
};
use crate::alert::letter::words::choose::{fill, number};
use crate::alert::model::letter::{Entry, LetterKind};
use crate::alert::model::reporter::Reporter;
use crate::alert::model::rule_finder::{FiredRule, Verdict};
use crate::alert::model::system_letter::{Notice, OverdueName};
use crate::system::Doubt;
use chrono::TimeDelta;
use serde::Serialize;

/// How many names a notice has one by one.
const MOST_NAMES: usize = 20;

/// What is so.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct Fact {
    label: &'static str,
    value: String,
}

/// The facts of the letter, in the order in which they are listed.
pub(super) fn facts(context: &LetterContext<'_>) -> Vec<Fact> {
    let mut list = List(Vec::new());
    match (context.letter.kind, context.letter.events.first()) {
        (LetterKind::Alarm, Some(entry)) => alarm(&mut list, entry, context),
        (LetterKind::Digest | LetterKind::Overflow, Some(entry)) => {
            gathered(&mut list, entry, context);
        }
        _ => about_alarms(&mut list, context),
    }
    list.0
}

struct List(Vec<Fact>);

impl List {
    fn add(&mut self, label: &'static str, value: impl Into<String>) {
        let value = value.into();
        self.0.push(Fact { label, value });
    }
}

fn alarm(list: &mut List, entry: &Entry, context: &LetterContext<'_>) {
    let (words, setting) = (context.words, context.setting);
    let (labels, values) = (&words.labels, &words.values);
    let event = &entry.event;
    let (host, addr) = (shown(&event.host, words), shown(&event.addr, words));
    if host != addr && !event.host.is_empty() {
        list.add(labels.visitor, host);
    }
    let given = |text: String| {
        if text.is_empty() {
            return values.not_given.to_owned();
        }
        text
    };
    list.add(labels.address, given(addr));
    belonging(list, entry, context);
    list.add(labels.daemon, given(shown(&event.daemon, words)));
    if !event.server.is_empty() {
        list.add(labels.server_end, server_end(&event.server, words));
    }
    list.add(labels.local_time, local(event.time, setting));
    list.add(labels.utc_time, utc(event.time));
    if context.letter.count > 1 {
        list.add(labels.last, both(context.tally.last, setting));
        list.add(labels.count, number(context.letter.count));
    }
    if context.tally.verdict.is_some() {
        outcome(list, entry.verdict, context);
    }
    list.add(
        labels.rule,
        entry
            .rule
            .as_ref()
            .map_or_else(|| values.rule_unknown.to_owned(), rule),
    );
    before(list, context);
    if !event.pid.is_empty() {
        list.add(labels.process, shown(&event.pid, words));
    }
    let reporter = Reporter::of(event.uid);
    if !reporter.is_root() {
        list.add(labels.reporter, named(reporter, words));
    }
}

fn gathered(list: &mut List, entry: &Entry, context: &LetterContext<'_>) {
    let (words, setting, letter) = (context.words, context.setting, context.letter);
    let labels = &words.labels;
    let is_one = letter.source_count <= 1;
    if is_one {
        list.add(labels.source, source(&entry.source));
        belonging(list, entry, context);
    }
    list.add(labels.count, number(letter.count));
    if !is_one {
        list.add(labels.sources, number(letter.source_count));
    }
    let (begin, end) = if context.tally.is_partial {
        (labels.first_listed, labels.last_listed)
    } else {
        (labels.first, labels.last)
    };
    list.add(begin, both(context.tally.first, setting));
    list.add(end, both(context.tally.last, setting));
    if let Some(tally) = letter.sources.first().filter(|_| is_one) {
        let all = |claims: &[crate::alert::event::Claim]| {
            let claims: Vec<String> = claims.iter().map(|claim| shown(claim, words)).collect();
            claims.join(", ")
        };
        list.add(labels.daemons, all(&tally.daemons));
        list.add(labels.names, all(&tally.hosts));
    }
    if is_one {
        if let Some(verdict) = context.tally.verdict.filter(|_| context.tally.has_all) {
            outcome(list, verdict, context);
        }
        if let Some(fired) = &entry.rule {
            let is_same = |other: &Entry| other.rule.as_ref() == Some(fired);
            let is_only = context.tally.has_all && letter.events.iter().all(is_same);
            let label = if is_only {
                labels.rule
            } else {
                labels.first_rule
            };
            list.add(label, rule(fired));
        }
        before(list, context);
    }
}

/// Its name in DNS, its country and its network.
fn belonging(list: &mut List, entry: &Entry, context: &LetterContext<'_>) {
    let (labels, values) = (&context.words.labels, &context.words.values);
    let address = entry.event.address();
    let with = |form: &str, name: &str| fill(form, &[("name", &safe_text(name))]);
    let name = match context.reverse(address) {
        Reverse::NotAsked => None,
        Reverse::NoAnswer => Some(values.name_no_answer.to_owned()),
        Reverse::Nothing => Some(values.name_none.to_owned()),
        Reverse::Name(name) => Some(with(values.name_confirmed, name)),
        Reverse::Doubtful(name, why) => Some(with(
            match why {
                Doubt::NoAddress => values.name_no_address,
                Doubt::OtherAddress => values.name_other_address,
                Doubt::Alias => values.name_alias,
                Doubt::Number => values.name_number,
            },
            name,
        )),
    };
    if let Some(name) = name {
        list.add(labels.name, name);
    }
    let place = context.place(address);
    for (label, value) in [(labels.country, place.country), (labels.owner, place.owner)] {
        match value.as_deref() {
            None => (),
            Some("") => list.add(label, values.geo_nothing),
            Some(text) => list.add(label, safe_text(text)),
        }
    }
}

fn outcome(list: &mut List, verdict: Verdict, context: &LetterContext<'_>) {
    let values = &context.words.values;
    let text = match verdict {
        Verdict::Denied => values.refused,
        Verdict::Granted => values.admitted,
        Verdict::Unknown => values.not_known,
    };
    list.add(context.words.labels.outcome, text);
}

/// How often the source came before the events of the letter.
fn before(list: &mut List, context: &LetterContext<'_>) {
    let (words, letter) = (context.words, context.letter);
    let Some(history) = &letter.history else {
        return;
    };
    let text = match history.count.saturating_sub(letter.count) {
        0 => words.values.first_time.to_owned(),
        count => {
            let first = local(history.first, context.setting);
            fill(&words.values.seen_before.of(count), &[("first", &first)])
        }
    };
    list.add(words.labels.before, text);
}

fn about_alarms(list: &mut List, context: &LetterContext<'_>) {
    let labels = &context.words.labels;
    list.add(labels.server, context.setting.server);
    list.add(
        labels.local_time,
        local(context.letter.created, context.setting),
    );
    match &context.notice {
        Some(Notice::JournalDamaged { aside, .. }) => list.add(labels.aside, safe_text(aside)),
        Some(Notice::GivenUp { letters, .. }) => {
            let numbers: Vec<String> = letters.iter().take(50).map(i64::to_string).collect();
            let more = if letters.len() > numbers.len() {
                ", ..."
            } else {
                ""
            };
            list.add(labels.letters, format!("{}{more}", numbers.join(", ")));
        }
        Some(Notice::Heartbeat {
            events,
            waiting,
            failed,
            unread: _,
        }) => {
            list.add(labels.events_day, number(*events));
            list.add(labels.waiting, number(*waiting));
            list.add(labels.failed, number(*failed));
        }
        Some(Notice::OthersForgotten { events, users }) => {
            list.add(labels.forgotten, number(*events));
            let words = context.words;
            let users = users.iter().map(|(uid, events)| {
                let reporter = Reporter::of(uid.unwrap_or(UNKNOWN_REPORTER));
                format!("{} ({})", named(reporter, words), number(*events))
            });
            list.add(labels.reporter, users.collect::<Vec<_>>().join(", "));
        }
        Some(Notice::Fleet(notice)) => {
            for (label, value) in fleet::facts(notice, context) {
                list.add(label, value);
            }
        }
        Some(Notice::NamesOverdue { names, .. }) => {
            for one in names.iter().take(MOST_NAMES) {
                list.add(labels.followed, overdue(one, context));
            }
            let more = names.len().saturating_sub(MOST_NAMES);
            if more > 0 {
                let more = u64::try_from(more).unwrap_or(u64::MAX);
                list.add(labels.followed, context.words.notes.rejected_more.of(more));
            }
        }
        Some(Notice::Rejected { .. } | Notice::ClockAhead { .. } | Notice::Report { .. })
        | None => (),
    }
}

/// A name, how long it could not be resolved, and why.
fn overdue(one: &OverdueName, context: &LetterContext<'_>) -> String {
    let seconds = i64::try_from(one.seconds).unwrap_or(0);
    let since = TimeDelta::try_seconds(seconds).unwrap_or_default();
    let created = context.letter.created;
    let long = span(created - since, created, context.words);
    safe_text(&format!("{} ({long}): {}", one.name, one.trouble))
}

/// A rule with its place.
pub(super) fn rule(rule: &FiredRule) -> String {
    if rule.file.is_empty() {
        return safe_text(&rule.text);
    }
    safe_text(&format!("{}:{}: {}", rule.file, rule.line, rule.text))
}
