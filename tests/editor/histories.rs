//! Random histories of changes, with somebody else's `sed` between them: no rule disappears that
//! tcpw's own record did not name.

use super::sandbox::Sandbox;
use crate::proof::say;
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
    lines.push(String::new());
    std::fs::write(&path, lines.join("\n")).unwrap();
}

/// One history: its tables, and what tcpw said that it would remove.
struct History {
    seed: u64,
    sandbox: Sandbox,
    random: Random,
    /// The rules that changes wrote to run out.
    ending: Rules,
}

/// What happened in all histories.
#[derive(Default)]
struct Counts {
    /// Rules that ran out.
    expired: usize,
    /// Runs of expire that reported comments of no rule.
    reported: usize,
    /// Undos and redos that removed a rule.
    undone: usize,
}

impl History {
    fn new(seed: u64) -> Self {
        Self {
            seed,
            sandbox: Sandbox::new("ALL: 0.0.0.1\n", "sshd: 192.0.2.1\n"),
            random: Random(seed),
            ending: Rules::new(),
        }
    }

    /// Somebody else's change or none, then one of tcpw.
    fn step(&mut self, step: u64, counts: &mut Counts) {
        if self.random.below(2) == 0 {
            sed(&self.sandbox, &mut self.random);
        }
        let client = self.random.one(&CLIENTS);
        let by = self.random.one(&["ada", "bob"]);
        let arguments: Vec<&str> = match self.random.below(9) {
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
            age(&self.sandbox);
        }
        let before = rules_of(&self.sandbox);
        let ran = self.sandbox.run(&arguments);
        assert!(ran.code.is_some(), "{arguments:?}: {}", ran.err);
        let after = rules_of(&self.sandbox);
        let gone = lost(&before, &after);
        let seed = self.seed;
        let what = format!(
            "history {seed}, step {step}: {arguments:?}: {gone:?}\n{}{}",
            ran.out, ran.err
        );
        match arguments[0] {
            "allow" | "deny" => self.listed(&arguments, [&before, &after], &gone, &what),
            "revoke" => self.revoked(client, [&before, &after], &gone, &what),
            "expire" => {
                let is_named = |rule: &String| self.ending.contains_key(rule);
                assert!(gone.iter().all(is_named), "{what}");
                counts.expired += gone.len();
                counts.reported += usize::from(ran.out.contains("this comment"));
            }
            _ => {
                // It is made only if the table is what the record says, byte for byte.
                let is_made = ran.out.contains(" undoes change ") || ran.out.contains(" again");
                assert!(is_made || gone.is_empty(), "{what}");
                counts.undone += usize::from(!gone.is_empty());
            }
        }
    }

    /// A rule of tcpw may have grown: whom it held is held still.
    fn listed(&mut self, arguments: &[&str], rules: [&Rules; 2], gone: &[String], what: &str) {
        let [before, after] = rules;
        for rule in gone {
            let (_, clients) = rule.split_once(": ").unwrap();
            let is_held = |word: &str| after.keys().any(|rule| rule.contains(word));
            assert!(clients.split(' ').all(is_held), "{what}");
        }
        if arguments.contains(&"--for") {
            let is_new = |rule: &&String| before.get(*rule) < after.get(*rule);
            for rule in after.keys().filter(is_new) {
                self.ending.insert(rule.clone(), 1);
            }
        }
    }

    /// Only rules that name the client go; what is left of one runs out as it did.
    fn revoked(&mut self, client: &str, rules: [&Rules; 2], gone: &[String], what: &str) {
        let [before, after] = rules;
        assert!(gone.iter().all(|rule| rule.contains(client)), "{what}");
        let is_left = |rule: &&String| !before.contains_key(*rule);
        let left: Vec<String> = after.keys().filter(is_left).cloned().collect();
        if gone.iter().any(|rule| self.ending.contains_key(rule)) {
            self.ending.extend(left.into_iter().map(|rule| (rule, 1)));
        }
    }
}

#[test]
fn no_rule_disappears_that_the_record_did_not_name() {
    let histories = std::env::var("TCPW_HISTORIES").ok();
    let histories = histories.map_or(HISTORIES, |text| text.parse().unwrap());
    let start = Instant::now();
    let mut counts = Counts::default();
    for seed in 0..histories {
        let mut history = History::new(seed);
        for step in 0..STEPS {
            history.step(step, &mut counts);
        }
    }
    let Counts {
        expired,
        reported,
        undone,
    } = counts;
    say(&format!(
        "histories: {histories} of {STEPS} steps with another writer between, {expired} rules ran \
         out, {reported} runs of expire reported comments of no rule, {undone} undos and redos \
         removed a rule, 0 rules lost ({:.0?})",
        start.elapsed()
    ));
    assert!(expired > 0 && reported > 0 && undone > 0);
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
                    aged.extend([head, " until=2020-01-01T00:00:00Z", end, rest]);
                }
                None => aged.push_str(line),
            }
        }
        std::fs::write(path, aged).unwrap();
    }
}
