//! Repairs that do what is meant and nothing else: field cases, every repair linted again, and random
//! tables before the installed library.

use super::named::names;
use super::repair::Lists;
use super::{Stage, folders, name_of};
use crate::oracle::{Oracle, Random, Source, Tables, case_from};
use crate::sandbox::Sandbox;
use std::collections::BTreeSet;
use std::path::Path;
use tcpw::diagnostic::Severity;
use tcpw::engine::TableName;
use tcpw::lint::{Boldness, Policy, Site, repair, run};
use tcpw::policy::DEBIAN_12;
use tcpw::syntax::parse;

/// Random tables that are repaired and asked about; `TCPW_FIXES` names another number.
const TABLES: u64 = 400;
/// Mutations of fixtures that are repaired and linted again, for each table asked about.
const MUTATIONS: u64 = 4;

fn count() -> u64 {
    std::env::var("TCPW_FIXES").map_or(TABLES, |text| text.parse().unwrap())
}

const SITE: Site<'static> = Site {
    world: &Lists(&DEBIAN_12),
    ..Site::NOWHERE
};

/// Both tables after all repairs.
fn repaired(allow: &str, deny: &str, boldness: Boldness) -> (String, String) {
    let done = repair(
        Some(allow.as_bytes()),
        Some(deny.as_bytes()),
        &SITE,
        boldness,
    );
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (text(done.allow), text(done.deny))
}

const CLOSED: &str = "ALL: ALL\n";

#[test]
fn what_is_evidently_meant_is_written_and_nothing_else() {
    for (allow, fixed) in [
        // Brackets, wherever the address stands in its list.
        ("sshd: 127.0.0.1, ::1\n", "sshd: 127.0.0.1, [::1]\n"),
        ("sshd: ::1 127.0.0.1\n", "sshd: [::1] 127.0.0.1\n"),
        ("sshd: ALL EXCEPT ::1\n", "sshd: ALL EXCEPT [::1]\n"),
        (
            "sshd: 2001:db8::1, 2001:db8::2\n",
            "sshd: [2001:db8::1], [2001:db8::2]\n",
        ),
        ("ALL: 2405:b500::/32\n", "ALL: [2405:b500::]/32\n"),
        ("sshd: root@2001:db8::1\n", "sshd: root@[2001:db8::1]\n"),
        ("sshd: ::ffff:192.0.2.7\n", "sshd: 192.0.2.7\n"),
        // A network with spaces in it is one word.
        ("sshd: 192.0.2.0 / 24\n", "sshd: 192.0.2.0/24\n"),
        ("sshd: 192.0.2.0/ 24\n", "sshd: 192.0.2.0/24\n"),
        (
            "sshd: 192.0.2.0 /255.255.255.0\n",
            "sshd: 192.0.2.0/255.255.255.0\n",
        ),
        // Quotes protect no colon, so all that they hold are escaped.
        (
            "nrpe: ALL : spawn (/bin/true \"Go away: %a\" 'a:b') &\n",
            "nrpe: ALL : spawn (/bin/true \"Go away\\: %a\" 'a\\:b') &\n",
        ),
        (
            "nrpe: ALL : spawn (/bin/true \"x: deny\") & : allow\n",
            "nrpe: ALL : spawn (/bin/true \"x\\: deny\") & : allow\n",
        ),
        // Every percent sign of a format, or none.
        (
            "sshd: ALL: spawn (/bin/date +%Y-%m-%d) & : allow\n",
            "sshd: ALL: spawn (/bin/date +%%Y-%%m-%%d) & : allow\n",
        ),
        (
            "sshd: ALL: spawn (/bin/date +%H\\:%M) & : allow\n",
            "sshd: ALL: spawn (/bin/date +%%H\\:%%M) & : allow\n",
        ),
        (
            "sshd: ALL: spawn (/bin/date \"+%d %s\") & : allow\n",
            "sshd: ALL: spawn (/bin/date \"+%%d %%s\") & : allow\n",
        ),
        // The colon behind EXCEPT.
        (
            "sshd: ALL EXCEPT: 192.0.2.7\n",
            "sshd: ALL EXCEPT 192.0.2.7\n",
        ),
        (
            "sshd: ALL EXCEPT:192.0.2.7\n",
            "sshd: ALL EXCEPT 192.0.2.7\n",
        ),
        // A list of commands goes into the background as a whole.
        (
            "sshd: ALL: spawn /bin/true a; /bin/true b\n",
            "sshd: ALL: spawn (/bin/true a; /bin/true b) &\n",
        ),
    ] {
        let (allow, _) = repaired(allow, CLOSED, Boldness::Unsafe);
        assert_eq!(allow, fixed);
    }
}

