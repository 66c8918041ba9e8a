//! The facts of a letter, each with what it is about.

use crate::alert::fired::{FiredRule, Verdict};
use crate::alert::letter::names::Reverse;
use crate::alert::letter::page::Ground;
use crate::alert::letter::show::{both, local, safe_text, server_end, shown, source, utc};
use crate::alert::letter_model::{Entry, LetterKind};
use crate::alert::notice::Notice;
use crate::alert::words::choose::{fill, number};
use crate::system::Doubt;
use serde::Serialize;

/// What is so.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct Fact {
    label: &'static str,
    value: String,
}

/// The facts of the letter, in the order in which they are told.
pub(super) fn facts(ground: &Ground<'_>) -> Vec<Fact> {
    let mut list = List(Vec::new());
    match (ground.letter.kind, ground.letter.events.first()) {
        (LetterKind::Alarm, Some(entry)) => alarm(&mut list, entry, ground),
        (LetterKind::Digest | LetterKind::Overflow, Some(entry)) => {
            gathered(&mut list, entry, ground);
        }
        _ => about_alarms(&mut list, ground),
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

fn alarm(list: &mut List, entry: &Entry, ground: &Ground<'_>) {
    let (words, setting) = (ground.words, ground.setting);
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
    belonging(list, entry, ground);
    list.add(labels.daemon, given(shown(&event.daemon, words)));
    if !event.server.is_empty() {
        list.add(labels.server_end, server_end(&event.server, words));
    }
    list.add(labels.local_time, local(event.time, setting));
    list.add(labels.utc_time, utc(event.time));
    if ground.letter.count > 1 {
        list.add(labels.last, both(ground.tally.last, setting));
        list.add(labels.count, number(ground.letter.count));
    }
    if ground.tally.verdict.is_some() {
        outcome(list, entry.verdict, ground);
    }
    list.add(
        labels.rule,
        entry
            .rule
            .as_ref()
            .map_or_else(|| values.rule_unknown.to_owned(), rule),
    );
    before(list, ground);
    if !event.pid.is_empty() {
        list.add(labels.process, shown(&event.pid, words));
    }
    if event.uid != 0 {
        list.add(labels.reporter, format!("uid {}", event.uid));
    }
}

fn gathered(list: &mut List, entry: &Entry, ground: &Ground<'_>) {
    let (words, setting, letter) = (ground.words, ground.setting, ground.letter);
    let labels = &words.labels;
    let is_one = letter.source_count <= 1;
    if is_one {
        list.add(labels.source, source(&entry.source));
        belonging(list, entry, ground);
    }
    list.add(labels.count, number(letter.count));
    if !is_one {
        list.add(labels.sources, number(letter.source_count));
    }
    let (begin, end) = if ground.tally.is_partial {
        (labels.first_listed, labels.last_listed)
    } else {
        (labels.first, labels.last)
    };
    list.add(begin, both(ground.tally.first, setting));
    list.add(end, both(ground.tally.last, setting));
    if let Some(tally) = letter.sources.first().filter(|_| is_one) {
        let all = |claims: &[crate::alert::event::Claim]| {
            let claims: Vec<String> = claims.iter().map(|claim| shown(claim, words)).collect();
            claims.join(", ")
        };
        list.add(labels.daemons, all(&tally.daemons));
        list.add(labels.names, all(&tally.hosts));
    }
    if is_one {
        if let Some(verdict) = ground.tally.verdict.filter(|_| ground.tally.has_all) {
            outcome(list, verdict, ground);
        }
        if let Some(fired) = &entry.rule {
            let is_same = |other: &Entry| other.rule.as_ref() == Some(fired);
            let is_only = ground.tally.has_all && letter.events.iter().all(is_same);
            let label = if is_only {
                labels.rule
            } else {
                labels.first_rule
            };
            list.add(label, rule(fired));
        }
        before(list, ground);
    }
}

/// Its name in DNS, its country and its network.
fn belonging(list: &mut List, entry: &Entry, ground: &Ground<'_>) {
    let (labels, values) = (&ground.words.labels, &ground.words.values);
    let address = entry.event.address();
    let named = |form: &str, name: &str| fill(form, &[("name", &safe_text(name))]);
    let name = match ground.reverse(address) {
        Reverse::NotAsked => None,
        Reverse::NoAnswer => Some(values.name_no_answer.to_owned()),
        Reverse::Nothing => Some(values.name_none.to_owned()),
        Reverse::Name(name) => Some(named(values.name_confirmed, name)),
        Reverse::Doubtful(name, why) => Some(named(
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
    let place = ground.place(address);
    for (label, value) in [(labels.country, place.country), (labels.owner, place.owner)] {
        match value.as_deref() {
            None => (),
            Some("") => list.add(label, values.geo_nothing),
            Some(text) => list.add(label, safe_text(text)),
        }
    }
}

fn outcome(list: &mut List, verdict: Verdict, ground: &Ground<'_>) {
    let values = &ground.words.values;
    let text = match verdict {
        Verdict::Denied => values.refused,
        Verdict::Granted => values.admitted,
        Verdict::Unknown => values.not_known,
    };
    list.add(ground.words.labels.outcome, text);
}

/// How often the source came before the events of the letter.
fn before(list: &mut List, ground: &Ground<'_>) {
    let (words, letter) = (ground.words, ground.letter);
    let Some(history) = &letter.history else {
        return;
    };
    let text = match history.count.saturating_sub(letter.count) {
        0 => words.values.first_time.to_owned(),
        count => {
            let first = local(history.first, ground.setting);
            fill(&words.values.seen_before.of(count), &[("first", &first)])
        }
    };
    list.add(words.labels.before, text);
}

fn about_alarms(list: &mut List, ground: &Ground<'_>) {
    let labels = &ground.words.labels;
    list.add(labels.server, ground.setting.server);
    list.add(
        labels.local_time,
        local(ground.letter.created, ground.setting),
    );
    match &ground.notice {
        Some(Notice::JournalDamaged { aside }) => list.add(labels.aside, safe_text(aside)),
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
        Some(Notice::Rejected { .. } | Notice::ClockAhead { .. } | Notice::Report { .. })
        | None => (),
    }
}

/// A rule with its place.
pub(super) fn rule(rule: &FiredRule) -> String {
    if rule.file.is_empty() {
        return safe_text(&rule.text);
    }
    safe_text(&format!("{}:{}: {}", rule.file, rule.line, rule.text))
}
