//! What the events of a letter have in common: their time, their outcome, who they are about.

use crate::alert::letter::show::{shown, source};
use crate::alert::letter::words::table::Words;
use crate::alert::model::letter::Letter;
use crate::alert::model::reporter::Reporter;
use crate::alert::model::rule_finder::Verdict;
use chrono::{DateTime, Utc};
use std::net::IpAddr;

/// What the events of a letter have in common.
#[derive(Debug, Clone)]
pub(super) struct Tally {
    /// The time of the first.
    pub(super) first: DateTime<Utc>,
    /// The time of the last.
    pub(super) last: DateTime<Utc>,
    /// Whether there are sources whose times are not known here.
    pub(super) is_partial: bool,
    /// What became of all of them; nothing if that differs.
    pub(super) verdict: Option<Verdict>,
    /// Whether `verdict` is known of all its events.
    pub(super) has_all: bool,
    /// Who reported one and is not root.
    pub(super) strangers: Vec<Reporter>,
    /// Whether root reported none.
    pub(super) is_strange: bool,
}

impl Tally {
    pub(super) fn of(letter: &Letter) -> Self {
        let times = letter.events.iter().map(|entry| entry.event.time);
        let first = times
            .clone()
            .chain(letter.sources.iter().map(|tally| tally.first))
            .min();
        let last = times
            .chain(letter.sources.iter().map(|tally| tally.last))
            .max();
        let listed = u64::try_from(letter.sources.len()).unwrap_or(u64::MAX);
        let mut verdict = letter.events.first().map(|entry| entry.verdict);
        if letter
            .events
            .iter()
            .any(|entry| Some(entry.verdict) != verdict)
        {
            verdict = None;
        }
        let of_events = letter
            .events
            .iter()
            .map(|entry| Reporter::of(entry.event.uid));
        let known = u64::try_from(letter.events.len()).unwrap_or(u64::MAX);
        let has_all = known >= letter.count;
        let of_sources = letter.sources.iter().filter(|_| !has_all);
        let of_sources = of_sources.map(|tally| tally.reporter);
        let reporters = of_events.chain(of_sources);
        let is_strange = !reporters.clone().any(Reporter::is_root);
        let mut strangers: Vec<Reporter> = reporters.filter(|one| !one.is_root()).collect();
        strangers.sort_unstable();
        strangers.dedup();
        Self {
            first: letter
                .period
                .map(|(first, _)| first)
                .or(first)
                .unwrap_or(letter.created),
            last: letter
                .period
                .map(|(_, last)| last)
                .or(last)
                .unwrap_or(letter.created),
            is_partial: letter.period.is_none() && listed < letter.source_count,
            verdict,
            has_all,
            strangers,
            is_strange,
        }
    }
}

/// Whom a letter about one source is about, as briefly as possible.
pub(super) fn who(letter: &Letter, words: &Words) -> String {
    let Some(first) = letter.events.first() else {
        return words.values.not_given.to_owned();
    };
    let address = first.event.address();
    let differs = letter
        .events
        .iter()
        .any(|entry| entry.event.address() != address);
    if differs && !first.source.is_empty() {
        return source(&first.source);
    }
    match address {
        Some(address) => address.to_string(),
        None if !first.event.addr.is_empty() => shown(&first.event.addr, words),
        None if !first.event.host.is_empty() => shown(&first.event.host, words),
        None => words.values.not_given.to_owned(),
    }
}

/// The addresses worth a question about their name: the one a letter is about, or those of the
/// sources with most events.
pub(super) fn addresses(letter: &Letter, most: usize) -> Vec<IpAddr> {
    let mut found: Vec<IpAddr> = Vec::new();
    let of_events = letter
        .events
        .iter()
        .filter_map(|entry| entry.event.address());
    if letter.source_count <= 1 {
        return of_events.take(1).collect();
    }
    for tally in &letter.sources {
        let (address, bits) = tally.source.split_once('/').unwrap_or_default();
        let is_alone = matches!(bits, "32" | "128") && !tally.source.starts_with("::/");
        if let Some(address) = address.parse().ok().filter(|_| is_alone) {
            found.push(address);
        }
    }
    found.truncate(most);
    found
}
