//! The numbers of a report: one pass over the events of a time by several threads, which look at
//! numbers only; names are looked up for the few that are shown.

use crate::alert::journal::counts::Counts;
use crate::alert::journal::database::{Journal, JournalError, PATIENCE, stamp, time_of};
use crate::alert::journal::search::{Range, text};
use crate::alert::journal::unlinked::open_unlinked;
use crate::alert::journal::values::{self, count};
use crate::alert::model::letter::Decision;
use crate::alert::model::reporter::Reporter;
use crate::alert::model::rule_finder::FiredRule;
use chrono::{DateTime, Utc};
use rusqlite::{Connection, OpenFlags, OptionalExtension as _};
use std::collections::{BTreeMap, HashMap};
use std::path::Path;
use std::thread::{self, Builder};

/// A quarter of an hour: every time zone's days and hours are made of them.
const QUARTER: i64 = 900_000_000_000;
/// More threads than this only wait for the disk.
const MOST_THREADS: usize = 4;
/// Fewer events than this are not worth a thread.
const LEAST: i64 = 50_000;
/// So many daemons, and rules, are told from each other.
const MOST_NAMES: usize = 20_000;

/// The numbers of a time.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Tally {
    /// All events.
    pub events: u64,
    /// Those of clients who were turned away.
    pub denied: u64,
    /// Those of clients who were admitted.
    pub granted: u64,
    /// Those that users other than root reported.
    pub claimed: u64,
    /// By what was decided about them.
    pub decisions: Vec<(Decision, u64)>,
    /// By quarters of an hour, which are counted from the epoch in UTC.
    pub quarters: BTreeMap<i64, u64>,
    /// How many sources there were.
    pub sources: u64,
    /// How many of them had never been seen before.
    pub new_sources: u64,
    /// How many of them came more than once.
    pub repeating: u64,
    /// The sources with most events, most first; those that others than root reported come last.
    pub top: Vec<SourceCount>,
    /// Of those never seen before likewise.
    pub top_new: Vec<SourceCount>,
    /// By daemon, most first.
    pub daemons: Vec<(Vec<u8>, u64)>,
    /// By rule, most first; those whose rule is not known have none.
    pub rules: Vec<(Option<FiredRule>, u64)>,
}

/// A source and its events.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceCount {
    /// Who it is: a network, or `name ` and a name.
    pub source: String,
    /// Who reported it.
    pub reporter: Reporter,
    /// Its events in the time.
    pub count: u64,
    /// All its events in the journal.
    pub total: u64,
    /// When it was seen first.
    pub first: DateTime<Utc>,
    /// When it was seen last.
    pub last: DateTime<Utc>,
    /// Its last address.
    pub addr: Vec<u8>,
    /// Its last name, as libwrap called it.
    pub host: Vec<u8>,
    /// The last daemon it came to.
    pub daemon: Vec<u8>,
}

/// What one thread counts.
#[derive(Default)]
struct Part {
    events: u64,
    verdicts: [u64; 3],
    decisions: [u64; 6],
    claimed: u64,
    quarters: BTreeMap<i64, u64>,
    daemons: Names,
    rules: Names,
}

/// Counters of a few different numbers.
#[derive(Default)]
struct Names {
    counts: HashMap<i64, u64>,
    others: u64,
    last: i64,
    pending: u64,
}

impl Names {
    fn add(&mut self, name: i64) {
        if name != self.last {
            self.settle();
            self.last = name;
        }
        self.pending += 1;
    }

    fn settle(&mut self) {
        let pending = std::mem::take(&mut self.pending);
        if pending > 0 {
            self.put(self.last, pending);
        }
    }

    fn put(&mut self, name: i64, count: u64) {
        if let Some(known) = self.counts.get_mut(&name) {
            *known += count;
        } else if self.counts.len() < MOST_NAMES {
            self.counts.insert(name, count);
        } else {
            self.others += count;
        }
    }

    fn join(&mut self, other: &Self) {
        let mut counts: Vec<_> = other.counts.iter().collect();
        counts.sort();
        for (name, count) in counts {
            self.put(*name, *count);
        }
        self.others += other.others;
    }
}

impl Part {
    fn join(&mut self, mut other: Self) {
        self.daemons.settle();
        self.rules.settle();
        other.daemons.settle();
        other.rules.settle();
        self.events += other.events;
        self.claimed += other.claimed;
        add_all(&mut self.verdicts, &other.verdicts);
        add_all(&mut self.decisions, &other.decisions);
        for (quarter, count) in other.quarters {
            *self.quarters.entry(quarter).or_default() += count;
        }
        self.daemons.join(&other.daemons);
        self.rules.join(&other.rules);
    }
}

