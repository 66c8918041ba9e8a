//! After every change, and where nothing was to be changed, the real libwrap confirms what was said:
//! random tables with exceptions, names, domains, lists and users, asked with every name that they
//! mention.

use super::sandbox::{Ran, Sandbox};
use crate::engine::{Oracle, Random, Tables};
use crate::proof::say;

/// Tables tried; `TCPW_SETS` gives another number.
const TABLES: u64 = 80;
/// Requests asked of the library before and after a change.
const QUERIES: usize = 240;

const DAEMONS: [&str; 6] = [
    "ALL",
    "sshd",
    "sshd",
    "vsftpd",
    "sshd vsftpd",
    "ALL EXCEPT sshd",
];
const PATTERNS: [&str; 22] = [
    "ALL",
    "ALL",
    "ALL",
    "KNOWN",
    "UNKNOWN",
    "LOCAL",
    "PARANOID",
    "10.1.2.3",
    "10.1.2.0/24",
    "10.1.",
    "10.",
    "198.51.100.7",
    "192.0.2.0/24",
    "[2001:db8::]/32",
    ".example.org",
    "www.example.org",
    "bad.example.org",
    "*.wild.example",
    "alice@ALL",
    "bob@10.1.2.3",
    "ann@.example.org",
    "[LIST]",
];
/// The words of the list file.
const LIST: &str = "198.51.100.9\n.listed.example\n10.1.2.4\n";
const CLIENTS: [&str; 12] = [
    "10.1.2.3",
    "10.1.2.0/24",
    "10.0.0.0/8",
    "198.51.100.7",
    "198.51.100.9",
    "192.0.2.9",
    "2001:db8::5",
    "2001:db8::/32",
    "www.example.org",
    ".example.org",
    "bad.example.org",
    "a.listed.example",
];
const ADDRESSES: [&str; 13] = [
    "10.1.2.3",
    "10.1.2.4",
    "10.1.2.200",
    "10.1.9.9",
    "10.9.9.9",
    "198.51.100.7",
    "198.51.100.9",
    "192.0.2.9",
    "203.0.113.5",
    "2001:db8::5",
    "2001:db9::5",
    "172.16.0.9",
    "unknown",
];
const NAMES: [&str; 14] = [
    "unknown",
    "unknown",
    "paranoid",
    "www.example.org",
    "bad.example.org",
    "a.b.example.org",
    "example.org",
    "x.wild.example",
    "a.listed.example",
    "b.listed.example",
    "other.net",
    "local",
    "10.1.evil.net",
    "10.x.net",
];
const USERS: [&str; 5] = ["unknown", "unknown", "alice", "bob", "ann"];

/// A request, as the library is asked.
#[derive(Debug, Clone)]
struct Asked {
    daemon: &'static str,
    address: &'static str,
    name: &'static str,
    user: &'static str,
}

impl Asked {
    fn any(random: &mut Random) -> Self {
        Self {
            daemon: random.pick(&["sshd", "vsftpd", "other"]),
            address: random.pick(&ADDRESSES),
            name: random.pick(&NAMES),
            user: random.pick(&USERS),
        }
    }

    fn query(&self) -> Vec<u8> {
        let Self {
            daemon,
            address,
            name,
            user,
        } = self;
        format!("{daemon}\t{address}\t{name}\t{user}").into_bytes()
    }

    fn is_of(&self, client: &str) -> bool {
        match client {
            "10.1.2.0/24" => self.address.starts_with("10.1.2."),
            "10.0.0.0/8" => self.address.starts_with("10."),
            "2001:db8::/32" => self.address.starts_with("2001:db8:"),
            ".example.org" => self.name.ends_with(".example.org"),
            _ => self.address == client || self.name == client,
        }
    }
}

fn clients(random: &mut Random, list: &str) -> String {
    let words = |random: &mut Random, most| {
        let count = 1 + random.below(most);
        let words: Vec<&str> = (0..count).map(|_| random.pick(&PATTERNS)).collect();
        words.join(" ")
    };
    let mut text = words(random, 2);
    if random.chance(40) {
        let except = words(random, 2);
        text = format!("{text} EXCEPT {except}");
    }
    text.replace("[LIST]", list)
}

fn table(random: &mut Random, most: usize, list: &str) -> String {
    let count = random.below(most + 1);
    let mut text = String::new();
    for _ in 0..count {
        let daemons = random.pick(&DAEMONS);
        let clients = clients(random, list);
        let options = match random.below(10) {
            0 => " : deny",
            1 => " : allow",
            _ => "",
        };
        text.extend([daemons, ": ", &clients, options, "\n"]);
    }
    text
}

fn words(random: &mut Random) -> Vec<&'static str> {
    match random.below(12) {
        0 => vec!["deny-all"],
        1 | 2 => vec![
            "install-alert",
            "--on",
            random.pick(&["both", "unknown", "unlisted"]),
        ],
        3 => vec!["remove-alert"],
        4 => vec!["open"],
        5 => vec!["revoke", random.pick(&CLIENTS)],
        n => {
            let verb = if n < 9 { "allow" } else { "deny" };
            let client = random.pick(&CLIENTS);
            match random.pick(&["ALL", "sshd", "vsftpd"]) {
                "ALL" => vec![verb, client],
                daemon => vec![verb, client, "--daemon", daemon],
            }
        }
    }
}

