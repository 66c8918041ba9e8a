//! The generated comparison: every answer of tcpw must be libwrap's, verdict and deciding line.

use super::case::Case;
use super::generate::{self, QUERIES, Source};
use super::inside;
use super::library::{Answer, Oracle, Tables};
use super::shrink::shrink;
use super::subject;
use super::tally::Tally;
use crate::proof;
use std::env;
use std::fs;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Instant, SystemTime};
use tcpw::policy::{DEBIAN_12, Dialect};

/// Cases from the same seeds in every run, and cases no run has seen before; `TCPW_CASES` asks for
/// more of the latter.
const FIXED_CASES: u64 = 4_200;
const FRESH_CASES: u64 = 1_000;
/// The same for the other sources, of which most can be asked within one process.
const FIXED_OTHERS: u64 = 38_000;
const FRESH_OTHERS: u64 = 8_000;
/// Every so many cases that could be asked in this process are put to the program.
const PROGRAM_EVERY: u64 = 16;
const FIXED_SEED: u64 = 0x7c9_7700;

/// A directory of its own and an oracle to ask about the files in it.
pub(super) struct Bench {
    dir: PathBuf,
    oracle: Oracle,
    /// What tcpw answers for; the installed library's unless it is named.
    dialect: Option<&'static Dialect>,
    /// Whether harmless cases are put to the program all the same.
    pub(super) asks_program: bool,
    /// Whether those that are not are put to the compiled tables.
    pub(super) asks_index: bool,
}

/// A difference between libwrap and tcpw.
pub(super) struct Disagreement {
    query: Vec<u8>,
    library: String,
    tcpw: String,
}

impl Bench {
    fn new(name: &str) -> Self {
        Self::of(name, Oracle::start(), None)
    }

    /// A bench for another library than the installed one, and the dialect it speaks.
    pub(super) fn of(name: &str, oracle: Oracle, dialect: Option<&'static Dialect>) -> Self {
        let dir = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
        fs::create_dir_all(&dir).unwrap();
        Self {
            dir,
            oracle,
            dialect,
            asks_program: true,
            asks_index: false,
        }
    }

    /// Where its files are.
    pub(super) fn place(&self) -> String {
        self.dir.to_str().unwrap().to_owned()
    }

    fn tables(&self, case: &Case) -> Tables {
        case.lay(&self.dir)
    }

    /// The first query that the two answer differently.
    pub(super) fn compare(&mut self, case: &Case, tally: &mut Tally) -> Option<Disagreement> {
        let tables = self.tables(case);
        let is_inside = inside::is_harmless(case);
        let library = if is_inside {
            self.oracle.ask_together(&tables, &case.queries)
        } else {
            self.oracle.ask(&tables, &case.queries)
        };
        if is_inside && !self.asks_program {
            let dialect = self.dialect.unwrap_or(&DEBIAN_12);
            let tcpw = inside::ask(case, &tables, self.asks_index, dialect);
            tally.count_inside(library.len());
            for answer in &library {
                tally.count(case, &tables, &answer.text);
            }
            return first_difference(&case.queries, &library, &tcpw);
        }
        let tcpw = match subject::ask_in(self.dialect, &tables, &case.queries, &library) {
            Ok(answers) => answers,
            Err(complaint) => vec![complaint; case.queries.len()],
        };
        for answer in &library {
            tally.count(case, &tables, &answer.text);
        }
        first_difference(&case.queries, &library, &tcpw)
    }

    /// The smallest case with a disagreement, with both answers and libwrap's own words.
    pub(super) fn explain(&mut self, case: Case) -> String {
        let ignored = &mut Tally::default();
        let small = shrink(case, |case| self.compare(case, ignored).is_some());
        let Some(found) = self.compare(&small, ignored) else {
            return "the disagreement did not happen again".to_owned();
        };
        let tables = self.tables(&small);
        let words = self.oracle.explain(&tables, &found.query);
        format!(
            "{}  libwrap: {}\n  tcpw:    {}\n  libwrap logs: {words}\n  files in {}\n",
            small.show(),
            found.library,
            found.tcpw,
            self.dir.display()
        )
    }
}

/// Compares answer by answer. Where libwrap has no verdict to compare with, tcpw must still have
/// answered; only there may it be undecided.
fn first_difference(
    queries: &[Vec<u8>],
    library: &[Answer],
    tcpw: &[String],
) -> Option<Disagreement> {
    let answers = library.iter().zip(tcpw);
    queries
        .iter()
        .zip(answers)
        .find(|(_, (library, tcpw))| {
            let verdicts = ["granted\t", "denied\t", "undecided\t"];
            let answered = verdicts.iter().any(|verdict| tcpw.starts_with(verdict));
            !answered || (library.is_comparable() && library.text != **tcpw)
        })
        .map(|(query, (library, tcpw))| Disagreement {
            query: query.clone(),
            library: library.text.clone(),
            tcpw: tcpw.clone(),
        })
}

