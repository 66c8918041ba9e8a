//! What changes between two pairs of tables: decided on sets of clients, and where sets leave
//! something open, also tried on every client that either pair speaks of.

use super::sampled::{Difference, sampled};
use crate::engine::{self, Change, Surroundings, Table, Tables};
use crate::syntax::parse_as;

/// What changes between two pairs of tables.
#[derive(Debug, Default)]
pub struct Changes {
    /// On sets of clients.
    pub sets: engine::Differences,
    /// Single clients of whom the sets say nothing, tried where they leave something open.
    pub tried: Vec<Difference>,
}

impl Changes {
    /// Whether nobody gains or loses anything. What cannot be computed counts as a change.
    pub fn is_none(&self) -> bool {
        self.sets.claims.is_empty() && self.tried.is_empty()
    }

    /// One of those who gain or lose, in words.
    pub fn example(&self) -> Option<String> {
        let claim = self.sets.claims.first().map(|claim| &claim.example);
        let of_sets = claim.map(|example| {
            let name = crate::escape::visible(&example.name);
            format!("{} ({name})", example.address)
        });
        let tried = self.tried.first();
        of_sets.or_else(|| tried.map(|found| found.address.clone()))
    }
}

/// Allow table and deny table.
type Pair<'b> = (&'b [u8], &'b [u8]);

/// What changes when the second pair takes the place of the first.
pub fn changes(before: Pair<'_>, after: Pair<'_>, world: &dyn Surroundings) -> Changes {
    compared(before, after, world, |_| false)
}

/// Whether nobody gains or loses anything, as far as sets and those who are mentioned show it.
pub(super) fn are_equal(before: Pair<'_>, after: Pair<'_>, world: &dyn Surroundings) -> bool {
    compared(before, after, world, |sets| !sets.claims.is_empty()).is_none()
}

/// Whether somebody gains, or may gain.
pub(super) fn may_gain(before: Pair<'_>, after: Pair<'_>, world: &dyn Surroundings) -> bool {
    let gains = |sets: &engine::Differences| {
        let mut claims = sets.claims.iter();
        claims.any(|claim| claim.change != Change::Loses)
    };
    let found = compared(before, after, world, gains);
    gains(&found.sets) || found.tried.iter().any(|found| found.gains)
}

/// What changes; nobody is tried if what the sets show is enough.
fn compared(
    before: Pair<'_>,
    after: Pair<'_>,
    world: &dyn Surroundings,
    is_enough: impl Fn(&engine::Differences) -> bool,
) -> Changes {
    if before == after {
        return Changes::default();
    }
    let sources = [before.0, before.1, after.0, after.1];
    let reading = world.dialect().reading;
    let [a, b, c, d] = sources.map(|source| parse_as(source, reading));
    let pair = |allow, deny| Tables {
        allow: Table::Read(allow),
        deny: Table::Read(deny),
    };
    let (old, new) = (pair(&a, &b), pair(&c, &d));
    let sets = engine::differences(&old, &new, &[], world);
    let is_open = !sets.notes.is_empty() && !is_enough(&sets);
    let tried = if is_open {
        let mut tried = sampled(&[&a, &b, &c, &d], old, new, world);
        tried.retain(|found| !found.is_in(&sets.claims));
        tried
    } else {
        Vec::new()
    };
    Changes { sets, tried }
}
