//! The shipped action in fail2ban itself: one jail bans while another lifts its bans.

use super::sandbox::Sandbox;
use crate::fail2ban::{Fail2ban, Jail};
use crate::proof::say;
use std::path::Path;
use std::thread;

const ACTION: &str = include_str!("../../packaging/fail2ban/tcpw.conf");
const COUNT: usize = 300;
/// A rule of the administrator about an address that is also banned.
const OWN: &str = "# mine\nvsftpd: 198.51.100.7\n";

fn addresses(net: &str) -> Vec<String> {
    (0..COUNT)
        .map(|n| format!("{net}.{}.{}", n / 200, n % 200 + 1))
        .collect()
}

/// The clients of the rules that a jail wrote.
fn banned(table: &Path, jail: &str) -> Vec<String> {
    let text = std::fs::read_to_string(table).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    let mut found: Vec<String> = lines
        .windows(2)
        .filter(|pair| pair[0].contains(&format!(" by=fail2ban/{jail} ")))
        .flat_map(|pair| pair[1].trim_start_matches("sshd: ").split(' '))
        .map(str::to_owned)
        .collect();
    found.sort();
    found
}

#[test]
fn three_hundred_bans_while_three_hundred_are_lifted() {
    let sandbox = Sandbox::new("", OWN);
    let table = sandbox.path("etc/hosts.deny");
    let root = sandbox.directory.path().display();
    let jail = |name: &'static str| Jail {
        name,
        ban_time: 3600,
        action: format!(
            "tcpw[name={name}, daemon=sshd, tcpw=\"{} --root {root}\"]",
            env!("CARGO_BIN_EXE_tcpw")
        ),
    };
    let server = Fail2ban::start(
        sandbox.path("fail2ban"),
        &[jail("one"), jail("two")],
        &[("tcpw.conf", ACTION)],
    );
    let ask = |verb: &str, jail: &str, addresses: &[String]| {
        let mut words = vec!["set", jail, verb];
        words.extend(addresses.iter().map(String::as_str));
        assert!(server.client(&words).is_some(), "{}", server.log());
    };
    let (mut ones, mut twos) = (addresses("192.0"), addresses("10.20"));
    twos[0] = "198.51.100.7".to_owned();
    ask("banip", "two", &twos);
    let count = COUNT;
    server.wait("bans", |_| banned(&table, "two").len() == count);
    thread::scope(|scope| {
        scope.spawn(|| ask("banip", "one", &ones));
        scope.spawn(|| ask("unbanip", "two", &twos));
    });
    server.wait("end", |_| {
        banned(&table, "one").len() == count && banned(&table, "two").is_empty()
    });
    ones.sort();
    assert_eq!(banned(&table, "one"), ones);
    let text = std::fs::read_to_string(&table).unwrap();
    assert!(text.starts_with(OWN), "{text}");
    assert!(tcpw::syntax::parse(text.as_bytes()).broken_line().is_none());
    let log = server.log();
    assert!(!log.contains(" ERROR "), "{log}");
    // The time that fail2ban gives is in every rule, for the case that it is gone by then.
    assert_eq!(
        text.matches(" until=").count(),
        text.matches("\nsshd: ").count()
    );
    say(&format!(
        "fail2ban: {COUNT} of {COUNT} bans there and {COUNT} of {COUNT} lifted at the same time"
    ));
}
