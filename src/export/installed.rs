//! What an installed export decides, in a form in which two of them can be compared on sets.

use super::intervals::{Interval, Kind, union};
use crate::escape::visible_short;
use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

/// What an export decides, as its reader found it.
#[derive(Debug, Clone, Default)]
pub struct Installed {
    /// What each part (a port, a daemon) decides about every address.
    parts: BTreeMap<String, BTreeMap<Kind, Vec<Fare>>>,
    /// What stands around the sets, line by line.
    frame: BTreeSet<String>,
}

/// Addresses, and how they fare: now, and after each change.
type Fare = (Interval, Vec<Stage>);

/// How addresses fare, and until when, in seconds since 1970; nothing if that is not known, or for ever.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Stage {
    is_granted: bool,
    until: Option<i64>,
}

/// By how many seconds an end may be another one: an export is loaded some time after it is written.
const SLACK: u64 = 120;

/// As much of a line as is shown.
const SHOWN: usize = 80;

/// A part of an export that cannot be understood: nobody knows what it decides.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{file}:{line}: {what}")]
pub struct Misread {
    /// The path of the file in an export that has several; else empty.
    pub file: String,
    /// The number of the line.
    pub line: usize,
    /// What stands there, or is missing.
    pub what: String,
}

impl Misread {
    /// In the only file.
    pub(super) fn new(line: usize, what: impl Into<String>) -> Self {
        Self {
            file: String::new(),
            line,
            what: what.into(),
        }
    }

    /// A line that no export has.
    pub(super) fn strange(line: usize, text: &str) -> Self {
        let shown = visible_short(text.trim().as_bytes(), SHOWN);
        Self::new(line, format!("`{shown}` is not written by tcpw export"))
    }

    /// In this file of several.
    pub(super) fn of(self, file: &str) -> Self {
        Self {
            file: file.to_owned(),
            ..self
        }
    }
}

/// How an export differs from what it should be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Mismatch {
    /// A line that should not be there.
    Surplus(String),
    /// A line that is missing.
    Missing(String),
    /// Addresses that fare otherwise.
    Addresses {
        /// The port or the daemon.
        part: String,
        /// The first of them.
        low: IpAddr,
        /// The last of them.
        high: IpAddr,
        /// Whether the export admits them now; nothing if it does not know the part.
        is_granted: Option<bool>,
        /// Whether it should.
        should_be: Option<bool>,
    },
    /// Addresses that fare so until another time.
    Ends {
        /// The port or the daemon.
        part: String,
        /// The first of them.
        low: IpAddr,
        /// The last of them.
        high: IpAddr,
        /// Until when they fare so, in seconds since 1970.
        until: i64,
        /// Until when they should.
        should_be: i64,
    },
}

/// One set of a part: whoever is in it, and is not in a set before it, fares so.
#[derive(Debug, Clone)]
pub(super) struct Layer {
    pub(super) kind: Kind,
    pub(super) intervals: Vec<Interval>,
    pub(super) is_granted: bool,
    /// When each of the intervals leaves it, if they do, and fares as a set after it says, then; nothing
    /// inside where that is not known.
    pub(super) ends: Option<Vec<Option<i64>>>,
}

/// The addresses of a set in order, each until when, how they fare, and whether they do so only for a time.
type Sorted = (Vec<(Interval, Option<i64>)>, bool, bool);

impl Installed {
    /// Adds a line of the frame.
    pub(super) fn line(&mut self, line: impl Into<String>) {
        self.frame.insert(line.into());
    }

    /// Adds a part: its sets in order, and how those in none of them fare, by family.
    pub(super) fn part(&mut self, name: &str, layers: Vec<Layer>, rest: impl Fn(Kind) -> bool) {
        let mut by_kind: BTreeMap<Kind, Vec<Sorted>> = BTreeMap::new();
        for layer in layers {
            let layers = by_kind.entry(layer.kind).or_default();
            let is_passing = layer.ends.is_some();
            let intervals = match layer.ends {
                None => union(layer.intervals)
                    .into_iter()
                    .map(|one| (one, None))
                    .collect(),
                Some(ends) => {
                    let mut all: Vec<_> = layer.intervals.into_iter().zip(ends).collect();
                    all.sort_unstable();
                    all
                }
            };
            layers.push((intervals, layer.is_granted, is_passing));
        }
        let fares = Kind::BOTH.map(|kind| {
            let layers = by_kind.remove(&kind).unwrap_or_default();
            (kind, fares(kind, &layers, rest(kind)))
        });
        self.parts.insert(name.to_owned(), fares.into());
    }

    /// The parts of which it decides something: ports (`tcp22`), units or a daemon.
    pub fn parts(&self) -> impl Iterator<Item = &str> {
        self.parts.keys().map(String::as_str)
    }