fn add_all(sums: &mut [u64], others: &[u64]) {
    for (sum, other) in sums.iter_mut().zip(others) {
        *sum += other;
    }
}

impl Journal {
    /// Counts the events of a time; names the `most` sources with most of them.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn tally(
        &mut self,
        since: Option<DateTime<Utc>>,
        until: DateTime<Utc>,
        most: usize,
    ) -> Result<Tally, JournalError> {
        let (range, first, last) = self.run("read", |database| {
            let range = Range::of(database, since, Some(until))?;
            let (first, last): (Option<i64>, Option<i64>) =
                database.query_row("SELECT min(id), max(id) FROM sources", [], |row| {
                    Ok((row.get(0)?, row.get(1)?))
                })?;
            Ok((range, first.unwrap_or(1), last.unwrap_or(0)))
        })?;
        let counts = Counts::new(first, last);
        let path = self.path.clone();
        let whole = self.run("read", |_| scan_all(&path, range, &counts))?;
        let others = self.run("read", |database| {
            let mut query = database.prepare("SELECT id FROM sources WHERE uid <> 0")?;
            query
                .query_map([], |row| row.get(0))?
                .collect::<rusqlite::Result<_>>()
        })?;
        let ranking = counts.rank(most, &others);
        drop(counts);
        self.run("read", |database| {
            let source = |list: &[(i64, u64)]| -> rusqlite::Result<Vec<SourceCount>> {
                let found = list.iter().map(|&(id, count)| named(database, id, count));
                Ok(found
                    .collect::<rusqlite::Result<Vec<_>>>()?
                    .into_iter()
                    .flatten()
                    .collect())
            };
            let [_, denied, granted] = whole.verdicts;
            let decisions = (0..).zip(whole.decisions);
            Ok(Tally {
                events: whole.events,
                denied,
                granted,
                claimed: whole.claimed,
                decisions: decisions
                    .map(|(code, count)| (Decision::of_code(code), count))
                    .collect(),
                sources: ranking.sources,
                new_sources: ranking.new,
                repeating: ranking.repeating,
                top: source(&ranking.top)?,
                top_new: source(&ranking.top_new)?,
                daemons: daemons(database, &whole.daemons)?,
                rules: rules(database, &whole.rules)?,
                quarters: whole.quarters,
            })
        })
    }
}

/// Shares the events among threads.
fn scan_all(path: &Path, range: Range, counts: &Counts) -> rusqlite::Result<Part> {
    let length = range
        .last
        .saturating_sub(range.first)
        .saturating_add(1)
        .max(0);
    let threads = thread::available_parallelism().map_or(1, usize::from);
    let wanted = i64::try_from(threads.min(MOST_THREADS)).unwrap_or(1);
    let threads = wanted.min(length / LEAST + 1);
    let step = length / threads + 1;
    let parts: Vec<rusqlite::Result<Part>> = thread::scope(|scope| {
        let mut workers = Vec::new();
        for number in 0..threads {
            let first = range.first.saturating_add(number * step);
            let part = Range {
                first,
                last: range.last.min(first.saturating_add(step - 1)),
                ..range
            };
            let work = move || scan(path, part, counts);
            let started = Builder::new().spawn_scoped(scope, work);
            // Where no thread can be started, one after the other.
            workers.push(started.map_err(|_| work));
        }
        let results = workers.into_iter().map(|worker| match worker {
            // A worker does not panic; if one did, its events were not counted.
            Ok(worker) => worker.join().unwrap_or(Err(rusqlite::Error::InvalidQuery)),
            Err(work) => work(),
        });
        results.collect()
    });
    let mut whole = Part::default();
    for part in parts {
        whole.join(part?);
    }
    Ok(whole)
}

