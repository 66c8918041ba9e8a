//! A batch: the first events of each source in full, and the counts of all.

use super::fault::PushError;
use super::row::Row;
use super::state::{Key, State, Tally};
use chrono::{DateTime, Utc};
use std::collections::HashMap;
use std::net::IpAddr;

/// How much of the events is sent.
#[derive(Debug, Clone, Copy)]
pub(super) struct Volume {
    /// So many events of a source are sent in full, for each daemon and hour.
    pub(super) full: i64,
    /// Whether they are counted.
    pub(super) counters: bool,
}

/// The columns of events, as the database takes them.
#[derive(Debug, Default)]
pub(super) struct Events {
    pub(super) seqs: Vec<i64>,
    pub(super) ats: Vec<DateTime<Utc>>,
    pub(super) addrs: Vec<Option<IpAddr>>,
    pub(super) sources: Vec<String>,
    pub(super) daemons: Vec<String>,
    pub(super) verdicts: Vec<String>,
    pub(super) rules: Vec<Option<String>>,
    pub(super) reporters: Vec<Option<i64>>,
}

/// The columns of counts.
#[derive(Debug, Default)]
pub(super) struct Counts {
    pub(super) hours: Vec<DateTime<Utc>>,
    pub(super) sources: Vec<String>,
    pub(super) daemons: Vec<String>,
    pub(super) verdicts: Vec<String>,
    pub(super) ns: Vec<i64>,
    pub(super) firsts: Vec<DateTime<Utc>>,
    pub(super) lasts: Vec<DateTime<Utc>>,
}

/// What is sent at once.
#[derive(Debug, Default)]
pub(super) struct Batch {
    pub(super) events: Events,
    pub(super) counts: Counts,
    /// What is counted once the database has confirmed this batch.
    pub(super) tallies: Vec<(Key, Tally)>,
}

impl Batch {
    /// Makes a batch of `rows`, which come after what `state` has counted.
    ///
    /// # Errors
    /// When the state cannot be read.
    pub(super) fn of(rows: Vec<Row>, state: &State, volume: Volume) -> Result<Self, PushError> {
        let mut batch = Self::default();
        let mut counter = Counter::new(state);
        for row in rows {
            let before = counter.count(&row)?;
            if before < volume.full {
                batch.events.push(row);
            }
        }
        batch.tallies = counter.tallies();
        if volume.counters {
            for (key, tally) in &batch.tallies {
                batch.counts.push(key, *tally);
            }
        }
        Ok(batch)
    }
}

impl Events {
    fn push(&mut self, row: Row) {
        self.seqs.push(row.seq);
        self.ats.push(row.at);
        self.addrs.push(row.addr);
        self.sources.push(row.source);
        self.daemons.push(row.daemon);
        self.verdicts.push(row.verdict.to_owned());
        self.rules.push(row.rule);
        self.reporters.push(row.reporter);
    }
}

impl Counts {
    fn push(&mut self, key: &Key, tally: Tally) {
        let hour = DateTime::from_timestamp(key.hour.saturating_mul(3600), 0);
        self.hours.push(hour.unwrap_or_default());
        self.sources.push(key.source.clone());
        self.daemons.push(key.daemon.clone());
        self.verdicts.push(key.verdict.clone());
        self.ns.push(tally.n);
        self.firsts.push(time(tally.first));
        self.lasts.push(time(tally.last));
    }
}

fn time(micros: i64) -> DateTime<Utc> {
    DateTime::from_timestamp_micros(micros).unwrap_or_default()
}

/// Counts events after what a state has counted.
pub(super) struct Counter<'s> {
    state: Option<&'s State>,
    tallies: HashMap<Key, Tally>,
    /// Events of a source and daemon in an hour.
    all: HashMap<(i64, String, String), i64>,
}

impl<'s> Counter<'s> {
    /// Goes on from `state`.
    pub(super) fn new(state: &'s State) -> Self {
        Self {
            state: Some(state),
            tallies: HashMap::new(),
            all: HashMap::new(),
        }
    }

    /// Counts from nothing on.
    pub(super) fn empty() -> Self {
        Self {
            state: None,
            tallies: HashMap::new(),
            all: HashMap::new(),
        }
    }

