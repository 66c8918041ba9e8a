//! The guard: whoever must still get in is not locked out by a change, and the library agrees.

use super::sandbox::Sandbox;
use crate::engine::{Oracle, Tables, case};
use std::net::IpAddr;

/// Random policies that are changed.
const ROUNDS: u64 = 1_000;

fn with_guard(allow: &str, deny: &str, toml: &str) -> Sandbox {
    let sandbox = Sandbox::new(allow, deny);
    std::fs::write(sandbox.path("etc/tcpw.toml"), toml).unwrap();
    sandbox
}

#[test]
fn whoever_the_configuration_names_is_kept_in() {
    let toml = "[guard]\nkeep_in = [\"192.0.2.7\", \"2001:db8::7\"]\n";
    let allow = "sshd: 0.0.0.1 192.0.2.7\n";
    let sandbox = with_guard(allow, "", toml);
    let ran = sandbox.run(&["deny-all"]);
    assert_eq!(
        (ran.code, ran.err.as_str()),
        (
            Some(2),
            "tcpw: 2001:db8::7, which guard.keep_in names, would be refused by sshd without a name, \
             by /etc/hosts.deny:1: `ALL: ALL`\n  help: first run `tcpw allow 2001:db8::7 --daemon \
             sshd`, or repeat with --force; nothing was written\n"
        )
    );
    assert_eq!(sandbox.tables(), (allow.to_owned(), String::new()));
    assert_eq!(
        sandbox
            .run(&["allow", "2001:db8::7", "--daemon", "sshd"])
            .code,
        Some(0)
    );
    assert_eq!(sandbox.run(&["deny-all"]).code, Some(0));
    // Every other verb asks the same question.
    for arguments in [&["revoke", "192.0.2.7"][..], &["undo", "1"]] {
        let before = sandbox.tables();
        let ran = sandbox.run(arguments);
        assert_eq!(ran.code, Some(2), "{arguments:?}: {}", ran.out);
        assert_eq!(sandbox.tables(), before);
    }
    let ran = sandbox.run(&["revoke", "192.0.2.7", "--force"]);
    assert_eq!(ran.code, Some(0), "{}", ran.err);
}

#[test]
fn what_was_refused_before_is_no_obstacle_and_the_rest_is_counted() {
    let toml = "[guard]\nkeep_in = [\"192.0.2.7\"]\n";
    let sandbox = with_guard("sshd: 0.0.0.1\n", "ALL: 192.0.2.\n", toml);
    assert_eq!(sandbox.run(&["deny-all"]).code, Some(0));
    let many: Vec<_> = (1..60).map(|n| format!("\"192.0.2.{n}\"")).collect();
    let toml = format!("[guard]\nkeep_in = [{}]\n", many.join(", "));
    let sandbox = with_guard("sshd: 0.0.0.1\n", "", &toml);
    let ran = sandbox.run(&["deny-all"]);
    assert!(ran.err.contains("; and 58 more of those"), "{}", ran.err);
}

#[test]
fn a_wrong_address_is_named_with_its_place() {
    let sandbox = with_guard(
        "",
        "",
        "[guard]\nkeep_in = [\"192.0.2.7\", \"10.0.0.0/8\"]\n",
    );
    let ran = sandbox.run(&["deny-all"]);
    assert_eq!(ran.code, Some(2));
    assert!(ran.err.contains("/etc/tcpw.toml:2:"), "{}", ran.err);
    assert!(ran.err.contains("not names or networks"), "{}", ran.err);
    assert_eq!(sandbox.tables(), (String::new(), String::new()));
}

/// The commands that are tried, and addresses they speak of.
fn command(seed: u64, address: &str) -> Vec<String> {
    let net = match address.parse::<IpAddr>() {
        Ok(IpAddr::V4(address)) => {
            let [a, b, ..] = address.octets();
            format!("{a}.{b}.0.0/16")
        }
        _ => "2001:db8::/32".to_owned(),
    };
    let words: &[&str] = match seed % 11 {
        0 | 1 => &["deny-all"],
        2 => &["deny", address],
        3 => &["deny", &net],
        4 => &["deny", &net, "--daemon", "sshd"],
        5 => &["install-alert"],
        6 => &["revoke", address],
        7 => &["revoke", &net],
        8 => &["lint", "--unsafe-fixes"],
        9 => &["allow", address, "--daemon", "vsftpd"],
        _ => &["fmt"],
    };
    words.iter().map(|word| (*word).to_owned()).collect()
}

