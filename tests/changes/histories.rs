//! Random histories of changes, with somebody else's `sed` between them: no rule disappears that
//! tcpw's own record did not name.

use super::sandbox::Sandbox;
use std::collections::BTreeMap;
use std::time::Instant;
use tcpw::policy::rules;
use tcpw::syntax::parse;

/// Histories; `TCPW_HISTORIES` gives another number.
const HISTORIES: u64 = 40;
/// Steps of each.
const STEPS: u64 = 8;

/// Numbers that look random and are the same in every run (splitmix64).
struct Random(u64);

impl Random {
    fn below(&mut self, most: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^= mixed >> 31;
        usize::try_from(mixed % u64::try_from(most).unwrap()).unwrap()
    }

    fn one<'a, T: ?Sized>(&mut self, of: &[&'a T]) -> &'a T {
        of[self.below(of.len())]
    }
}

const CLIENTS: [&str; 6] = [
    "198.51.100.7",
    "198.51.100.70",
    "203.0.113.9",
    "198.51.100.0/24",
    "2001:db8::7",
    ".example.org",
];
const FOREIGN: [&str; 6] = [
    "ALL: 198.51.100.7",
    "sshd: 198.51.100.7",
    "ALL: ALL",
    "# a comment",
    "ALL: 203.0.113.9 198.51.100.7",
    "",
];
const TABLES: [&str; 2] = ["etc/hosts.allow", "etc/hosts.deny"];

/// How often each rule is in both tables, by its text.
type Rules = BTreeMap<String, i32>;

fn rules_of(sandbox: &Sandbox) -> Rules {
    let mut found = Rules::new();
    for table in TABLES {
        let bytes = std::fs::read(sandbox.path(table)).unwrap();
        for rule in rules(&parse(&bytes)) {
            let text = String::from_utf8_lossy(&rule.text()).into_owned();
            *found.entry(format!("{table} {text}")).or_default() += 1;
        }
    }
    found
}

/// What is gone.
fn lost(before: &Rules, after: &Rules) -> Vec<String> {
    let is_fewer = |(rule, count): (&String, &i32)| {
        (after.get(rule).copied().unwrap_or(0) < *count).then(|| rule.clone())
    };
    before.iter().filter_map(is_fewer).collect()
}

/// Somebody else changes a table by hand.
fn sed(sandbox: &Sandbox, random: &mut Random) {
    let path = sandbox.path(TABLES[random.below(2)]);
    let text = std::fs::read_to_string(&path).unwrap();
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    let at = random.below(lines.len() + 1);
    match random.below(5) {
        0 if at < lines.len() => drop(lines.remove(at)),
        1 => {
            let word = random.one(&CLIENTS);
            lines.retain(|line| !line.contains(word));
        }
        2 => lines.insert(at, random.one(&FOREIGN).to_owned()),
        3 if at < lines.len() => {
            let line = lines.remove(at);
            lines.insert(random.below(lines.len() + 1), line);
        }
        _ => {
            for line in &mut lines {
                *line = line.replacen("ALL: ", "sshd: ", usize::from(!line.starts_with('#')));
            }
        }
    }
    let text: String = lines.iter().map(|line| format!("{line}\n")).collect();
    std::fs::write(&path, text).unwrap();
}

/// Whether the rules and comments that tcpw wrote last said that this rule goes: written for one
/// second, or asked for.
struct Record {
    /// The rules that a change wrote to run out, by their text.
    ending: Rules,
}