#[test]
fn what_may_be_meant_otherwise_stays() {
    for allow in [
        // A length, a port, the head of another address.
        "sshd: 24\n",
        "ALL: 2001\n",
        "sshd: alice@\n",
        // Masks with holes are a question.
        "sshd: 192.0.2.7/0.0.0.255\n",
        "sshd: 192.0.2.7/255.0.255.0\n",
        // Daemons that may exist.
        "httpd: 192.0.2.7\n",
        "ssh: 192.0.2.7\n",
        "vsfptd: 192.0.2.7\n",
        // Percent signs of both kinds in one word.
        "sshd: ALL: spawn (/bin/sh -c 'date +%Y-%d') & : allow\n",
        // A word that is no option, and whatever follows it.
        "sshd: ALL: allow from 192.0.2.7\n",
        // The end of a command that is not whole.
        "sshd: ALL: spawn /bin/true \"a\n",
        // What is in a range that is none.
        "sshd: 192.168.[1-5].\n",
        "sshd: 10.1.2.0/0\n",
        // Nothing is known of the exceptions, or of a word; the colon is not all that is wrong.
        "sshd: ALL EXCEPT :\n",
        "sshd: 192.0.2.0/33 :\n",
        "sshd: ALL EXCEPT\n",
        "sshd: ALL NOT 192.0.2.7\n",
    ] {
        for boldness in [Boldness::Safe, Boldness::Unsafe] {
            let (after, deny) = repaired(allow, CLOSED, boldness);
            assert_eq!((&*after, &*deny), (allow, CLOSED));
        }
    }
}

#[test]
fn a_safe_repair_deletes_only_what_has_no_other_meaning() {
    for (allow, deny) in [
        // The only trace of an exception, or of a word that is no pattern.
        ("sshd: ALL EXCEPT: 192.0.2.7\n", CLOSED),
        ("", "ALL: ALL\nALL: ALL NOT 192.0.2.7\n"),
        ("sshd: 10.\nsshd: 10. EXCEPT 10.1.\n", CLOSED),
        ("sshd: ALL\nsshd: ALL BUT 192.0.2.7\n", CLOSED),
        ("sshd: 10.\nsshd: 10.1.2.3 !10.1.2.4\n", CLOSED),
        ("sshd: [2001:db8::17]/32\n", CLOSED),
        // What tcpw keeps about a rule would be about the next one.
        (
            "sshd: 10.\n# tcpw: since=2026-01-01T00:00:00Z\nsshd: 10.1.2.3\nsshd: 192.0.2.7\n",
            CLOSED,
        ),
        (
            "",
            "ALL: ALL : severity info\n# tcpw: since=2026-01-01T00:00:00Z\n",
        ),
        // A reason of somebody, and a code that may be misspelt.
        ("# tcpw: ignore=TW301 the office\nsshd: 192.0.2.7\n", CLOSED),
        ("# tcpw: ignore=TW999\nsshd: 192.0.2.7\n", CLOSED),
        // Not everybody is denied.
        ("", "ALL: ALL EXCEPT 192.0.2.0/24 .example.org\n"),
        ("", "ALL EXCEPT sshd: ALL\n"),
        ("", "ALL: ALL EXCEPT bob@ALL : severity info\n"),
        ("sshd: ALL: aclexec false\n", "ALL: ALL : severity info\n"),
    ] {
        assert_eq!(
            repaired(allow, deny, Boldness::Safe),
            (allow.to_owned(), deny.to_owned())
        );
    }
    let all = repaired("", "ALL: ALL : severity info\n", Boldness::Safe);
    assert_eq!(all.1, "ALL: ALL : severity info\nALL: ALL\n");
}

/// The codes of the mistakes in each table, remarks left out.
fn mistakes(allow: &[u8], deny: &[u8]) -> BTreeSet<(TableName, &'static str)> {
    let (allow, deny) = (parse(allow), parse(deny));
    let policy = Policy {
        allow: Some(&allow),
        deny: Some(&deny),
    };
    let findings = run(&policy, &SITE, usize::MAX).findings;
    let found = findings
        .iter()
        .map(|found| (found.table, &found.diagnostic));
    found
        .filter(|(_, found)| found.severity > Severity::Info)
        .map(|(table, found)| (table, found.code))
        .collect()
}

