//! What `tcpw doctor` says of daemons that have just refused a client by libwrap, or let it in.

use crate::proof;
use serde_json::Value;
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

/// What a daemon did, and so what has to be said of it.
#[derive(Debug, Clone, Copy)]
enum Truth {
    /// It refused the client, and asks as this.
    Asks(&'static str),
    /// It let the client in, and could ask.
    Off,
    /// It let the client in, and cannot ask.
    Cannot,
    /// It asks as this, and something is wrong with it, which is said with these words.
    Wrong(&'static str, &'static str),
}

use Truth::{Asks, Cannot, Off, Wrong};

/// The daemons that `tests/report/daemons.sh` starts, by port and protocol.
const TRUTH: [(u64, &str, Truth); 32] = [
    (2201, "tcp", Asks("sshd")),
    (2202, "tcp", Asks("in.fingerd")),
    (2203, "tcp", Asks("cat")),
    (2204, "tcp", Asks("mosquitto")),
    (2205, "tcp", Asks("vsftpd")),
    (2206, "tcp", Asks("proftpd")),
    (2207, "tcp", Asks("cat")),
    (2208, "tcp", Asks("cat")),
    (2210, "tcp", Asks("chat")),
    (111, "udp", Asks("rpcbind")),
    (6969, "udp", Asks("in.tftpd")),
    (1161, "udp", Asks("snmpd")),
    (5667, "tcp", Asks("nrpe")),
    (4433, "tcp", Asks("imaps")),
    (4633, "tcp", Asks("pop3s")),
    (3389, "tcp", Asks("slapd")),
    (2212, "tcp", Asks("ser2net")),
    (2214, "tcp", Asks("own")),
    (2215, "tcp", Asks("syslog-ng")),
    (2216, "tcp", Asks("own-fd")),
    (2213, "tcp", Off),
    (2215, "udp", Cannot),
    (2305, "tcp", Off),
    (4533, "tcp", Off),
    (4634, "tcp", Off),
    (2303, "tcp", Off),
    (2308, "tcp", Off),
    (2310, "tcp", Off),
    (7, "tcp", Cannot),
    (2309, "tcp", Cannot),
    (
        2404,
        "tcp",
        Wrong("mosquitto", "it reads another /etc/hosts.deny"),
    ),
    (
        2405,
        "tcp",
        Wrong("vsftpd", "was replaced since it was started"),
    ),
];
/// The sshd of a newer suite.
const NEWER: (u64, &str, Truth) = (2211, "tcp", Asks("sshd"));

/// Compares what doctor wrote below `stage` with what the daemons did, which `log` says.
pub(crate) fn is_told(stage: &Path, log: &str) {
    let text = fs::read_to_string(stage.join("doctor.json")).unwrap();
    let all: Value = serde_json::from_str(&text).unwrap();
    let mut answers: BTreeMap<(u64, String), Value> = BTreeMap::new();
    for answer in all["daemons"].as_array().unwrap() {
        for port in answer["ports"].as_array().unwrap() {
            let protocol = port["protocol"].as_str().unwrap().to_owned();
            let place = (port["port"].as_u64().unwrap(), protocol);
            let before = answers.insert(place, answer.clone());
            assert_eq!(before, None, "two answers for one port: {answer}");
        }
    }
    let count = |end: &str| log.lines().filter(|line| line.ends_with(end)).count();
    assert_eq!(count(": let in"), 9, "{log}");
    let newer = log.contains("newer_sshd: refused");
    assert_eq!(count(": refused"), 5 + usize::from(newer), "{log}");
    let expected: Vec<_> = TRUTH.into_iter().chain(newer.then_some(NEWER)).collect();
    for (port, protocol, truth) in &expected {
        let answer = answers.get(&(*port, (*protocol).to_owned()));
        assert!(
            answer.is_some(),
            "nobody waits at {protocol} {port}: {text}"
        );
        let answer = answer.unwrap();
        demand(answer, *truth, &format!("{protocol} {port}: {answer:#}"));
    }
    let own = answers.keys().filter(|(port, _)| *port < 10_000).count();
    assert!(own >= expected.len(), "{own}");
    is_unread(stage);
    is_warned_of(stage);
    proof::say(&format!(
        "doctor: {} of {} daemons are judged as they acted, 0 wrong",
        expected.len(),
        expected.len()
    ));
}

fn demand(answer: &Value, truth: Truth, what: &str) {
    let (state, name, problem) = match truth {
        Asks(name) => ("asked", Some(name), None),
        Off => ("switched off", None, None),
        Cannot => ("not asked", None, None),
        Wrong(name, problem) => ("asked", Some(name), Some(problem)),
    };
    assert_eq!(answer["state"], state, "{what}");
    if let Some(name) = name {
        assert_eq!(answer["names"], serde_json::json!([name]), "{what}");
        assert_eq!(answer["known_by"], "tested", "{what}");
    }
    match problem {
        Some(problem) => assert!(answer["problems"].to_string().contains(problem), "{what}"),
        None => assert_eq!(answer["problems"], serde_json::json!([]), "{what}"),
    }
}

/// nrpe, which is not root, was refused by tables that it cannot read; vsftpd, which is, was not.
fn is_unread(stage: &Path) {
    let read = |name: &str| -> Value {
        let text = fs::read_to_string(stage.join(name)).unwrap();
        serde_json::from_str(&text).unwrap()
    };
    let nrpe = read("unread.json")["daemons"][0]["problems"].to_string();
    for table in ["/etc/hosts.allow", "/etc/hosts.deny"] {
        assert!(nrpe.contains(&format!("cannot read {table}")), "{nrpe}");
    }
    let vsftpd = read("read.json").to_string();
    assert!(!vsftpd.contains("cannot read"), "{vsftpd}");
}

/// deny-all names the doors that it does not close, as far as others can reach them, and no other.
fn is_warned_of(stage: &Path) {
    let said = fs::read_to_string(stage.join("deny-all.txt")).unwrap();
    let doors = said
        .lines()
        .find(|line| line.contains("nobody guards these doors"));
    let doors = doors.unwrap_or_default();
    for door in [
        "vsftpd at tcp 2305",
        "cat (inetd) at tcp 2303",
        "cat (xinetd) at tcp 2308",
    ] {
        assert!(doors.contains(door), "{said}");
    }
    // One that asks, and one that only this machine reaches.
    for other in ["2205", "2309"] {
        assert!(!doors.contains(other), "{said}");
    }
}