    /// Counts an event; gives how many of its source, daemon and hour came before it.
    ///
    /// # Errors
    /// When the state cannot be read.
    pub(super) fn count(&mut self, row: &Row) -> Result<i64, PushError> {
        let group = (row.hour(), row.source.clone(), row.daemon.clone());
        let before = match (self.all.get(&group), self.state) {
            (Some(known), _) => *known,
            (None, Some(state)) => state.all(group.0, &group.1, &group.2)?,
            (None, None) => 0,
        };
        self.all.insert(group, before.saturating_add(1));
        let key = Key {
            hour: row.hour(),
            source: row.source.clone(),
            daemon: row.daemon.clone(),
            verdict: row.verdict.to_owned(),
        };
        let at = row.at.timestamp_micros();
        let known = match (self.tallies.get(&key), self.state) {
            (Some(known), _) => Some(*known),
            (None, Some(state)) => state.tally(&key)?,
            (None, None) => None,
        };
        let tally = known.map_or(
            Tally {
                n: 1,
                first: at,
                last: at,
            },
            |old| Tally {
                n: old.n.saturating_add(1),
                first: old.first.min(at),
                last: old.last.max(at),
            },
        );
        self.tallies.insert(key, tally);
        Ok(before)
    }

    /// All that was counted, in order.
    pub(super) fn tallies(self) -> Vec<(Key, Tally)> {
        let mut found: Vec<_> = self.tallies.into_iter().collect();
        found.sort_by(|one, other| one.0.cmp(&other.0));
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::push::state::Place;

    fn row(seq: i64, second: i64, source: &str, verdict: &'static str) -> Row {
        let at = DateTime::from_timestamp(second, 0).unwrap();
        Row {
            seq,
            at,
            collected: at,
            addr: None,
            source: source.to_owned(),
            daemon: "sshd".to_owned(),
            verdict,
            rule: None,
            reporter: None,
        }
    }

    #[test]
    fn the_first_events_are_sent_in_full_and_all_are_counted() {
        let place = tempfile::tempdir().unwrap();
        let state = State::open(place.path(), "a").unwrap();
        let volume = Volume {
            full: 2,
            counters: true,
        };
        let rows = vec![
            row(1, 7200, "a", "denied"),
            row(2, 7201, "a", "granted"),
            row(3, 7202, "a", "denied"),
            row(4, 7203, "b", "denied"),
            row(5, 10_800, "a", "denied"),
        ];
        let batch = Batch::of(rows, &state, volume).unwrap();
        assert_eq!(batch.events.seqs, [1, 2, 4, 5]);
        assert_eq!(batch.counts.ns, [2, 1, 1, 1]);
        let done = Place {
            seq: 5,
            ..state.place().unwrap()
        };
        state
            .settle(
                &done,
                &batch.tallies,
                false,
                DateTime::from_timestamp(7300, 0).unwrap(),
            )
            .unwrap();

        // A late event of the first hour is counted after those, and is not sent in full.
        let batch = Batch::of(vec![row(6, 7199 + 60, "a", "denied")], &state, volume).unwrap();
        assert!(batch.events.seqs.is_empty());
        assert_eq!(batch.counts.ns, [3]);
        assert_eq!(batch.counts.firsts[0].timestamp(), 7200);
        let none = Volume {
            full: 0,
            counters: false,
        };
        let batch = Batch::of(vec![row(7, 90_000, "c", "denied")], &state, none).unwrap();
        assert!(batch.events.seqs.is_empty() && batch.counts.ns.is_empty());
    }

    #[test]
    fn another_database_begins_again() {
        let place = tempfile::tempdir().unwrap();
        let state = State::open(place.path(), "a").unwrap();
        let moved = Place {
            seq: 9,
            ..state.place().unwrap()
        };
        let now = DateTime::from_timestamp(0, 0).unwrap();
        state.settle(&moved, &[], false, now).unwrap();
        drop(state);
        assert_eq!(
            State::open(place.path(), "a").unwrap().place().unwrap().seq,
            9
        );
        assert_eq!(
            State::open(place.path(), "b").unwrap().place().unwrap().seq,
            0
        );
    }
}
