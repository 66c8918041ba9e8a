//! tcpw's dialect `debian13` against the real libraries that it is for: those of Debian 13 (trixie)
//! and of sid, on generated tables, on every fact that can be asked, and on netgroups.

use super::case::Case;
use super::compare::{Bench, given};
use super::generate::{self, QUERIES, Source};
use super::library::Oracle;
use super::questions::all;
use super::suite::Suite;
use super::tally::Tally;
use crate::proof;
use crate::sandbox::program;
use std::path::Path;
use std::process::Command;
use std::thread;
use std::time::Instant;
use tcpw::policy::{DEBIAN_12, DEBIAN_13, FREEBSD};

/// Queries to each library; `TCPW_SUITE_QUERIES` asks for more.
const DEFAULT_QUERIES: u64 = 10_000;
const SEED: u64 = 0x13_0000;

/// Netgroups in each place where a rule can name one: allow table, query, whether it is granted.
/// What is granted is so because an exception is none.
const NETGROUPS: [(&str, &str, bool); 5] = [
    ("sshd: @grp\n", "sshd\t1.2.3.4\ta.foo.com", false),
    ("sshd: bob@@grp\n", "sshd\t1.2.3.4\ta.foo.com\tbob", false),
    (
        "sshd@@grp: ALL\n",
        "sshd\t1.2.3.4\t\t\t10.0.0.1\tsrv.ex.org",
        false,
    ),
    ("sshd: ALL EXCEPT @grp\n", "sshd\t1.2.3.4\ta.foo.com", true),
    ("sshd: DIR/list0\n", "sshd\t1.2.3.4\ta.foo.com", false),
];
const SWITCHED_OFF: &str = "netgroup support is disabled";

#[test]
fn trixie_and_sid_answer_as_debian13() {
    thread::scope(|scope| {
        for name in ["trixie", "sid"] {
            scope.spawn(move || match Suite::unpack(name) {
                Ok(suite) => check(&suite),
                Err(reason) => proof::say(&format!("suite: {name}: NOT checked: {reason}")),
            });
        }
    });
}

fn check(suite: &Suite) {
    let start = Instant::now();
    demand_difference(suite);
    let name = suite.name;
    assert_eq!(default_dialect(Some(&suite.root)), DEBIAN_13.name, "{name}");
    let mut bench = Bench::of(
        &format!("suite-{name}"),
        Oracle::of_suite(suite),
        Some(&DEBIAN_13),
    );
    let place = bench.place();
    let mut tally = Tally::default();
    let mut compare = |bench: &mut Bench, case: Case, what: &str| {
        let found = bench.compare(&case, &mut tally);
        let smallest = found.map(|_| bench.explain(case));
        assert!(
            smallest.is_none(),
            "{name} ({}) and debian13 disagree, {what}:\n{}",
            suite.packages,
            smallest.unwrap_or_default()
        );
    };
    let facts = all(&place);
    let count = facts.len();
    for fact in facts {
        compare(&mut bench, fact.case, fact.id);
    }
    for (allow, query, granted) in NETGROUPS {
        netgroup(suite, &mut bench, &place, [allow, query], granted);
    }
    let queries = given("TCPW_SUITE_QUERIES").unwrap_or(DEFAULT_QUERIES);
    let cases = queries.div_ceil(u64::try_from(QUERIES).unwrap());
    for seed in (0..cases).map(|number| SEED + number) {
        // Half of them rules in all their forms: these name netgroups, lists and options.
        let source = if seed % 2 == 0 {
            Source::Rules
        } else {
            Source::of(seed)
        };
        let case = generate::case_from(source, seed, &place);
        bench.asks_program = source == Source::Rules;
        bench.asks_index = seed % 4 == 1;
        compare(&mut bench, case, &format!("{source:?}, seed {seed}"));
    }
    proof::say(&format!(
        "suite: {name} ({}): {} queries, {count} of them facts, and {} netgroups in {} s, 0 disagreements",
        suite.packages,
        cases * u64::try_from(QUERIES).unwrap() + u64::try_from(count).unwrap(),
        NETGROUPS.len(),
        start.elapsed().as_secs()
    ));
}

/// Asks about a netgroup; the library says itself that it knows none.
fn netgroup(suite: &Suite, bench: &mut Bench, place: &str, texts: [&str; 2], granted: bool) {
    let [allow, query] = texts.map(|text| text.replace("DIR", place).into_bytes());
    let case = Case {
        allow: Some(allow),
        deny: Some(b"ALL: ALL\n".to_vec()),
        lists: [b"@grp\n".to_vec(), Vec::new(), Vec::new()],
        queries: vec![query.clone()],
    };
    assert!(
        bench.compare(&case, &mut Tally::default()).is_none(),
        "{texts:?}"
    );
    let tables = case.lay(place.as_ref());
    let words = Oracle::of_suite(suite).explain(&tables, &query);
    let expected = if granted { "granted" } else { "denied" };
    assert!(words.starts_with(expected), "{texts:?}: {words}");
    assert!(words.contains(SWITCHED_OFF), "{texts:?}: {words}");
}

/// The dialect in which `tcpw match` answers unless it is told another one.
fn default_dialect(root: Option<&Path>) -> String {
    let root = root.map_or(vec![], |root| vec![Path::new("--root"), root]);
    let output = Command::new(program())
        .args(root)
        .args(["--allow-file", "/dev/null", "--deny-file", "/dev/null"])
        .args(["match", "sshd", "1.2.3.4", "--format", "json"])
        .output()
        .unwrap();
    let told: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    told["dialect"].as_str().unwrap().to_owned()
}

/// The installed library says itself whether it knows netgroups.
#[test]
fn the_default_is_the_dialect_of_the_installed_library() {
    let place = Path::new(env!("CARGO_TARGET_TMPDIR")).join("suite-installed");
    std::fs::create_dir_all(&place).unwrap();
    let case = Case {
        allow: Some(b"sshd: @grp\n".to_vec()),
        ..Case::default()
    };
    let words = Oracle::start().explain(&case.lay(&place), b"sshd\t1.2.3.4\ta.foo.com");
    let expected = if words.contains(SWITCHED_OFF) {
        DEBIAN_13.name
    } else {
        DEBIAN_12.name
    };
    assert_eq!(default_dialect(None), expected, "{words}");
}

/// The comparison must be able to fail: another dialect is noticed.
fn demand_difference(suite: &Suite) {
    let name = format!("suite-control-{}", suite.name);
    let mut bench = Bench::of(&name, Oracle::of_suite(suite), Some(&FREEBSD));
    let case = Case {
        allow: Some(b"sshd: 1.2.3.0/24\n".to_vec()),
        deny: Some(b"ALL: ALL\n".to_vec()),
        queries: vec![b"sshd\t1.2.3.4".to_vec()],
        ..Case::default()
    };
    assert!(bench.compare(&case, &mut Tally::default()).is_some());
}
