//! Rules whose commands look at the client's address alone: what is claimed about sets of clients is
//! what the linear matcher decides, client by client.

use crate::AccessTables;
use crate::engine::effect::budget::Budget;
use crate::engine::effect::differences::compared;
use crate::engine::{
    Access, Account, Admitted, Cause, Change, Host, HostName, ListFile, Request, Surroundings,
    deciders, differences,
};
use crate::syntax::parse;
use proptest::prelude::*;
use std::net::IpAddr;
use std::rc::Rc;

/// A gate: its name, from which address to which it admits, and whether it admits clients without a
/// known address.
type Gate = (&'static str, &'static [(&'static str, &'static str)], bool);

/// All gates there are.
const GATES: [Gate; 5] = [
    ("gate-a", &[("10.0.0.0", "10.1.2.2")], false),
    (
        "gate-b",
        &[("10.1.2.3", "10.1.2.3"), ("2001:db8::", "2001:db8::ffff")],
        true,
    ),
    ("gate-c", &[], false),
    (
        "gate-d",
        &[
            ("0.0.0.0", "255.255.255.255"),
            ("::", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"),
        ],
        true,
    ),
    (
        "gate-e",
        &[
            ("192.0.2.0", "192.0.2.255"),
            ("10.0.0.0", "10.0.0.1"),
            ("10.1.2.3", "10.1.2.3"),
            ("2001:db8::", "2001:db8::7"),
            ("2001:db9::", "2001:db9::ffff"),
        ],
        false,
    ),
];

const CLIENTS: [&str; 8] = [
    "ALL",
    "ALL",
    "10.",
    "10.1.2.3",
    "[2001:db8::]/32",
    ".example.org",
    "ALL EXCEPT 10.",
    "UNKNOWN",
];

const OPTIONS: [&str; 18] = [
    "",
    "",
    ": aclexec gate-a -- %a",
    ": aclexec gate-b -- %a",
    ": aclexec gate-c -- %a",
    ": aclexec gate-d -- %a",
    ": aclexec gate-e -- %a",
    ": aclexec gate-e -- %a : deny",
    ": aclexec gate-a -- %a : deny",
    ": aclexec gate-a -- %a : allow",
    ": aclexec gate-a -- %a : severity info",
    ": aclexec gate-c -- %a : aclexec gate-b -- %a",
    ": aclexec false & ",
    ": spawn true",
    ": severity info",
    ": spawn true : deny",
    ": allow",
    ": deny",
];

const ADDRESSES: [&str; 9] = [
    "10.0.0.1",
    "10.1.2.2",
    "10.1.2.3",
    "10.1.2.4",
    "192.0.2.7",
    "2001:db8::7",
    "2001:db9::7",
    "::ffff:10.1.2.3",
    "unknown",
];

const NAMES: [&str; 3] = ["unknown", "pc.example.org", "pc.example.net"];

/// A machine with these gates and no other command.
struct Gates;

fn admitted(text: &[u8]) -> Option<Admitted> {
    let text = str::from_utf8(text).ok()?;
    let (name, address) = text.split_once(" -- ")?;
    let (_, ranges, unknown) = GATES.iter().find(|gate| gate.0 == name)?;
    assert!(!address.is_empty());
    let ip = |text: &&str| text.parse::<IpAddr>().unwrap();
    let ranges = ranges.iter().map(|(low, high)| (ip(low), ip(high)));
    Some(Admitted {
        ranges: ranges.collect(),
        unknown: *unknown,
    })
}

impl Surroundings for Gates {
    fn list_file(&self, _path: &[u8]) -> ListFile {
        ListFile::Absent
    }
    fn in_netgroup(&self, _group: &[u8], _name: &[u8]) -> bool {
        false
    }
    fn has_interface(&self, _name: &[u8]) -> bool {
        false
    }
    fn has_account(&self, _account: Account, _name: &[u8]) -> bool {
        false
    }
    fn aclexec(&self, command: &[u8]) -> Option<bool> {
        let admitted = admitted(command)?;
        let (_, address) = str::from_utf8(command).ok()?.split_once(" -- ")?;
        let Ok(address) = address.parse::<IpAddr>() else {
            return Some(admitted.unknown);
        };
        let address = address.to_canonical();
        let mut ranges = admitted.ranges.iter();
        Some(ranges.any(|(low, high)| {
            low.is_ipv4() == address.is_ipv4() && (low..=high).contains(&&address)
        }))
    }
    fn aclexec_clients(&self, template: &[u8]) -> Option<Rc<Admitted>> {
        admitted(template).map(Rc::new)
    }
}

fn table() -> impl Strategy<Value = String> {
    let rule = (
        prop::sample::select(vec!["sshd", "ALL", "vsftpd"]),
        prop::sample::select(CLIENTS.to_vec()),
        prop::sample::select(OPTIONS.to_vec()),
    );
    let rule = rule.prop_map(|(daemon, client, options)| format!("{daemon}: {client} {options}\n"));
    prop::collection::vec(rule, 0..5).prop_map(|rules| rules.concat())
}

/// Every client for every daemon.
fn requests() -> Vec<(&'static str, &'static str, &'static str, Request)> {
    let mut all = Vec::new();
    for daemon in ["sshd", "vsftpd", "other"] {
        for address in ADDRESSES {
            for name in NAMES {
                let host = Host::new(address, HostName::new(name));
                all.push((daemon, address, name, Request::new(daemon, host)));
            }
        }
    }
    all
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    #[test]
    fn differences_are_those_of_single_clients(
        old_allow in table(), old_deny in table(), allow in table(), deny in table(), is_edit: bool,
    ) {
        // Often the new tables are the old ones with a rule before them.
        let allow = if is_edit { format!("{allow}{old_allow}") } else { allow };
        let deny = if is_edit { old_deny.clone() } else { deny };
        let old = AccessTables::parse(old_allow.as_bytes(), old_deny.as_bytes());
        let new = AccessTables::parse(allow.as_bytes(), deny.as_bytes());
        let found = differences(&old.tables(), &new.tables(), &[b"sshd", b"vsftpd"], &Gates);
        prop_assert!(found.notes.is_empty(), "{:?}", found.notes);
        let mut sliced = Vec::new();
        let daemons: (&[&[u8]], &[u8]) = (&[b"sshd", b"vsftpd"], b"unknown");
        let mut keep = |claim| sliced.push(claim);
        compared([&old.tables(), &new.tables()], daemons, &Gates, (1, &Budget::unlimited()), &mut keep);
        for (daemon, address, name, request) in requests() {
            let [was, is] = [&old, &new].map(|tables| tables.decide_on(&request, &Gates).access);
            let expected = match (was, is) {
                (Access::Denied, Access::Granted) => vec![Change::Gains],
                (Access::Granted, Access::Denied) => vec![Change::Loses],
                (Access::Granted | Access::Denied | Access::Undecided, _) => Vec::new(),
            };
            prop_assert!(was != Access::Undecided && is != Access::Undecided);
            for claims in [&found.claims, &sliced] {
                let told: Vec<Change> = claims
                    .iter()
                    .filter(|claim| {
                        claim.covers(daemon.as_bytes(), address.as_bytes(), name.as_bytes())
                    })
                    .map(|claim| claim.change)
                    .collect();
                prop_assert_eq!(
                    told, &*expected,
                    "{} {} {}\n{}--\n{}->\n{}--\n{}",
                    daemon, address, name, &old_allow, &old_deny, &allow, &deny
                );
            }
        }
        for claim in found.claims.iter().chain(&sliced) {
            let example = &claim.example;
            let host = Host::new(&example.address, HostName::new(&example.name));
            let request = Request::new(&example.daemon, host);
            for (tables, decider) in [&old, &new].into_iter().zip(claim.deciders) {
                let verdict = tables.decide_on(&request, &Gates);
                let by = match verdict.cause {
                    Cause::Rule { matched, .. } => Some((matched.table, matched.number)),
                    Cause::NoRule
                    | Cause::BrokenTable { .. }
                    | Cause::Unreadable(_)
                    | Cause::EitherWay(_)
                    | Cause::Undecided(_) => None,
                };
                prop_assert_eq!(decider, by, "{:?}", claim);
            }
        }
    }

    #[test]
    fn deciders_are_those_of_their_examples(allow in table(), deny in table()) {
        let tables = AccessTables::parse(allow.as_bytes(), deny.as_bytes());
        let asked = parse(b"sshd vsftpd: ALL\n");
        let found = deciders(&tables.tables(), &asked, false, b"unknown", &Gates).unwrap();
        prop_assert!(!found.is_empty());
        for decider in found {
            let example = &decider.example;
            let host = Host::new(&example.address, HostName::new(&example.name));
            let verdict = tables.decide_on(&Request::new(&example.daemon, host), &Gates);
            prop_assert_eq!(decider.access, verdict.access, "{:?}\n{}--\n{}", decider, &allow, &deny);
        }
    }
}

#[test]
fn the_command_that_was_asked_is_known() {
    let tables = AccessTables::parse(
        b"sshd: 192.0.2.\nsshd: ALL: aclexec gate-c -- %a: aclexec gate-a -- %a\n",
        b"ALL: ALL\n",
    );
    for (address, asked) in [
        ("192.0.2.7", None),
        ("10.0.0.1", Some(true)),
        ("198.51.100.7", Some(false)),
    ] {
        let host = Host::new(address, HostName::unknown());
        let verdict = tables.decide_on(&Request::new("sshd", host), &Gates);
        let of_verdict: Vec<_> = verdict.asked.iter().collect();
        let Some(succeeds) = asked else {
            assert!(of_verdict.is_empty());
            continue;
        };
        let [command] = of_verdict.as_slice() else {
            panic!("{verdict:?}")
        };
        let text = format!("gate-a -- {address}").into_bytes();
        assert_eq!((&command.command, command.succeeds), (&text, succeeds));
        assert_eq!(command.matched.number, 2);
    }
}