/// Which of the addresses the library grants to at sshd, without a name and with one that is not
/// believed.
fn granted(oracle: &mut Oracle, tables: &Tables, addresses: &[String]) -> Vec<bool> {
    let names = ["unknown", "paranoid"];
    let query =
        |address: &String| names.map(|name| format!("sshd\t{address}\t{name}").into_bytes());
    let queries: Vec<_> = addresses.iter().flat_map(query).collect();
    let answers = oracle.ask(tables, &queries);
    let is_granted = |answer: &crate::engine::Answer| answer.text.starts_with("granted");
    answers.iter().map(is_granted).collect()
}

/// A random policy, and addresses that must get in.
struct Policy {
    sandbox: Sandbox,
    tables: Tables,
    addresses: Vec<String>,
}

impl Policy {
    /// None if the requests of this seed name no address.
    fn new(seed: u64) -> Option<Self> {
        // The tables name no file that is there.
        let case = case(seed, "/nowhere/at/all");
        let address = |query: &Vec<u8>| {
            let text = String::from_utf8_lossy(query).into_owned();
            let address: IpAddr = text.split('\t').nth(1)?.parse().ok()?;
            Some(address.to_canonical().to_string())
        };
        let mut addresses: Vec<String> = case.queries.iter().filter_map(address).collect();
        addresses.dedup();
        addresses.truncate(3);
        addresses.first()?;
        let list: Vec<_> = addresses.iter().map(|one| format!("{one:?}")).collect();
        let toml = format!("[guard]\nkeep_in = [{}]\n", list.join(", "));
        let sandbox = with_guard("", "", &toml);
        let tables = Tables {
            allow: sandbox.path("etc/hosts.allow"),
            deny: sandbox.path("etc/hosts.deny"),
        };
        std::fs::write(&tables.allow, case.allow.unwrap_or_default()).unwrap();
        std::fs::write(&tables.deny, case.deny.unwrap_or_default()).unwrap();
        for file in ["passwd", "group"] {
            let copy = sandbox.path(&format!("etc/{file}"));
            std::fs::copy(format!("/etc/{file}"), copy).unwrap();
        }
        Some(Self {
            sandbox,
            tables,
            addresses,
        })
    }

    fn bytes(&self) -> [Vec<u8>; 2] {
        [&self.tables.allow, &self.tables.deny].map(|path| std::fs::read(path).unwrap())
    }
}

#[test]
fn no_accepted_change_makes_the_library_refuse_who_must_get_in() {
    let mut oracle = Oracle::start();
    let (mut changed, mut refused, mut kept) = (0, 0, 0);
    for (seed, policy) in (0..ROUNDS).filter_map(|seed| Some((seed, Policy::new(seed)?))) {
        let before = granted(&mut oracle, &policy.tables, &policy.addresses);
        let old = policy.bytes();
        let words = command(seed, &policy.addresses[0]);
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        let mut run = policy.sandbox.command(&words);
        // Half of them are typed in a session of the first address, the others in none of these.
        let own = match seed % 2 {
            0 => format!("{} 1", policy.addresses[0]),
            _ => "0.0.0.1 1 0.0.0.2 22".to_owned(),
        };
        let ran = policy.sandbox.ran(run.env("SSH_CONNECTION", own));
        let words = ["which guard.keep_in names", "your own session"];
        refused += u64::from(words.iter().any(|word| ran.err.contains(word)));
        let new = policy.bytes();
        if new == old {
            continue;
        }
        changed += 1;
        let after = granted(&mut oracle, &policy.tables, &policy.addresses);
        for (was, is) in before.iter().zip(&after) {
            kept += u64::from(*was);
            assert!(
                !was || *is,
                "{seed}: {words:?} for {:?}\nallow {}\ndeny {}\n->\nallow {}\ndeny {}",
                policy.addresses,
                old[0].escape_ascii(),
                old[1].escape_ascii(),
                new[0].escape_ascii(),
                new[1].escape_ascii()
            );
        }
    }
    assert!(changed > 100 && refused > 20, "{changed} {refused}");
    crate::proof::say(&format!(
        "guard: {ROUNDS} policies and sessions, {changed} changed, {refused} changes refused, {kept} times the \
         library still grants, 0 locked out"
    ));
}
