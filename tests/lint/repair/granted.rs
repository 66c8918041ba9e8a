//! Repairs of random tables before the installed library: safe ones change no verdict, and others
//! grant only to whom a word of a changed line names.

use super::fixes::{SITE, count};
use super::mentions::names;
use crate::engine::{Oracle, Random, Tables};
use std::path::Path;
use tcpw::lint::{Boldness, Repaired, repair};

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
            text.push_str(&again);
            text.push('\n');
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

impl Tally {
    fn add(&mut self, other: &Self) {
        self.safe += other.safe;
        self.bold += other.bold;
        self.verdicts += other.verdicts;
        self.gains += other.gains;
    }
}

/// What one pair of tables is asked about.
struct Trial<'t> {
    allow: &'t str,
    deny: &'t str,
    list: &'t str,
    asked: &'t [(&'t str, &'t Visitor)],
    queries: &'t [Vec<u8>],
}

impl Trial<'_> {
    /// The lines of the old tables that are not in the new ones.
    fn gone(&self, done: &Repaired) -> Vec<String> {
        let mut all = Vec::new();
        for (old, new) in [(self.allow, &done.allow), (self.deny, &done.deny)] {
            let new = String::from_utf8(new.clone()).unwrap();
            let kept: Vec<&str> = new.split_inclusive('\n').collect();
            let gone = old
                .split_inclusive('\n')
                .filter(|line| !kept.contains(line));
            all.extend(gone.map(|line| line.trim_end().to_owned()));
        }
        all
    }

    /// Asks the library before and after the repairs.
    fn judge(&self, seed: u64, boldness: Boldness, oracle: &mut Oracle, place: &Path) -> Tally {
        let (allow, deny) = (self.allow.as_bytes(), self.deny.as_bytes());
        let done = repair(Some(allow), Some(deny), &SITE, boldness);
        let mut tally = Tally::default();
        if done.done.is_empty() {
            return tally;
        }
        let before = ask(oracle, place, (allow, deny), self.queries);
        let after = ask(oracle, place, (&done.allow, &done.deny), self.queries);
        tally.verdicts = after.len();
        let is_safe = boldness == Boldness::Safe;
        tally.safe = u64::from(is_safe);
        tally.bold = u64::from(!is_safe);
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let show = format!(
            "pair {seed} {:?}\n{}--\n{}-- becomes\n{}--\n{}",
            done.done,
            self.allow,
            self.deny,
            text(&done.allow),
            text(&done.deny)
        );
        let gone = self.gone(&done);
        for ((asked, before), after) in self.asked.iter().zip(&before).zip(&after) {
            let (daemon, of) = asked;
            let who = format!("{daemon} {} {} {}", of.address, of.name, of.user);
            if is_safe {
                assert_eq!(before, after, "{who}: {show}");
            } else if *after && !before {
                tally.gains += 1;
                let is_named = gone.iter().any(|line| names(line, of, self.list));
                assert!(is_named, "{who} is named by no word: {show}");
            }
        }
        tally
    }
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
        let asked: Vec<(&str, &Visitor)> = ["sshd", "vsftpd", "in.ftpd"]
            .iter()
            .flat_map(|daemon| visitors.iter().map(move |visitor| (*daemon, visitor)))
            .collect();
        let query = |(daemon, of): &(&str, &Visitor)| {
            format!("{daemon}\t{}\t{}\t{}", of.address, of.name, of.user).into_bytes()
        };
        let queries: Vec<Vec<u8>> = asked.iter().map(query).collect();
        let trial = Trial {
            allow: &allow,
            deny: &deny,
            list: &list,
            asked: &asked,
            queries: &queries,
        };
        for boldness in [Boldness::Safe, Boldness::Unsafe] {
            tally.add(&trial.judge(seed, boldness, &mut oracle, place));
        }
    }
    tally
}

#[test]
fn safe_repairs_change_nothing_and_others_grant_only_to_whom_a_word_names() {
    let tables = count();
    let (mut all, odd) = std::thread::scope(|scope| {
        let odd = scope.spawn(|| judge((1..tables).step_by(2)));
        (judge((0..tables).step_by(2)), odd.join().unwrap())
    });
    all.add(&odd);
    let Tally {
        safe,
        bold,
        verdicts,
        gains,
    } = all;
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
