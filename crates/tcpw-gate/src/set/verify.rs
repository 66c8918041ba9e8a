//! Looking at every byte of a compiled set.

use crate::set::entry::{Entry, Family};
use crate::set::fault::SetFault;
use crate::set::layout::{Part, Step};
use crate::set::networks::Entries;
use crate::set::reader::{Set, leaf_of};
use chrono::{DateTime, Utc};
use std::collections::BTreeMap;

/// How many networks of a set run out.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct SetEnds {
    /// Networks with an end.
    pub expiring: u64,
    /// Those whose end is over.
    pub expired: u64,
}

impl Set {
    /// Looks at every block: its checksum, the order of the networks, in which others they are, the
    /// index, and how many are from each source. Gives how many run out, as of `now`.
    ///
    /// # Errors
    /// At the first thing that is wrong.
    pub fn verify(&self, now: DateTime<Utc>) -> Result<SetEnds, SetFault> {
        for number in 0..self.blocks() {
            self.payload(number)?;
        }
        let now = now.timestamp();
        let mut seen = Seen::default();
        for family in [Family::V4, Family::V6] {
            let part = self.part(family);
            self.verify_entries(part, now, &mut seen)?;
            self.verify_index(part)?;
        }
        for (source, number) in self.sources()?.iter().zip(0_u16..) {
            if source.networks != seen.by_source.get(&number).copied().unwrap_or(0) {
                return Err(SetFault::Content {
                    block: 1,
                    what: "counts other networks of a source than there are",
                });
            }
        }
        Ok(seen.ends)
    }

    fn verify_entries(&self, part: &Part, now: i64, seen: &mut Seen) -> Result<(), SetFault> {
        let family = part.family;
        // The networks around the last entry, the largest first.
        let mut around: Vec<(u64, Entry)> = Vec::new();
        for next in Entries::new(self, part) {
            let (number, entry) = next?;
            let wrong = |what| SetFault::Content {
                block: leaf_of(part, number),
                what,
            };
            if let Some((_, last)) = around.last()
                && (last.first, last.prefix) >= (entry.first, entry.prefix)
            {
                return Err(wrong("holds networks that are not in their order"));
            }
            while around
                .pop_if(|(_, outer)| !outer.contains(family, entry.first))
                .is_some()
            {}
            if entry.parent != around.last().map(|(number, _)| *number) {
                return Err(wrong(
                    "holds an entry in a network that does not contain it",
                ));
            }
            around.push((number, entry));
            if u32::from(entry.source) >= self.header().sources {
                return Err(wrong("names a source that is not there"));
            }
            *seen.by_source.entry(entry.source).or_default() += 1;
            seen.ends.expiring += u64::from(entry.until != 0);
            seen.ends.expired += u64::from(!entry.counts(now));
        }
        Ok(())
    }

    /// Whether each record of the index is the first address of the block below it.
    fn verify_index(&self, part: &Part) -> Result<(), SetFault> {
        let steps: Vec<Step> = part.steps().collect();
        for (upper, lower) in steps.iter().zip(steps.iter().skip(1)) {
            for child in 0..upper.records {
                let block = upper
                    .span
                    .start
                    .saturating_add(child / upper.records_of_block);
                let at = usize::try_from(child % upper.records_of_block).unwrap_or(usize::MAX);
                let key = self
                    .payload(block)?
                    .get(at.saturating_mul(upper.record_bytes)..);
                let below = self.payload(lower.span.start.saturating_add(child))?;
                let key = key.and_then(|key| part.family.read_number(key));
                if key != part.family.read_number(below) {
                    return Err(SetFault::Content {
                        block,
                        what: "says otherwise than what is below it in the index",
                    });
                }
            }
        }
        Ok(())
    }
}

/// What was seen of the networks.
#[derive(Debug, Default)]
struct Seen {
    by_source: BTreeMap<u16, u64>,
    ends: SetEnds,
}
