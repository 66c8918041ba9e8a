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
type Fare = (Interval, Vec<bool>);

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
}

/// One set of a part: whoever is in it, and is not in a set before it, fares so.
#[derive(Debug, Clone)]
pub(super) struct Layer {
    pub(super) kind: Kind,
    pub(super) intervals: Vec<Interval>,
    pub(super) is_granted: bool,
    /// Whether its addresses leave it after a time, and fare as a set after it says, then.
    pub(super) is_passing: bool,
}

/// The addresses of a set in order, how they fare, and whether they do so only for a time.
type Sorted = (Vec<Interval>, bool, bool);

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
            layers.push((union(layer.intervals), layer.is_granted, layer.is_passing));
        }
        let fares = Kind::BOTH.map(|kind| {
            let layers = by_kind.remove(&kind).unwrap_or_default();
            (kind, fares(kind, &layers, rest(kind)))
        });
        self.parts.insert(name.to_owned(), fares.into());
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
    for (low, high) in layers.iter().flat_map(|(intervals, ..)| intervals) {
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
            while intervals.get(*at).is_some_and(|(_, high)| high < start) {
                *at += 1;
            }
            if !is_settled && intervals.get(*at).is_some_and(|(low, _)| low <= start) {
                fare.push(*is_granted);
                is_settled = !is_passing;
            }
        }
        fare.extend((!is_settled).then_some(rest));
        fare.dedup();
        match found.last_mut().filter(|(_, last)| *last == fare) {
            Some((interval, _)) => interval.1 = end,
            None => found.push(((*start, end), fare)),
        }
    }
    found
}

/// Compares two divisions of all addresses of a family.
fn compare(name: &str, kind: Kind, [has, wanted]: [&[Fare]; 2], found: &mut Vec<Mismatch>) {
    let (mut one, mut other) = (has.iter().peekable(), wanted.iter().peekable());
    let mut low = 0;
    while let (Some((a, fare)), Some((b, should))) = (one.peek(), other.peek()) {
        let high = a.1.min(b.1);
        if fare != should {
            found.push(Mismatch::Addresses {
                part: name.to_owned(),
                low: kind.address(low),
                high: kind.address(high),
                is_granted: fare.first().copied(),
                should_be: should.first().copied(),
            });
        }
        if a.1 == high {
            one.next();
        }
        if b.1 == high {
            other.next();
        }
        low = high.saturating_add(1);
    }
}