#[test]
fn no_rule_disappears_that_the_record_did_not_name() {
    let histories = std::env::var("TCPW_HISTORIES").ok();
    let histories = histories.map_or(HISTORIES, |text| text.parse().unwrap());
    let start = Instant::now();
    let (mut expired, mut kept, mut undone) = (0, 0, 0);
    for seed in 0..histories {
        let mut random = Random(seed);
        let sandbox = Sandbox::new("ALL: 0.0.0.1\n", "sshd: 192.0.2.1\n");
        let mut record = Record {
            ending: Rules::new(),
        };
        for step in 0..STEPS {
            if random.below(2) == 0 {
                sed(&sandbox, &mut random);
            }
            let before = rules_of(&sandbox);
            let client = random.one(&CLIENTS);
            let by = random.one(&["ada", "bob"]);
            let arguments: Vec<&str> = match random.below(9) {
                0 => vec!["allow", client, "--for", "1s", "--by", by],
                1 | 2 => vec!["deny", client, "--for", "1s", "--reason", by],
                3 => vec!["deny", client],
                4 => vec!["revoke", client, "--force"],
                5 => vec!["revoke", client, "--by", by, "--force"],
                6 => vec!["undo", "--force"],
                7 => vec!["redo", "--force"],
                _ => vec!["expire", "--force"],
            };
            if arguments[0] == "expire" {
                age(&sandbox);
            }
            let ran = sandbox.run(&arguments);
            assert!(ran.code.is_some(), "{arguments:?}: {}", ran.err);
            let after = rules_of(&sandbox);
            let gone = lost(&before, &after);
            let what = || {
                format!(
                    "history {seed}, step {step}: {arguments:?}: {gone:?}\n{}",
                    ran.out
                )
            };
            match arguments[0] {
                "allow" | "deny" => {
                    // A rule of tcpw's own may have grown: what it held is held still.
                    for rule in &gone {
                        let is_own = record.ending.contains_key(rule) || rule.contains(": ");
                        let words = rule.split([' ', ',']).filter(|word| word.contains('.'));
                        let holds = words
                            .filter(|word| !word.starts_with("etc/"))
                            .all(|word| after.keys().any(|rule| rule.contains(word)));
                        assert!(is_own && holds, "{}", what());
                    }
                    if arguments.contains(&"--for") {
                        for (rule, count) in &after {
                            let more = count - before.get(rule).copied().unwrap_or(0);
                            if more > 0 {
                                *record.ending.entry(rule.clone()).or_default() += more;
                            }
                        }
                    }
                }
                "revoke" => {
                    let bare = client.trim_matches(['[', ']']);
                    let names = |rule: &String| rule.contains(bare);
                    assert!(gone.iter().all(names), "{}", what());
                    // What is left of a rule runs out as it did.
                    for rule in after.keys().filter(|rule| !before.contains_key(*rule)) {
                        record.ending.insert(rule.clone(), 1);
                    }
                }
                "expire" => {
                    for rule in &gone {
                        assert!(record.ending.contains_key(rule), "{}", what());
                    }
                    expired += gone.len();
                    kept += usize::from(ran.out.contains("this comment"));
                }
                _ => {
                    // Only if the table is what the change left, so the record names it all.
                    undone += usize::from(ran.code == Some(0) && !gone.is_empty());
                    if ran.code == Some(0) {
                        assert!(
                            ran.out.contains(" undoes change ") || ran.out.contains(" again"),
                            "{}",
                            what()
                        );
                    } else {
                        assert_eq!(gone, Vec::<String>::new(), "{}", what());
                    }
                }
            }
        }
    }
    eprintln!(
        "{histories} histories of {STEPS} steps in {:?}: {expired} rules ran out, {kept} runs of \
         expire reported comments of no rule, {undone} undos and redos removed a rule",
        start.elapsed()
    );
    assert!(expired > 0 && kept > 0 && undone > 0);
}

/// Lets the time of every rule that has one be over, as if it were later.
fn age(sandbox: &Sandbox) {
    for table in TABLES {
        let path = sandbox.path(table);
        let text = std::fs::read_to_string(&path).unwrap();
        let mut aged = String::new();
        for line in text.split_inclusive('\n') {
            match line.split_once(" until=") {
                Some((head, tail)) => {
                    let rest = tail.split_once(['\n', ' ']).map_or("", |(_, rest)| rest);
                    let end = if rest.is_empty() { "\n" } else { " " };
                    aged += &format!("{head} until=2020-01-01T00:00:00Z{end}{rest}");
                }
                None => aged += line,
            }
        }
        std::fs::write(path, aged).unwrap();
    }
}