/// Works through the seeds `number`, `number + workers`, ...; stops at the first disagreement.
fn work(number: usize, workers: usize, fresh: &Fresh, stop: &AtomicBool) -> Result<Tally, String> {
    let mut bench = Bench::new(&format!("oracle{number}"));
    let place = bench.place();
    let mut tally = Tally::default();
    let seeds = |fixed, fresh_cases| {
        let fixed = (0..fixed).map(|n| FIXED_SEED + n);
        fixed.chain((0..fresh_cases).map(|n| fresh.seed.wrapping_add(n)))
    };
    let rules = seeds(FIXED_CASES, fresh.cases).map(|seed| (Source::Rules, seed));
    let others = seeds(FIXED_OTHERS, fresh.cases * (FRESH_OTHERS / FRESH_CASES));
    let others = others.map(|seed| (Source::of(seed), seed));
    for (source, seed) in rules.chain(others).skip(number).step_by(workers) {
        if stop.load(Ordering::Relaxed) {
            break;
        }
        let case = generate::case_from(source, seed, &place);
        bench.asks_program = source == Source::Rules || (seed / 4).is_multiple_of(PROGRAM_EVERY);
        bench.asks_index = (seed / 4).is_multiple_of(2);
        tally.count_source(source);
        if bench.compare(&case, &mut tally).is_some() {
            stop.store(true, Ordering::Relaxed);
            return Err(format!(
                "TCPW_SEED={seed}, {source:?}\n{}",
                bench.explain(case)
            ));
        }
    }
    Ok(tally)
}

/// The cases that differ from run to run.
struct Fresh {
    seed: u64,
    cases: u64,
}

/// A number from the environment.
pub(super) fn given(name: &str) -> Option<u64> {
    let text = env::var(name).ok()?;
    Some(
        text.parse()
            .expect("TCPW_SEED, TCPW_CASES and TCPW_SUITE_QUERIES are decimal numbers"),
    )
}

/// The clock's seed, or that of `TCPW_SEED` to repeat a run.
fn fresh() -> Fresh {
    let age = SystemTime::now()
        .duration_since(SystemTime::UNIX_EPOCH)
        .unwrap();
    Fresh {
        seed: given("TCPW_SEED").unwrap_or(u64::from(age.subsec_nanos()) * 10_000),
        cases: given("TCPW_CASES").unwrap_or(FRESH_CASES),
    }
}

#[test]
fn tcpw_answers_generated_cases_as_libwrap_does() {
    let start = Instant::now();
    let fresh = fresh();
    proof::say(&format!(
        "oracle: fresh cases from TCPW_SEED={}",
        fresh.seed
    ));
    let workers = thread::available_parallelism()
        .map_or(2, usize::from)
        .max(2);
    let stop = AtomicBool::new(false);
    let results: Vec<Result<Tally, String>> = thread::scope(|scope| {
        let threads: Vec<_> = (0..workers)
            .map(|number| {
                let (fresh, stop) = (&fresh, &stop);
                scope.spawn(move || work(number, workers, fresh, stop))
            })
            .collect();
        threads
            .into_iter()
            .map(|thread| thread.join().unwrap())
            .collect()
    });
    let mut tally = Tally::default();
    for result in results {
        match result {
            Ok(part) => tally.add(&part),
            Err(case) => panic!("tcpw disagrees with libwrap; the smallest case found:\n{case}"),
        }
    }
    tally.demand_substance(QUERIES);
    for line in tally.lines() {
        proof::say(&line);
    }
    let seconds = start.elapsed().as_secs();
    proof::say(&format!(
        "oracle: {} in {seconds} s, 0 disagreements",
        tally.size(QUERIES)
    ));
}

/// The comparison itself must be able to fail: one wrong verdict, one wrong line, one missing.
#[test]
fn a_wrong_answer_is_noticed() {
    let dir = "/tmp/none";
    let case = Case {
        allow: Some(b"# c\nsshd: 1.2.3.4\n".to_vec()),
        deny: Some(b"ALL: ALL\n".to_vec()),
        queries: vec![b"sshd\t1.2.3.4".to_vec(), b"sshd\t1.2.3.5".to_vec()],
        ..generate::case(1, dir)
    };
    let mut bench = Bench::new("oracle-control");
    let tables = bench.tables(&case);
    let library = bench.oracle.ask(&tables, &case.queries);
    let differs = |tcpw: &[String]| first_difference(&case.queries, &library, tcpw);
    let right: Vec<String> = library.iter().map(|answer| answer.text.clone()).collect();
    assert!(differs(&right).is_none());
    for (place, from, to) in [
        (1, "denied", "granted"),
        (0, "allow:2", "allow:1"),
        (0, "granted", "?"),
    ] {
        let mut wrong = right.clone();
        wrong[place] = wrong[place].replace(from, to);
        assert_ne!(wrong, right);
        assert_eq!(differs(&wrong).unwrap().query, case.queries[place]);
    }
}

/// The same seed gives the same case, another seed another one.
#[test]
fn cases_can_be_replayed() {
    let show = |seed| generate::case(seed, "/d").show();
    assert_eq!(show(5), show(5));
    assert_ne!(show(5), show(6));
}
