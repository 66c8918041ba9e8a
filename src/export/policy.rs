//! What is decided about every address for one daemon, as it can be written elsewhere.

use super::intervals::{Interval, Kind, union};
use super::served::ServedDaemon;
use crate::engine::{Access, Covered};
use std::net::IpAddr;

/// As many ranges as are shown of what cannot be said.
const SHOWN: usize = 5;

/// What becomes of those about whom an address alone decides nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Partial {
    /// They are refused.
    Deny,
    /// They are admitted.
    Allow,
}

/// The policy of one daemon.
#[derive(Debug, Clone)]
pub struct AddressPolicy {
    /// The daemon.
    pub daemon: ServedDaemon,
    /// All addresses in order, IPv4 first.
    pub held: Vec<HeldRange>,
    /// Of which addresses the tables say what cannot be said here, if that was allowed.
    pub unsaid: Option<Unsaid>,
}

/// Addresses that fare alike.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HeldRange {
    /// The first of them.
    pub low: IpAddr,
    /// The last of them.
    pub high: IpAddr,
    /// Whether they are admitted now.
    pub is_granted: bool,
    /// Whether they are from some times on (seconds since 1970), in order; each is a change.
    pub then: Vec<(i64, bool)>,
}

/// Addresses about which more than the address decides, or a time that cannot be written.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Unsaid {
    /// In how many ranges they are.
    pub ranges: usize,
    /// The first few of these.
    pub first: Vec<(IpAddr, IpAddr)>,
}

/// What is decided about all addresses. Without `has_times`, what changes by itself cannot be written.
///
/// # Errors
/// If something cannot be said and `partial` does not say what shall be in its place.
pub fn address_policy(
    daemon: &ServedDaemon,
    covered: &[Covered],
    partial: Option<Partial>,
    has_times: bool,
) -> Result<AddressPolicy, Unsaid> {
    let mut unsaid = Unsaid::default();
    let mut held: Vec<HeldRange> = Vec::with_capacity(covered.len());
    for range in covered {
        let then: Option<Vec<(i64, bool)>> = range
            .then
            .iter()
            .map(|(time, access)| Some((*time, is_granted(*access)?)))
            .collect();
        let said = is_granted(range.access)
            .zip(then)
            .filter(|(_, then)| has_times || then.is_empty());
        let (is_granted, then) = said.unwrap_or_else(|| {
            unsaid.ranges += 1;
            if unsaid.first.len() < SHOWN {
                unsaid.first.push((range.low, range.high));
            }
            (partial == Some(Partial::Allow), Vec::new())
        });
        let next = HeldRange {
            low: range.low,
            high: range.high,
            is_granted,
            then,
        };
        match held.last_mut().filter(|last| joins(last, &next)) {
            Some(last) => last.high = next.high,
            None => held.push(next),
        }
    }
    let has_unsaid = unsaid.ranges > 0;
    if has_unsaid && partial.is_none() {
        return Err(unsaid);
    }
    Ok(AddressPolicy {
        daemon: daemon.clone(),
        held,
        unsaid: has_unsaid.then_some(unsaid),
    })
}

fn is_granted(access: Access) -> Option<bool> {
    match access {
        Access::Granted => Some(true),
        Access::Denied => Some(false),
        Access::Undecided => None,
    }
}

fn joins(last: &HeldRange, next: &HeldRange) -> bool {
    let ((kind, high), (of, low)) = (Kind::of(last.high), Kind::of(next.low));
    kind == of
        && high.checked_add(1) == Some(low)
        && last.is_granted == next.is_granted
        && last.then == next.then
}

impl AddressPolicy {
    /// Whether this address is admitted now.
    pub fn admits(&self, address: IpAddr) -> bool {
        let (kind, at) = Kind::of(address);
        let mut held = self.of(kind).map(|held| (interval(held), held.is_granted));
        held.any(|((low, high), is_granted)| low <= at && at <= high && is_granted)
    }

    /// The addresses of a family that are admitted when no rule is left that ends.
    pub(super) fn granted_at_last(&self, kind: Kind) -> Vec<Interval> {
        let last = |held: &&HeldRange| held.then.last().map_or(held.is_granted, |(_, is)| *is);
        union(self.of(kind).filter(last).map(interval).collect())
    }

    /// What is so before the change of number `step`, and until when, for those of whom it is not at
    /// last.
    pub(super) fn passing(
        &self,
        kind: Kind,
        step: usize,
        is: bool,
    ) -> impl Iterator<Item = (Interval, i64)> + '_ {
        self.of(kind).filter_map(move |held| {
            let (until, _) = held.then.get(step)?;
            let before = step.checked_sub(1).and_then(|before| held.then.get(before));
            let was = before.map_or(held.is_granted, |(_, was)| *was);
            (was == is).then(|| (interval(held), *until))
        })
    }

    /// How often the treatment of an address changes, at most.
    pub(super) fn steps(&self) -> usize {
        self.held
            .iter()
            .map(|held| held.then.len())
            .max()
            .unwrap_or(0)
    }

    fn of(&self, kind: Kind) -> impl Iterator<Item = &HeldRange> + '_ {
        self.held
            .iter()
            .filter(move |held| Kind::of(held.low).0 == kind)
    }

    /// How many ranges are admitted now and how many are refused.
    pub fn counts(&self) -> [usize; 2] {
        let granted = self.held.iter().filter(|held| held.is_granted).count();
        [granted, self.held.len() - granted]
    }
}

fn interval(held: &HeldRange) -> Interval {
    (Kind::of(held.low).1, Kind::of(held.high).1)
}