/// Repairs the tables and says how many repairs were made; no mistake may be new.
fn no_new_mistake(allow: &[u8], deny: &[u8], what: &str) -> usize {
    let before = mistakes(allow, deny);
    let done = repair(Some(allow), Some(deny), &SITE, Boldness::Unsafe);
    let after = mistakes(&done.allow, &done.deny);
    let new: Vec<_> = after.difference(&before).collect();
    let show = |bytes: &[u8]| bytes.escape_ascii().to_string();
    assert!(
        new.is_empty(),
        "{what}: {new:?} after {:?}\n{}\n{}\n{}\n{}",
        done.done,
        show(allow),
        show(deny),
        show(&done.allow),
        show(&done.deny)
    );
    done.done.len()
}

#[test]
fn no_repair_brings_a_new_mistake_into_its_line() {
    let mut repairs = 0;
    for folder in folders() {
        let stage = Stage::of(&folder);
        let read = |kind: &str| std::fs::read(stage.path().join(kind)).unwrap_or_default();
        if !stage.has_dialect() {
            repairs += no_new_mistake(&read("bad.allow"), &read("bad.deny"), name_of(&folder));
        }
    }
    // One line at a time, so that all that is new is in the line that was repaired.
    let mut lines = 0_u64;
    for seed in 0..count() * MUTATIONS {
        let case = case_from(Source::Mutations, seed, "/nowhere");
        let table = case.allow.unwrap_or_default();
        for line in parse(&table).lines() {
            let text = line.span().of(&table);
            repairs += no_new_mistake(text, b"", &format!("mutation {seed}"));
            repairs += no_new_mistake(b"", text, &format!("mutation {seed}"));
            lines += 1;
        }
    }
    assert!(repairs > 100, "{repairs} repairs only");
    crate::proof::say(&format!(
        "lint --unsafe-fixes: {lines} lines of mutated fixtures, each as both tables, {repairs} repairs: no \
         new mistake in a repaired line"
    ));
}

/// A client, as the library and the words of a table see it.
pub(super) struct Visitor {
    pub(super) address: &'static str,
    pub(super) name: &'static str,
    pub(super) user: &'static str,
}

/// Every name, domain, network and user of the words below, and strangers.
const ADDRESSES: [&str; 12] = [
    "192.0.2.7",
    "192.0.2.0",
    "192.0.3.1",
    "198.51.100.9",
    "10.1.2.3",
    "10.1.9.9",
    "24.5.6.7",
    "203.0.113.77",
    "2001:db8::1",
    "2001:db8:7::9",
    "::1",
    "fe80::5",
];
const NAMES: [&str; 8] = [
    "unknown",
    "paranoid",
    "a.example.org",
    "example.org",
    "a.example.org.evil.net",
    "xexample.org",
    "printer",
    "10.1.evil.net",
];
const USERS: [&str; 3] = ["", "bob", "alice"];

fn visitors(random: &mut Random) -> Vec<Visitor> {
    let mut all = Vec::new();
    for name in NAMES {
        for address in ADDRESSES {
            // Every name with a stranger, every address without a name, and some of the rest.
            let is_needed = address == "203.0.113.77" || name == "unknown";
            if is_needed || random.chance(8) {
                let user = random.pick(&USERS);
                all.push(Visitor {
                    address,
                    name,
                    user,
                });
            }
        }
    }
    all
}

