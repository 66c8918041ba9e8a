//! The real libwrap says what the changed tables do: random policies, random changes.

use super::sandbox::Sandbox;
use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

/// Policies tried, with this many changes each.
const POLICIES: u64 = 100;
const CHANGES: u64 = 6;

/// Rules that libwrap can read and whose commands need not run.
const RULES: &[&str] = &[
    "sshd: 10.1.2.3",
    "ALL: 10.1.",
    "sshd: 10.0.0.0/8 EXCEPT 10.1.2.3",
    "ALL: .example.org EXCEPT bad.example.org",
    "sshd: [2001:db8::]/32",
    "vsftpd: ALL",
    "ALL: LOCAL",
    "ALL: KNOWN: allow",
    "ALL: UNKNOWN: deny",
    "ALL: PARANOID: deny",
    "sshd: 10.1.2.3: deny",
    "ALL: 10.1.2.0/24: deny",
    "sshd: ALL: deny",
    "ALL: ALL: deny",
    "ALL EXCEPT sshd: ALL",
    "ALL: ALL",
    "sshd: 192.168.",
    "sshd: bad.example.org: deny",
    "# comment",
    "",
];

const CLIENTS: &[&str] = &[
    "10.1.2.3",
    "10.1.2.0/24",
    "10.0.0.0/8",
    "192.168.7.7",
    "2001:db8::5",
    "2001:db8::/32",
    "www.example.org",
    ".example.org",
    "bad.example.org",
];

const DAEMONS: &[&str] = &["ALL", "sshd", "vsftpd"];

/// Hosts by which a client can be tried: an address and a name.
const HOSTS: &[(&str, &str)] = &[
    ("10.1.2.3", "unknown"),
    ("10.1.2.3", "paranoid"),
    ("10.1.2.0", "host.other.net"),
    ("10.1.2.255", "unknown"),
    ("10.0.0.0", "unknown"),
    ("10.255.255.255", "local"),
    ("192.168.7.7", "unknown"),
    ("192.168.7.7", "host.other.net"),
    ("2001:db8::5", "unknown"),
    ("2001:db8::", "paranoid"),
    ("172.16.0.9", "www.example.org"),
    ("2001:db9::9", "www.example.org"),
    ("172.16.0.9", "bad.example.org"),
    ("172.16.0.9", "unknown"),
    ("172.16.0.9", "paranoid"),
    ("172.16.0.9", "host.other.net"),
];

struct Oracle {
    process: Child,
    ask: ChildStdin,
    answers: BufReader<ChildStdout>,
}

impl Oracle {
    fn build(directory: &std::path::Path) -> Self {
        let program = directory.join("oracle");
        let source = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/editor/libwrap.c");
        let built = Command::new("cc")
            .args([source, "-lwrap", "-o"])
            .arg(&program)
            .status()
            .expect("a C compiler and libwrap0-dev are needed");
        assert!(built.success(), "libwrap0-dev is needed");
        let mut process = Command::new(program)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let ask = process.stdin.take().unwrap();
        let answers = BufReader::new(process.stdout.take().unwrap());
        Self {
            process,
            ask,
            answers,
        }
    }

    /// Whether a host is granted each daemon.
    fn verdicts(&mut self, sandbox: &Sandbox) -> Vec<bool> {
        let (allow, deny) = (
            sandbox.path("etc/hosts.allow"),
            sandbox.path("etc/hosts.deny"),
        );
        let mut asked = Vec::new();
        for (address, name) in HOSTS {
            for daemon in ["other", "sshd", "vsftpd"] {
                let (allow, deny) = (allow.display(), deny.display());
                writeln!(asked, "{allow} {deny} {daemon} {address} {name}").unwrap();
            }
        }
        self.ask.write_all(&asked).unwrap();
        self.ask.flush().unwrap();
        String::from_utf8(asked)
            .unwrap()
            .lines()
            .map(|question| {
                let mut answer = String::new();
                self.answers.read_line(&mut answer).unwrap();
                match answer.trim() {
                    "granted 0" => true,
                    "denied 0" => false,
                    other => panic!("{question}: {other}: {:?}", sandbox.tables()),
                }
            })
            .collect()
    }
}

impl Drop for Oracle {
    fn drop(&mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }
}

/// A small generator (splitmix64), so that a failing case can be run again.
struct Chance(u64);