    /// Whether addresses fare so only for a time of which the end is not known.
    pub fn has_unknown_ends(&self) -> bool {
        let fares = self.parts.values().flat_map(BTreeMap::values).flatten();
        let mut passing =
            fares.flat_map(|(_, fare)| fare.split_last().map_or(&[][..], |(_, all)| all));
        passing.any(|stage| stage.until.is_none())
    }

    /// How this export differs from `wanted`.
    pub fn mismatches(&self, wanted: &Self) -> Vec<Mismatch> {
        let surplus = self.frame.difference(&wanted.frame).cloned();
        let missing = wanted.frame.difference(&self.frame).cloned();
        let mut found: Vec<Mismatch> = surplus.map(Mismatch::Surplus).collect();
        found.extend(missing.map(Mismatch::Missing));
        let names: BTreeSet<&String> = self.parts.keys().chain(wanted.parts.keys()).collect();
        for name in names {
            for kind in Kind::BOTH {
                let unknown = [((0, kind.last()), Vec::new())];
                let of = [self, wanted].map(|export| {
                    let part = export.parts.get(name);
                    let fares = part.and_then(|part| part.get(&kind));
                    fares.map_or(&unknown[..], Vec::as_slice)
                });
                compare(name, kind, of, &mut found);
            }
        }
        found
    }
}

/// How all addresses of a family fare.
fn fares(kind: Kind, layers: &[Sorted], rest: bool) -> Vec<Fare> {
    let mut starts = vec![0];
    for ((low, high), _) in layers.iter().flat_map(|(intervals, ..)| intervals) {
        starts.push(*low);
        starts.extend(high.checked_add(1).filter(|next| *next <= kind.last()));
    }
    starts.sort_unstable();
    starts.dedup();
    let mut at = vec![0_usize; layers.len()];
    let mut found: Vec<Fare> = Vec::new();
    for (number, start) in starts.iter().enumerate() {
        let end = starts.get(number + 1).map_or(kind.last(), |next| next - 1);
        let mut fare = Vec::new();
        let mut is_settled = false;
        for ((intervals, is_granted, is_passing), at) in layers.iter().zip(&mut at) {
            while intervals
                .get(*at)
                .is_some_and(|((_, high), _)| high < start)
            {
                *at += 1;
            }
            let here = intervals.get(*at).filter(|((low, _), _)| low <= start);
            if let Some((_, until)) = here.filter(|_| !is_settled) {
                push(
                    &mut fare,
                    Stage {
                        is_granted: *is_granted,
                        until: *until,
                    },
                );
                is_settled = !is_passing;
            }
        }
        if !is_settled {
            push(
                &mut fare,
                Stage {
                    is_granted: rest,
                    until: None,
                },
            );
        }
        match found.last_mut().filter(|(_, last)| *last == fare) {
            Some((interval, _)) => interval.1 = end,
            None => found.push(((*start, end), fare)),
        }
    }
    found
}

/// Adds how addresses fare afterwards.
fn push(fare: &mut Vec<Stage>, stage: Stage) {
    let last = fare.last_mut();
    let has_ended = last.as_ref().and_then(|last| last.until).zip(stage.until);
    if has_ended.is_some_and(|(before, until)| until <= before) {
        return;
    }
    match last.filter(|last| last.is_granted == stage.is_granted) {
        Some(last) => last.until = stage.until,
        None => fare.push(stage),
    }
}

/// How two fares differ for these addresses, if they do.
fn difference(
    name: &str,
    (low, high): (IpAddr, IpAddr),
    [fare, should]: [&[Stage]; 2],
) -> Option<Mismatch> {
    let part = || name.to_owned();
    let are_alike = fare.len() == should.len()
        && fare
            .iter()
            .zip(should)
            .all(|(one, other)| one.is_granted == other.is_granted);
    if !are_alike {
        return Some(Mismatch::Addresses {
            part: part(),
            low,
            high,
            is_granted: fare.first().map(|stage| stage.is_granted),
            should_be: should.first().map(|stage| stage.is_granted),
        });
    }
    let mut ends = fare
        .iter()
        .zip(should)
        .filter_map(|(one, other)| one.until.zip(other.until));
    let (until, should_be) = ends.find(|(one, other)| one.abs_diff(*other) > SLACK)?;
    Some(Mismatch::Ends {
        part: part(),
        low,
        high,
        until,
        should_be,
    })
}

/// Compares two divisions of all addresses of a family.
fn compare(name: &str, kind: Kind, [has, wanted]: [&[Fare]; 2], found: &mut Vec<Mismatch>) {
    let (mut one, mut other) = (has.iter().peekable(), wanted.iter().peekable());
    let mut low = 0;
    while let (Some((a, fare)), Some((b, should))) = (one.peek(), other.peek()) {
        let high = a.1.min(b.1);
        let range = (kind.address(low), kind.address(high));
        found.extend(difference(name, range, [fare, should]));
        if a.1 == high {
            one.next();
        }
        if b.1 == high {
            other.next();
        }
        low = high.saturating_add(1);
    }
}