const WORDS: [&str; 54] = [
    "ALL",
    "ALL",
    "ANY",
    "KNOWN",
    "UNKNOWN",
    "LOCAL",
    "PARANOID",
    "NOT",
    "192.0.2.7",
    "192.0.2.7/24",
    "192.0.2.0/24",
    "192.0.2.0 / 24",
    "192.0.2.0/ 24",
    "192.0.2.0 /24",
    "24",
    "10.1",
    "10.1.",
    "10",
    "10.1.*",
    "10.1.2.3/255.255.255.255",
    "10.1.2.3/255.255.0.0",
    "10.1.2.3/0.0.255.255",
    "10.0.0.3/255.0.0.255",
    "0.0.0.0/0",
    "0/0",
    "10.1.2.1-9",
    "10.1.2.[1-5]",
    "!192.0.2.7",
    "!10.1.",
    "2001:db8::1",
    "::1",
    "2001:db8::/32",
    "[2001:db8::1]",
    "[2001:db8::/32]",
    "[2001:db8::7]/32",
    "[2001:db8::] / 32",
    "[192.0.2.7]",
    "[::ffff:192.0.2.7]",
    "::ffff:10.1.2.3",
    "2001",
    ".example.org",
    "a.example.org",
    "*.example.org",
    "*example.org",
    "a.example.org.",
    "example.org",
    "printer",
    "bob@ALL",
    "bob@192.0.2.7/24",
    "alice@",
    "bob@10.1",
    "deny",
    "LIST",
    "198.51.100.9",
];
const BETWEEN: [&str; 12] = [
    " ",
    " ",
    " ",
    " ",
    ", ",
    ",",
    " EXCEPT ",
    " EXCEPT ",
    " EXCEPT EXCEPT ",
    " EXCEPT: ",
    " # ",
    "  ",
];
const DAEMONS: [&str; 12] = [
    "sshd",
    "sshd",
    "sshd",
    "ALL",
    "ALL",
    "ALL EXCEPT sshd",
    "sshd vsftpd",
    "/usr/sbin/sshd",
    "KNOWN",
    "sshd-session",
    "ssh*",
    "in.",
];
const OPTIONS: [&str; 30] = [
    "",
    "",
    "",
    "",
    "",
    "",
    "",
    ": deny",
    ": allow",
    ":",
    ": : deny",
    ": alow",
    ": denny",
    ": allow all",
    ": allow from 10.1.2.3",
    ": severty info",
    ": spawn true &",
    ": spawn (true \"alert: %h\") &",
    ": spawn (true \"alert: %h\" 'a:b') & : deny",
    ": spawn true http://x &",
    ": spawn (date +%Y-%m-%d) & : allow",
    ": spawn true +%H:%M &",
    ": spawn true; true",
    ": spawn true \"don't\"",
    ": spawn echo don't: deny",
    ": allow # the office",
    ": # ALL",
    ": severity info",
    ": spawn (true \"x: deny\") &",
    ": deny 10.1.",
];

fn line(random: &mut Random, list: &str) -> String {
    let mut text = format!("{}: ", random.pick(&DAEMONS));
    for place in 0..=random.below(4) {
        if place > 0 {
            text.push_str(random.pick(&BETWEEN));
        }
        text.push_str(random.pick(&WORDS));
    }
    text.push(' ');
    text.push_str(random.pick(&OPTIONS));
    text.replace("LIST", list)
}

fn table(random: &mut Random, most: usize, closed: usize, list: &str) -> String {
    let mut text = String::new();
    for _ in 0..random.below(most + 1) {
        text.push_str(&line(random, list));
        text.push('\n');
        if random.chance(10) {
            let again = text.lines().last().unwrap().to_owned();
            text.push_str(&format!("{again}\n"));
        }
    }
    if random.chance(closed) {
        text.push_str(random.pick(&[
            "ALL: ALL\n",
            "ALL: ALL : severity info\n",
            "ALL: ALL EXCEPT LOCAL\n",
        ]));
    }
    if random.chance(4) {
        text.push_str("sshd: 192.0.2.7");
    }
    text
}

fn ask(oracle: &mut Oracle, place: &Path, pair: (&[u8], &[u8]), queries: &[Vec<u8>]) -> Vec<bool> {
    let tables = Tables::within(place);
    std::fs::write(&tables.allow, pair.0).unwrap();
    std::fs::write(&tables.deny, pair.1).unwrap();
    let answers = oracle.ask_together(&tables, queries);
    answers
        .iter()
        .map(|answer| answer.text.starts_with("granted"))
        .collect()
}

/// What became of random tables.
#[derive(Default)]
struct Tally {
    safe: u64,
    bold: u64,
    verdicts: usize,
    gains: usize,
}