impl Chance {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((z ^ (z >> 31)) % u64::try_from(limit).unwrap()).unwrap()
    }

    fn one<'a>(&mut self, list: &[&'a str]) -> &'a str {
        list[self.below(list.len())]
    }

    fn table(&mut self, most: usize) -> String {
        let count = self.below(most + 1);
        (0..count).flat_map(|_| [self.one(RULES), "\n"]).collect()
    }

    fn arguments(&mut self) -> Vec<&'static str> {
        match self.below(7) {
            6 => vec!["revoke", self.one(CLIENTS)],
            0 => vec!["deny-all"],
            1 => vec![
                "install-alert",
                "--on",
                ["both", "unknown", "unlisted"][self.below(3)],
            ],
            verb => {
                let verb = if verb < 5 { "allow" } else { "deny" };
                vec![verb, self.one(CLIENTS), "--daemon", self.one(DAEMONS)]
            }
        }
    }
}

fn is_of(host: (&str, &str), client: &str) -> bool {
    match client {
        "10.1.2.0/24" => host.0.starts_with("10.1.2."),
        "10.0.0.0/8" => host.0.starts_with("10."),
        "2001:db8::/32" => host.0.starts_with("2001:db8:"),
        ".example.org" => host.1.ends_with(".example.org"),
        _ => host.0 == client || host.1 == client,
    }
}

/// Checks one change that went through; `out` names the exceptions that stay.
fn check(arguments: &[&str], out: &str, before: &[bool], after: &[bool], story: &str) {
    let questions = HOSTS
        .iter()
        .flat_map(|host| ["other", "sshd", "vsftpd"].map(|daemon| (*host, daemon)));
    for ((host, daemon), (was, is)) in questions.zip(before.iter().zip(after)) {
        let said = format!("{host:?} for {daemon}: {was} to {is}\n{story}");
        match arguments {
            [verb @ ("allow" | "deny"), client, _, wanted] => {
                let is_asked = is_of(host, client) && (*wanted == "ALL" || *wanted == daemon);
                if is_asked && !out.contains("an exception from") {
                    assert_eq!(*is, *verb == "allow", "not as asked: {said}");
                } else if !is_asked {
                    assert_eq!(was, is, "changed: {said}");
                }
            }
            ["revoke", client] => {
                assert!(was == is || is_of(host, client), "changed: {said}");
            }
            _ => assert!(!is || *was, "let in: {said}"),
        }
    }
    // The last host is a named stranger, the one before it is not believed, the third has no name.
    let [.., nameless, _, named] = after.chunks(3).map(|host| host[0]).collect::<Vec<_>>()[..]
    else {
        panic!("three strangers");
    };
    match arguments {
        ["deny-all"] => assert!(!nameless || !named, "strangers are let in: {story}"),
        ["install-alert", _, "unlisted"] => {
            assert!(!nameless || !named, "strangers are let in: {story}");
        }
        ["install-alert", ..] => assert!(!nameless, "the nameless are let in: {story}"),
        _ => {}
    }
}

#[test]
fn what_was_asked_for_holds_and_nothing_else_changes() {
    let workshop = tempfile::TempDir::new().unwrap();
    let mut oracle = Oracle::build(workshop.path());
    let (mut done, mut refused) = (0, 0);
    for seed in 0..POLICIES {
        let mut chance = Chance(seed);
        let sandbox = Sandbox::new(&chance.table(5), &chance.table(3));
        let mut before = oracle.verdicts(&sandbox);
        for _ in 0..CHANGES {
            let tables = sandbox.tables();
            let mut arguments = chance.arguments();
            let plain = arguments.clone();
            if plain[0] != "allow" {
                arguments.push("--force");
            }
            let ran = sandbox.run(&arguments);
            let story = format!("seed {seed}: {arguments:?} on {tables:#?}: {ran:#?}");
            assert!(!ran.err.contains("failed its check"), "{story}");
            let after = oracle.verdicts(&sandbox);
            if ran.code == Some(0) {
                check(&plain, &ran.out, &before, &after, &story);
                let changed = sandbox.tables();
                let again = sandbox.run(&arguments);
                assert_eq!(again.code, Some(0), "again: {story}: {again:?}");
                assert_eq!(sandbox.tables(), changed, "again: {story}");
                done += 1;
            } else {
                assert_eq!(ran.code, Some(2), "{story}");
                assert_eq!(sandbox.tables(), tables, "{story}");
                refused += 1;
            }
            before = after;
        }
    }
    println!("{done} changes made, {refused} refused, all as libwrap sees them");
    assert!(done > 100 && refused > 10, "{done} made, {refused} refused");
}