fn scan(path: &Path, range: Range, counts: &Counts) -> rusqlite::Result<Part> {
    let database = open_unlinked(path, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    database.busy_timeout(PATIENCE)?;
    let mut query = database.prepare(
        "SELECT time, source, previous, daemon, uid, rule, verdict, decision FROM events
         WHERE id >= ?1 AND id <= ?2",
    )?;
    let mut rows = query.query([range.first, range.last])?;
    let mut part = Part::default();
    let (mut quarter, mut in_quarter) = (0, 0_u64);
    while let Some(row) = rows.next()? {
        let time: i64 = row.get(0)?;
        if time < range.since || time >= range.until {
            continue;
        }
        part.events += 1;
        if time.div_euclid(QUARTER) != quarter {
            if in_quarter > 0 {
                *part.quarters.entry(quarter).or_default() += in_quarter;
            }
            quarter = time.div_euclid(QUARTER);
            in_quarter = 0;
        }
        in_quarter += 1;
        counts.add(row.get(1)?, row.get::<_, Option<i64>>(2)?.is_none());
        part.daemons.add(row.get(3)?);
        part.claimed += u64::from(row.get::<_, i64>(4)? != 0);
        part.rules.add(row.get::<_, Option<i64>>(5)?.unwrap_or(0));
        bump(&mut part.verdicts, row.get(6)?);
        bump(&mut part.decisions, row.get(7)?);
    }
    if in_quarter > 0 {
        *part.quarters.entry(quarter).or_default() += in_quarter;
    }
    Ok(part)
}

fn bump(counters: &mut [u64], code: i64) {
    let counter = usize::try_from(code)
        .ok()
        .and_then(|code| counters.get_mut(code));
    if let Some(counter) = counter {
        *counter += 1;
    }
}

/// What is known of a source; nothing if it was forgotten in the meantime.
fn named(database: &Connection, id: i64, counted: u64) -> rusqlite::Result<Option<SourceCount>> {
    let found = database
        .prepare_cached(
            "SELECT key, sources.count, first_time, last_time, addr, host, daemon, sources.uid
             FROM sources LEFT JOIN events ON events.id = sources.last_event
             WHERE sources.id = ?1",
        )?
        .query_row([id], |row| {
            let source = SourceCount {
                source: values::text(row, 0)?,
                reporter: Reporter::of(values::small(row, 7)?),
                count: counted,
                total: count(row, 1)?,
                first: time_of(values::number(row, 2)?),
                last: time_of(values::number(row, 3)?),
                addr: Vec::new(),
                host: Vec::new(),
                daemon: Vec::new(),
            };
            let value = |column: usize| -> rusqlite::Result<i64> {
                Ok(row.get::<_, Option<i64>>(column)?.unwrap_or(0))
            };
            Ok((source, [value(4)?, value(5)?, value(6)?]))
        })
        .optional()?;
    let Some((mut source, [addr, host, daemon])) = found else {
        return Ok(None);
    };
    source.addr = text(database, addr)?;
    source.host = text(database, host)?;
    source.daemon = text(database, daemon)?;
    Ok(Some(source))
}

fn daemons(database: &Connection, names: &Names) -> rusqlite::Result<Vec<(Vec<u8>, u64)>> {
    let mut counts: BTreeMap<Vec<u8>, u64> = BTreeMap::new();
    let mut known: Vec<_> = names.counts.iter().collect();
    known.sort();
    for (id, count) in known {
        *counts.entry(text(database, *id)?).or_default() += count;
    }
    if names.others > 0 {
        *counts.entry(Vec::new()).or_default() += names.others;
    }
    let mut found: Vec<_> = counts.into_iter().collect();
    found.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    Ok(found)
}

/// A rule that stands in different states of its table at the same line is one here.
fn rules(database: &Connection, names: &Names) -> rusqlite::Result<Vec<(Option<FiredRule>, u64)>> {
    let mut known: Vec<_> = names.counts.iter().collect();
    known.sort();
    let mut counts: BTreeMap<(String, u32, String), (FiredRule, u64)> = BTreeMap::new();
    let mut untold = names.others;
    for (id, count) in known {
        let rule = database
            .prepare_cached("SELECT file, line, text, digest FROM rules WHERE id = ?1")?
            .query_row([id], |row| {
                Ok(FiredRule {
                    file: values::text(row, 0)?,
                    line: values::small(row, 1)?,
                    text: values::text(row, 2)?,
                    digest: values::text(row, 3)?,
                })
            })
            .optional()?;
        let Some(rule) = rule else {
            untold += count;
            continue;
        };
        let key = (rule.file.clone(), rule.line, rule.text.clone());
        let entry = counts.entry(key).or_insert((rule.clone(), 0));
        *entry = (rule, entry.1 + count);
    }
    let mut found: Vec<_> = counts
        .into_values()
        .map(|(rule, count)| (Some(rule), count))
        .collect();
    if untold > 0 {
        found.push((None, untold));
    }
    // Stable: equals stay in the order of their place.
    found.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    Ok(found)
}

impl Tally {
    /// Those whose fate is not known.
    pub fn unknown(&self) -> u64 {
        self.events.saturating_sub(self.denied + self.granted)
    }

    /// When a quarter begins.
    pub fn time_of_quarter(quarter: i64) -> DateTime<Utc> {
        time_of(quarter.saturating_mul(QUARTER))
    }

    /// The quarter of a time.
    pub fn quarter_of_time(time: DateTime<Utc>) -> i64 {
        stamp(time).div_euclid(QUARTER)
    }
}