fn judge(seeds: impl Iterator<Item = u64>) -> Tally {
    let directory = tempfile::tempdir().unwrap();
    let place = directory.path();
    let list = place.join("list").to_str().unwrap().to_owned();
    std::fs::write(&list, "198.51.100.9 .example.org\n").unwrap();
    let mut oracle = Oracle::start();
    let mut tally = Tally::default();
    for seed in seeds {
        let random = &mut Random::new(seed);
        let allow = table(random, 4, 10, &list);
        let deny = table(random, 3, 60, &list);
        let visitors = visitors(random);
        let daemons = ["sshd", "vsftpd", "in.ftpd"];
        let asked: Vec<(&str, &Visitor)> = daemons
            .iter()
            .flat_map(|daemon| visitors.iter().map(|visitor| (*daemon, visitor)))
            .collect();
        let query = |(daemon, of): &(&str, &Visitor)| {
            format!("{daemon}\t{}\t{}\t{}", of.address, of.name, of.user).into_bytes()
        };
        let queries: Vec<Vec<u8>> = asked.iter().map(query).collect();
        let before = ask(
            &mut oracle,
            place,
            (allow.as_bytes(), deny.as_bytes()),
            &queries,
        );
        for boldness in [Boldness::Safe, Boldness::Unsafe] {
            let done = repair(
                Some(allow.as_bytes()),
                Some(deny.as_bytes()),
                &SITE,
                boldness,
            );
            if done.done.is_empty() {
                continue;
            }
            let after = ask(&mut oracle, place, (&done.allow, &done.deny), &queries);
            tally.verdicts += after.len();
            *if boldness == Boldness::Safe {
                &mut tally.safe
            } else {
                &mut tally.bold
            } += 1;
            let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
            let show = format!(
                "pair {seed} {:?}\n{allow}--\n{deny}-- becomes\n{}--\n{}",
                done.done,
                text(&done.allow),
                text(&done.deny)
            );
            let gone =
                [(&allow, text(&done.allow)), (&deny, text(&done.deny))].map(|(old, new)| {
                    let kept: Vec<&str> = new.split_inclusive('\n').collect();
                    let gone = old
                        .split_inclusive('\n')
                        .filter(|line| !kept.contains(line));
                    gone.map(str::to_owned).collect::<Vec<_>>()
                });
            for ((asked, before), after) in asked.iter().zip(&before).zip(&after) {
                let (daemon, of) = asked;
                let who = format!("{daemon} {} {} {}", of.address, of.name, of.user);
                if boldness == Boldness::Safe {
                    assert_eq!(before, after, "{who}: {show}");
                } else if *after && !before {
                    tally.gains += 1;
                    let is_named = gone
                        .iter()
                        .flatten()
                        .any(|line| names(line.trim_end(), of, &list));
                    assert!(is_named, "{who} is named by no word: {show}");
                }
            }
        }
    }
    tally
}

#[test]
fn safe_repairs_change_nothing_and_others_grant_only_to_whom_a_word_names() {
    let tables = count();
    let (even, odd) = std::thread::scope(|scope| {
        let odd = scope.spawn(|| judge((1..tables).step_by(2)));
        (judge((0..tables).step_by(2)), odd.join().unwrap())
    });
    let (safe, bold) = (even.safe + odd.safe, even.bold + odd.bold);
    let (verdicts, gains) = (even.verdicts + odd.verdicts, even.gains + odd.gains);
    assert!(
        safe * 20 > tables && bold * 4 > tables && gains > 0,
        "{safe} {bold} {gains}"
    );
    crate::proof::say(&format!(
        "lint --fix and --unsafe-fixes: {tables} random pairs of tables, {safe} and {bold} repaired, {verdicts} \
         verdicts of the library: none changed by a safe repair, {gains} granted by others, each to \
         a client that a word of a changed line names"
    ));
}

#[test]
fn nothing_to_change_is_said_only_if_nothing_is_to_be_changed() {
    let doubled = "sshd: 192.0.2.7\nsshd: 192.0.2.7\n";
    for (allow, command) in [
        (doubled, &["lint", "--fix", "--diff"][..]),
        (
            "sshd: 192.0.2.7/24\n",
            &["lint", "--unsafe-fixes", "--diff"],
        ),
        ("sshd:192.0.2.7\n", &["fmt", "--diff"]),
    ] {
        let run = Sandbox::new().allow(allow).deny(CLOSED).run(command);
        let text = run.stdout_text().to_owned();
        assert!(!text.contains("nothing to change"), "{text}");
        run.stdout(&text).code(1).done();
    }
    // And it is true where it is said: nothing is left for a second run.
    for command in [
        &["lint", "--fix"][..],
        &["lint", "--unsafe-fixes"],
        &["fmt"],
    ] {
        let stage = Sandbox::new().allow(doubled).deny(CLOSED);
        let run = stage.run(command).unchecked().run(command);
        let text = run.stdout_text();
        assert!(
            text.starts_with("nothing to change\n"),
            "{command:?}: {text}"
        );
        drop(run.unchecked());
    }
}
