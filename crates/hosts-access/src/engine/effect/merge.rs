//! Two versions of a table as one sequence of rules, each of which stands in the old one, the new
//! one or both: a request that no rule of one version alone matches is decided alike.

use crate::engine::Table;
use crate::policy::{Rule, is_same_line};
use crate::span::index;
use crate::syntax::Tree;
use std::borrow::Cow;
use std::collections::{HashMap, HashSet};

/// A rule, and the lines where it stands in the old and in the new table.
#[derive(Debug, Clone, Copy)]
pub(super) struct Placed<'t> {
    pub(super) rule: Rule<'t, 't>,
    pub(super) numbers: [Option<u32>; 2],
    /// Index of its line in the old version.
    pub(super) old_line: Option<usize>,
}

/// Lines of both versions, by index.
struct Stretch {
    old: std::ops::Range<usize>,
    new: std::ops::Range<usize>,
    is_common: bool,
    /// Whether the rules of both versions match the same clients, if it is not common.
    is_alike: bool,
}

/// The merged rules of one table; how much they are is known only when they are asked for.
pub(super) struct Merged<'t> {
    trees: [Option<&'t Tree<'t>>; 2],
    stretches: Vec<Stretch>,
}

impl<'t> Merged<'t> {
    pub(super) fn new(old: Table<'t>, new: Table<'t>) -> Self {
        let trees = [tree(old), tree(new)];
        let count = trees.map(|tree| tree.map_or(0, read_lines));
        let [from, to] = match trees {
            [Some(a), Some(b)] => {
                let head = common_head(a, b, count);
                let tail = common_tail(a, b, count, head);
                [[head; 2], count.map(|count| count - tail)]
            }
            _ => [[0; 2], count],
        };
        let ([a0, b0], [a1, b1], [a2, b2]) = (from, to, count);
        let mut merged = Self {
            trees,
            stretches: Vec::new(),
        };
        merged.push(0..a0, 0..b0, true);
        merged.middle(a0..a1, b0..b1);
        merged.push(a1..a2, b1..b2, true);
        merged
    }

    fn push(&mut self, old: std::ops::Range<usize>, new: std::ops::Range<usize>, is_common: bool) {
        if !old.is_empty() || !new.is_empty() {
            self.stretches.push(Stretch {
                old,
                new,
                is_common,
                is_alike: false,
            });
        }
    }

    /// Lines that occur in both in the same order are common: the longest such sequence, where the
    /// second of two equal lines is another line than the first.
    fn middle(&mut self, old: std::ops::Range<usize>, new: std::ops::Range<usize>) {
        let [Some(a), Some(b)] = self.trees else {
            return self.push(old, new, false);
        };
        // Another style is no other rule.
        let is_same = |at: usize, to: usize| {
            let pair = a.line(at).zip(b.line(to));
            pair.is_some_and(|(one, other)| is_same_line(one, other))
        };
        if old.len() == new.len() && old.clone().zip(new.clone()).all(|(at, to)| is_same(at, to)) {
            return self.push(old, new, true);
        }
        let mut seen: HashMap<Cow<'_, [u8]>, Vec<usize>> = HashMap::new();
        for at in new.clone() {
            if let Some(text) = text_of(b, at) {
                seen.entry(text).or_default().push(at);
            }
        }
        let mut used: HashMap<Cow<'_, [u8]>, usize> = HashMap::new();
        let mut pairs = Vec::new();
        for at in old.clone() {
            let Some(text) = text_of(a, at) else { continue };
            let nth = used.entry(text.clone()).or_default();
            if let Some(other) = seen.get(&text).and_then(|places| places.get(*nth)) {
                pairs.push((at, *other));
            }
            *nth += 1;
        }
        let (mut at, mut to) = (old.start, new.start);
        for (one, other) in ascending(&pairs) {
            self.push(at..one, to..other, false);
            self.push(one..one + 1, other..other + 1, true);
            (at, to) = (one + 1, other + 1);
        }
        self.push(at..old.end, to..new.end, false);
    }

    /// The rules in an order that is that of both versions.
    pub(super) fn rules(&self) -> impl Iterator<Item = Placed<'t>> + '_ {
        self.stretches
            .iter()
            .flat_map(move |stretch| self.rules_of(stretch))
    }

