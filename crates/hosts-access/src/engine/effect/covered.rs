//! What is said about all addresses is what the linear matcher decides, client by client, whatever
//! the name and the user, and with the rules that are left at each time.

use crate::AccessTables;
use crate::engine::{Access, Bare, Covered, Host, HostName, Request, coverage};
use proptest::prelude::*;
use std::net::IpAddr;

const CLIENTS: [&str; 24] = [
    "ALL",
    "10.",
    "10.1.",
    "10.1.2.3",
    "10.0.0.0/8",
    "10.1.2.0/255.255.255.0",
    "10.1.0.3/255.255.0.255",
    "010.1.2.3",
    "10.*",
    "[2001:db8::]/32",
    "[2001:db8::1]",
    "[::]/0",
    ".example.org",
    "pc.example.org",
    "LOCAL",
    "KNOWN",
    "UNKNOWN",
    "PARANOID",
    "bob@10.1.2.3",
    "bob@ALL",
    "ALL EXCEPT 10.1.2.3",
    "10. EXCEPT 10.1. EXCEPT 10.1.2.3",
    "ALL EXCEPT .example.org",
    "10. EXCEPT bob@10.1.2.3",
];
const DAEMONS: [&str; 6] = [
    "ALL",
    "sshd",
    "sshd",
    "vsftpd",
    "ALL EXCEPT sshd",
    "sshd@10.9.9.9",
];
const OPTIONS: [&str; 6] = ["", "", "", ": deny", ": allow", ": aclexec x"];
const ADDRESSES: [&str; 9] = [
    "10.1.2.3",
    "10.1.2.4",
    "10.1.9.3",
    "10.2.2.3",
    "192.0.2.7",
    "255.255.255.254",
    "2001:db8::1",
    "2001:db8::7",
    "fe80::1",
];
const NAMES: [&str; 5] = [
    "unknown",
    "PARANOID",
    "pc.example.org",
    "pc",
    "a.example.com",
];
const USERS: [&str; 3] = ["unknown", "bob", "alice"];

/// A rule, and when it ends.
type Line = (String, Option<i64>);

fn table() -> impl Strategy<Value = Vec<Line>> {
    let rule = (
        prop::sample::select(DAEMONS.to_vec()),
        prop::sample::select(CLIENTS.to_vec()),
        prop::sample::select(OPTIONS.to_vec()),
        prop::sample::select(vec![None, None, Some(1), Some(2), Some(3)]),
    );
    let rule = rule.prop_map(|(daemon, client, options, end)| {
        (format!("{daemon}: {client} {options}\n"), end)
    });
    prop::collection::vec(rule, 0..6)
}

/// The text of a table at some time, its lines in their places.
fn text(lines: &[Line], time: i64) -> String {
    let line = |(line, end): &Line| {
        if end.is_none_or(|end| end > time) {
            line.clone()
        } else {
            "#\n".to_owned()
        }
    };
    lines.iter().map(line).collect()
}

/// What is said of an address at a time.
fn said(all: &[Covered], address: IpAddr, time: i64) -> Access {
    let holds = |covered: &&Covered| {
        covered.low.is_ipv4() == address.is_ipv4()
            && (covered.low..=covered.high).contains(&address)
    };
    let mut found = all.iter().filter(holds);
    let (Some(covered), None) = (found.next(), found.next()) else {
        panic!("{address} is not there once")
    };
    let after = covered.then.iter().rev().find(|(from, _)| *from <= time);
    after.map_or(covered.access, |(_, access)| *access)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(250))]

    #[test]
    fn every_client_of_an_address_fares_as_is_said_of_it(allow in table(), deny in table()) {
        let texts = [text(&allow, 0), text(&deny, 0)];
        let whole = AccessTables::parse(texts[0].as_bytes(), texts[1].as_bytes());
        let lines = [&allow, &deny];
        let until = |table, rule: crate::policy::Rule<'_, '_>| {
            let lines = lines[usize::from(table == crate::engine::TableName::Deny)];
            lines[rule.line().index()].1
        };
        let all = coverage(&whole.tables(), b"sshd", &until, &Bare).unwrap();
        for time in 0..4 {
            let texts = [text(&allow, time), text(&deny, time)];
            let tables = AccessTables::parse(texts[0].as_bytes(), texts[1].as_bytes());
            for address in ADDRESSES {
                let said = said(&all, address.parse().unwrap(), time);
                let mut met = Vec::new();
                for name in NAMES {
                    for user in USERS {
                        let host = Host::new(address, HostName::new(name));
                        let request = Request::new("sshd", host).with_user(user);
                        met.push(tables.decide_on(&request, &Bare).access);
                    }
                }
                let is_true = said == Access::Undecided || met.iter().all(|access| *access == said);
                prop_assert!(is_true, "{} {:?} at {}: {:?}\n{:?}--\n{:?}", address, said, time, met, allow, deny);
            }
        }
    }
}

#[test]
fn what_only_addresses_decide_is_decided() {
    let cover = |allow: &str, deny: &str| {
        let tables = AccessTables::parse(allow.as_bytes(), deny.as_bytes());
        let all = coverage(&tables.tables(), b"sshd", &|_, _| None, &Bare).unwrap();
        let row = |covered: &Covered| {
            let sign = match covered.access {
                Access::Granted => '+',
                Access::Denied => '-',
                Access::Undecided => '?',
            };
            format!("{sign} {}-{}", covered.low, covered.high)
        };
        all.iter().map(row).collect::<Vec<_>>()
    };
    let last6 = "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff";
    assert_eq!(
        cover("sshd: 10. EXCEPT 10.1.2.3\n", "ALL: ALL\n"),
        [
            "- 0.0.0.0-9.255.255.255",
            "+ 10.0.0.0-10.1.2.2",
            "- 10.1.2.3-10.1.2.3",
            "+ 10.1.2.4-10.255.255.255",
            "- 11.0.0.0-255.255.255.255",
            &format!("- ::-{last6}"),
        ]
    );
    // A name decides about all addresses but those that are settled before it.
    assert_eq!(
        cover("sshd: .example.org\n", "ALL: 255.0.0.0/8\n"),
        [
            "+ 0.0.0.0-254.255.255.255",
            "? 255.0.0.0-255.255.255.255",
            &format!("+ ::-{last6}"),
        ]
    );
    assert_eq!(
        cover("sshd: KNOWN\nsshd: UNKNOWN PARANOID\n", "ALL: ALL\n"),
        ["+ 0.0.0.0-255.255.255.255", &format!("+ ::-{last6}")]
    );
    assert_eq!(
        cover(
            "sshd@10.9.9.9: 10.0.0.0/8\nsshd: bob@11.0.0.0/8\n",
            "ALL: ALL\n"
        ),
        [
            "- 0.0.0.0-9.255.255.255",
            "? 10.0.0.0-11.255.255.255",
            "- 12.0.0.0-255.255.255.255",
            &format!("- ::-{last6}"),
        ]
    );
}