/// What the library says: whether it grants, and whether a rule decides. It runs the commands of
/// rules: the notifier would record on this machine.
fn verdicts(oracle: &mut Oracle, sandbox: &Sandbox, asked: &[Asked]) -> Vec<(bool, bool)> {
    let notifier = concat!(env!("CARGO_BIN_EXE_tcpw"), "-notify");
    let [allow, deny] = ["etc/hosts.allow", "etc/hosts.deny"].map(|table| {
        let text = std::fs::read_to_string(sandbox.path(table)).unwrap_or_default();
        let quiet = sandbox.path(&format!("{table}.asked"));
        std::fs::write(&quiet, text.replace(notifier, "/bin/true")).unwrap();
        quiet
    });
    let tables = Tables { allow, deny };
    let queries: Vec<_> = asked.iter().map(Asked::query).collect();
    let answers = oracle.ask_together(&tables, &queries);
    answers
        .iter()
        .map(|answer| {
            let (verdict, rule) = answer.text.split_once('\t').unwrap();
            (verdict == "granted", !rule.starts_with("default"))
        })
        .collect()
}

/// Checks what a command that went well said and did.
fn check(words: &[&str], ran: &Ran, states: [&[(bool, bool)]; 2], asked: &[Asked], story: &str) {
    let [before, after] = states;
    let is_still = ran.out.contains("nobody gains or loses access\n")
        || ran.out.ends_with("nothing to change\n");
    for ((one, &(was, had_rule)), &(is, _)) in asked.iter().zip(before).zip(after) {
        let told = format!("{one:?}: {was} to {is}\n{story}");
        assert!(
            !is_still || was == is,
            "said that nobody gains or loses: {told}"
        );
        match words {
            [verb @ ("allow" | "deny"), client, rest @ ..] => {
                let is_daemon = rest.last().is_none_or(|daemon| *daemon == one.daemon);
                let is_asked = is_daemon && one.is_of(client);
                if !is_asked {
                    assert_eq!(was, is, "changed for another: {told}");
                } else if !ran.out.contains("an exception from") {
                    assert_eq!(is, *verb == "allow", "not as asked or as said: {told}");
                }
            }
            ["revoke", client] => assert!(was == is || one.is_of(client), "changed: {told}"),
            ["install-alert", ..] | ["remove-alert"] => assert_eq!(was, is, "changed: {told}"),
            ["deny-all"] => {
                assert!(was == is || was && !had_rule, "not undecided: {told}");
                assert!(had_rule || !is, "still let in: {told}");
            }
            ["open"] => assert!(is || !was, "shut out: {told}"),
            _ => panic!("{words:?}"),
        }
    }
}

#[test]
fn what_is_said_of_a_change_is_what_libwrap_does() {
    let count = std::env::var("TCPW_SETS").map_or(TABLES, |text| text.parse().unwrap());
    let mut oracle = Oracle::start();
    let (mut made, mut held, mut refused) = (0, 0, 0);
    for seed in 0..count {
        let mut random = Random::new(seed ^ 0x5e75);
        let sandbox = Sandbox::new("", "");
        let list = sandbox.path("list");
        std::fs::write(&list, LIST).unwrap();
        // Below --root, a list file is looked for there.
        let inside = sandbox
            .directory
            .path()
            .join(list.strip_prefix("/").unwrap());
        std::fs::create_dir_all(inside.parent().unwrap()).unwrap();
        std::fs::write(&inside, LIST).unwrap();
        let list = list.to_str().unwrap();
        let allow = format!("ALL: 0.0.0.1\n{}", table(&mut random, 4, list));
        std::fs::write(sandbox.path("etc/hosts.allow"), allow).unwrap();
        let deny = table(&mut random, 3, list);
        std::fs::write(sandbox.path("etc/hosts.deny"), deny).unwrap();
        let asked: Vec<Asked> = (0..QUERIES).map(|_| Asked::any(&mut random)).collect();
        let tables = sandbox.tables();
        let before = verdicts(&mut oracle, &sandbox, &asked);
        let words = words(&mut random);
        let ran = sandbox.run(&words);
        let after = verdicts(&mut oracle, &sandbox, &asked);
        let changed = sandbox.tables();
        let story = format!("seed {seed}: {words:?} on {tables:#?} to {changed:#?}: {ran:#?}");
        assert!(!ran.err.contains("failed its check"), "{story}");
        if ran.code == Some(0) {
            check(&words, &ran, [&before, &after], &asked, &story);
            if changed == tables {
                assert!(ran.out.contains("nothing to change\n"), "{story}");
                held += 1;
            } else {
                made += 1;
            }
        } else {
            assert_eq!(ran.code, Some(2), "{story}");
            assert_eq!(changed, tables, "{story}");
            refused += 1;
        }
    }
    say(&format!(
        "sets: {count} tables with exceptions, names, lists and users: {made} changed, {held} left as \
         they were, {refused} changes refused, all as libwrap sees them"
    ));
    assert!(
        made > 20 && held > 2 && refused > 5,
        "{made} {held} {refused}"
    );
}