    /// Those of a stretch.
    fn rules_of<'m>(
        &'m self,
        stretch: &'m Stretch,
    ) -> impl Iterator<Item = Placed<'t>> + use<'m, 't> {
        {
            let [old, new] = self.trees;
            let first = stretch.old.clone().filter_map(move |at| {
                let rule = old?.line(at).and_then(Rule::of)?;
                let other = stretch
                    .is_common
                    .then(|| stretch.new.start + at - stretch.old.start);
                let other = other.and_then(|at| Some(new?.line(at)?.number()));
                Some(Placed {
                    rule,
                    numbers: [Some(rule.number()), other],
                    old_line: Some(at),
                })
            });
            let is_new = !stretch.is_common;
            let second = stretch
                .new
                .clone()
                .filter(move |_| is_new)
                .filter_map(move |at| {
                    let rule = new?.line(at).and_then(Rule::of)?;
                    Some(Placed {
                        rule,
                        numbers: [None, Some(rule.number())],
                        old_line: None,
                    })
                });
            first.chain(second)
        }
    }

    /// The numbers of the stretches of one version alone.
    pub(super) fn own(&self) -> impl DoubleEndedIterator<Item = usize> + '_ {
        let all = self.stretches.iter().enumerate();
        all.filter(|(_, stretch)| !stretch.is_common)
            .map(|(number, _)| number)
    }

    /// The rules from the first stretch of one version alone to the last, each with its stretch.
    pub(super) fn around_own(&self) -> impl Iterator<Item = (usize, Placed<'t>)> + '_ {
        let mut own = self.own();
        let first = own.next().unwrap_or(self.stretches.len());
        let last = own.next_back().unwrap_or(first);
        let all = self.stretches.iter().enumerate().skip(first);
        all.take_while(move |(number, _)| *number <= last)
            .flat_map(move |(number, stretch)| {
                self.rules_of(stretch).map(move |placed| (number, placed))
            })
    }

    /// Notes that the rules of these stretches match the same clients in both versions.
    pub(super) fn note_alike(&mut self, alike: &HashSet<usize>) {
        for (number, stretch) in self.stretches.iter_mut().enumerate() {
            stretch.is_alike = alike.contains(&number);
        }
    }

    /// The rules of one version alone, in order, but for those whose clients the other version matches
    /// alike.
    pub(super) fn different(&self) -> impl Iterator<Item = Rule<'t, 't>> + '_ {
        let [old, new] = self.trees;
        self.stretches
            .iter()
            .filter(|stretch| !stretch.is_common && !stretch.is_alike)
            .flat_map(move |stretch| {
                let of = |tree: Option<&'t Tree<'t>>, range: std::ops::Range<usize>| {
                    range.filter_map(move |at| tree?.line(at).and_then(Rule::of))
                };
                of(old, stretch.old.clone()).chain(of(new, stretch.new.clone()))
            })
    }
}

fn tree(table: Table<'_>) -> Option<&Tree<'_>> {
    match table {
        Table::Read(tree) => Some(tree),
        Table::Absent | Table::Unreadable => None,
    }
}

fn read_lines(tree: &Tree<'_>) -> usize {
    tree.broken_line()
        .map_or(tree.lines().len(), crate::syntax::Line::index)
}

fn text_of<'t>(tree: &'t Tree<'t>, at: usize) -> Option<Cow<'t, [u8]>> {
    Rule::of(tree.line(at)?).map(Rule::text)
}

/// How many lines both begin with.
fn common_head(a: &Tree<'_>, b: &Tree<'_>, count: [usize; 2]) -> usize {
    let same = a
        .source()
        .iter()
        .zip(b.source())
        .take_while(|(a, b)| a == b)
        .count();
    let span = |tree: &Tree<'_>, at| tree.line(at).map(crate::syntax::Line::span);
    let mut low = 0;
    let mut high = count.into_iter().min().unwrap_or(0);
    // The lines that end in what is the same.
    while low < high {
        let middle = usize::midpoint(low, high);
        let ends = span(a, middle).is_some_and(|line| index(line.end) <= same);
        if ends && span(a, middle) == span(b, middle) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    low
}

/// How many lines both end with, behind the first `head`.
fn common_tail(a: &Tree<'_>, b: &Tree<'_>, [of_a, of_b]: [usize; 2], head: usize) -> usize {
    let line = |tree: &Tree<'_>, at: usize| tree.line(at).map(crate::syntax::Line::span);
    let mut tail = 0;
    while tail < (of_a - head).min(of_b - head) {
        let (one, other) = (line(a, of_a - tail - 1), line(b, of_b - tail - 1));
        let (Some(one), Some(other)) = (one, other) else {
            break;
        };
        if one.len() != other.len() || one.of(a.source()) != other.of(b.source()) {
            break;
        }
        tail += 1;
    }
    tail
}

/// The longest part of `pairs`, whose first numbers ascend, in which the second ones do, too.
fn ascending(pairs: &[(usize, usize)]) -> Vec<(usize, usize)> {
    let mut ends: Vec<usize> = Vec::new();
    let mut before: Vec<Option<usize>> = Vec::with_capacity(pairs.len());
    let second = |at: usize| pairs.get(at).map_or(0, |pair| pair.1);
    for (at, pair) in pairs.iter().enumerate() {
        let place = ends.partition_point(|&end| second(end) < pair.1);
        before.push(
            place
                .checked_sub(1)
                .and_then(|place| ends.get(place).copied()),
        );
        match ends.get_mut(place) {
            Some(end) => *end = at,
            None => ends.push(at),
        }
    }
    let mut found = Vec::new();
    let mut next = ends.last().copied();
    while let Some(at) = next {
        found.extend(pairs.get(at));
        next = before.get(at).copied().flatten();
    }
    found.reverse();
    found
}
