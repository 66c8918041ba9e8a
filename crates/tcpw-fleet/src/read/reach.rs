//! To how many hosts sources came. The hosts of days cannot be added up, since a host is counted once;
//! but no source came to more hosts than its days add up to, and none to fewer than its best day has. So
//! the sets of hosts are read for those sources alone that may be among the first.

use super::spans::Spans;
use postgres::Transaction;
use postgres::fallible_iterator::FallibleIterator as _;
use postgres::types::ToSql;
use std::cmp::Reverse;
use std::collections::{BTreeSet, HashMap, HashSet};

/// So many sources are looked at in the first round; in each later one twice as many.
const FIRST_ROUND: usize = 32;
const BITS: usize = 64;

const REACHED: &str = "SELECT source, numbers, NULL FROM tcpw.reach_day
        WHERE source = ANY ($1) AND day = ANY ($2)
    UNION ALL SELECT source, numbers, NULL FROM tcpw.reach_hour
        WHERE source = ANY ($1) AND hour = ANY ($3)
    UNION ALL SELECT source, array_agg(number), host FROM (
            SELECT DISTINCT source, host FROM tcpw.hourly
            WHERE source = ANY ($1) AND hour = ANY ($4)) AS raw
        LEFT JOIN tcpw.host_number USING (host) GROUP BY source, host";

/// A source that may have come to many hosts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Candidate {
    pub(super) source: String,
    pub(super) n: i64,
    /// It came to no more hosts than this, and to no fewer.
    pub(super) most: i64,
    pub(super) least: i64,
}

impl Candidate {
    /// Its place: hosts, then counts, then the name.
    fn place(&self, hosts: i64) -> (Reverse<(i64, i64)>, &str) {
        (Reverse((hosts, self.n)), &self.source)
    }
}

/// The numbers of hosts that are known.
#[derive(Debug, Default)]
pub(super) struct Reach {
    known: HashMap<String, i64>,
}

impl Reach {
    /// To how many hosts a source came; nothing if that was not asked.
    pub(super) fn of(&self, source: &str) -> Option<i64> {
        self.known.get(source).copied()
    }

    /// Finds the numbers of these.
    pub(super) fn find(
        &mut self,
        wanted: &[&Candidate],
        spans: &Spans,
        transaction: &mut Transaction<'_>,
    ) -> Result<(), postgres::Error> {
        let mut asked: Vec<&str> = Vec::new();
        for one in wanted {
            if one.least == one.most {
                self.known.insert(one.source.clone(), one.least);
            } else if !self.known.contains_key(&one.source) {
                asked.push(&one.source);
            }
        }
        if asked.is_empty() {
            return Ok(());
        }
        let values: [&(dyn ToSql + Sync); 4] = [&asked, &spans.days, &spans.hours, &spans.raw];
        let mut rows = transaction.query_raw(REACHED, values)?;
        let mut sets: HashMap<String, Hosts> = HashMap::new();
        while let Some(row) = rows.next()? {
            let set = sets.entry(row.try_get(0)?).or_default();
            let name: Option<String> = row.try_get(2)?;
            let numbers: Vec<Option<i32>> = row.try_get(1)?;
            for number in numbers {
                match (number, &name) {
                    (Some(number), _) => set.add(number),
                    (None, Some(name)) => set.add_name(name),
                    (None, None) => {}
                }
            }
        }
        let counts = sets.into_iter().map(|(source, set)| (source, set.count()));
        self.known.extend(counts);
        Ok(())
    }

    /// The sources that came to most hosts, so many of them, and to how many each.
    pub(super) fn first(
        &mut self,
        mut candidates: Vec<Candidate>,
        top: usize,
        spans: &Spans,
        transaction: &mut Transaction<'_>,
    ) -> Result<Vec<String>, postgres::Error> {
        candidates.sort_by(|one, other| one.place(one.most).cmp(&other.place(other.most)));
        let mut found: BTreeSet<(Reverse<(i64, i64)>, String)> = BTreeSet::new();
        let (mut rest, mut round) = (candidates.as_slice(), FIRST_ROUND.max(top));
        while let Some(next) = rest.first() {
            let last = found.last();
            let (place, name) = next.place(next.most);
            let is_beyond =
                last.is_some_and(|(least, source)| (*least, source.as_str()) < (place, name));
            if top == 0 || found.len() >= top && is_beyond {
                break;
            }
            let (now, later) = rest.split_at(round.min(rest.len()));
            self.find(&now.iter().collect::<Vec<_>>(), spans, transaction)?;
            for one in now {
                let (place, name) = one.place(self.of(&one.source).unwrap_or(one.least));
                found.insert((place, name.to_owned()));
                if found.len() > top {
                    found.pop_last();
                }
            }
            rest = later;
            round = round.saturating_mul(2);
        }
        Ok(found.into_iter().map(|(_, source)| source).collect())
    }
}

/// A set of hosts: a bit for each number, and the names of those that have none yet.
#[derive(Debug, Default)]
struct Hosts {
    words: Vec<u64>,
    names: HashSet<String>,
}

impl Hosts {
    fn add(&mut self, number: i32) {
        let number = usize::try_from(number).unwrap_or(0);
        let place = number / BITS;
        if self.words.len() <= place {
            self.words.resize(place + 1, 0);
        }
        if let Some(word) = self.words.get_mut(place) {
            *word |= 1 << (number % BITS);
        }
    }

    fn add_name(&mut self, name: &str) {
        if !self.names.contains(name) {
            self.names.insert(name.to_owned());
        }
    }

    fn count(&self) -> i64 {
        let bits: u64 = self
            .words
            .iter()
            .map(|word| u64::from(word.count_ones()))
            .sum();
        let names = u64::try_from(self.names.len()).unwrap_or(u64::MAX);
        i64::try_from(bits.saturating_add(names)).unwrap_or(i64::MAX)
    }
}
