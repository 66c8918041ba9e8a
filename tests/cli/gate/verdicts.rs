//! `match`, `list` and `diff` on rules that ask the gate, which is not run.

use super::stage::{GATE, stage};
use crate::sandbox::{Run, Sandbox};

const RULE: &str = "sshd: ALL: aclexec /usr/sbin/tcpw-gate --country KR,JP -- %a\n";
const DENY: &str = "ALL: ALL\n";

fn tables() -> Sandbox {
    stage().allow(RULE).deny(DENY)
}

#[test]
fn a_verdict_says_what_the_gate_knows_and_whom_it_admits() {
    let stage = tables()
        .run(&["match", "sshd", "198.51.100.9"])
        .code(1)
        .stdout(
            "denied: sshd from 198.51.100.9\n  \
             [ROOT]/etc/hosts.deny:1: ALL: ALL\n  \
             198.51.100.9 is in CN by GeoLite2-Country of 2026-11-02, and the gate of \
             [ROOT]/etc/hosts.allow:1 admits KR, JP\n  \
             because `ALL` matches the daemon and `ALL` matches every client\n  \
             asks: /usr/sbin/tcpw-gate --country KR,JP -- 198.51.100.9 (a gate, which refuses)\n",
        )
        .done();
    let stage = stage
        .run(&["match", "sshd", "203.0.113.9"])
        .stdout(
            "granted: sshd from 203.0.113.9\n  \
             [ROOT]/etc/hosts.allow:1: sshd: ALL: aclexec /usr/sbin/tcpw-gate --country KR,JP -- %a\n  \
             the gate of [ROOT]/etc/hosts.allow:1: 203.0.113.9 is in KR by GeoLite2-Country of \
             2026-11-02; the gate admits it\n  \
             because `sshd` matches the daemon and `ALL` matches every client\n  \
             asks: /usr/sbin/tcpw-gate --country KR,JP -- 203.0.113.9 (a gate, which admits)\n",
        )
        .done();
    drop(stage);
}

#[test]
fn every_address_has_its_reason() {
    // Nobody knows this address, and a private one is admitted before any condition.
    for (address, code, what) in [
        (
            "233.252.0.7",
            1,
            "is not known to GeoLite2-Country of 2026-11-02 (--unknown deny)",
        ),
        (
            "10.1.2.3",
            0,
            "is in the private network 10.0.0.0/8; the gate admits it before any condition",
        ),
        (
            "::ffff:203.0.113.9",
            0,
            "203.0.113.9 is in KR by GeoLite2-Country",
        ),
        ("2001:db8::9", 0, "2001:db8::9 is in KR by GeoLite2-Country"),
        ("fe80::1%eth0", 0, "is in the private network fe80::/10"),
        (
            "unknown",
            1,
            "the client's address is not known (--unknown deny)",
        ),
    ] {
        let run = tables().run(&["match", "sshd", address]);
        let (text, _, is) = run.output();
        assert!(is == Some(code) && text.contains(what), "{address}: {text}");
    }
}

#[test]
fn what_was_chosen_for_commands_holds_for_a_gate_too() {
    tables()
        .run(&["match", "sshd", "198.51.100.9", "--aclexec", "true"])
        .stdout(
            "granted: sshd from 198.51.100.9\n  \
             [ROOT]/etc/hosts.allow:1: sshd: ALL: aclexec /usr/sbin/tcpw-gate --country KR,JP -- %a\n  \
             because `sshd` matches the daemon and `ALL` matches every client\n  \
             asks: /usr/sbin/tcpw-gate --country KR,JP -- 198.51.100.9 (taken to be a command that \
             succeeds)\n",
        )
        .done();
}

#[test]
fn programs_are_told_the_same() {
    let run = tables().run(&["match", "sshd", "198.51.100.9", "--format", "json"]);
    let told: serde_json::Value = serde_json::from_str(run.stdout_text()).unwrap();
    let gate = &told["answers"][0]["gates"][0];
    assert_eq!(gate["file"], "[ROOT]/etc/hosts.allow");
    assert_eq!((&gate["line"], &gate["admits"]), (&1.into(), &false.into()));
    let why = gate["why"].as_str().unwrap();
    assert!(why.starts_with("198.51.100.9 is in CN by "), "{why}");
    assert_eq!(told["answers"][0]["effects"][0]["succeeds"], false);
    let explained = tables().run(&["match", "sshd", "198.51.100.9", "--explain"]);
    let text = explained.stdout_text();
    let expected = "    option 1 asks: /usr/sbin/tcpw-gate --country KR,JP -- 198.51.100.9 (a gate, \
                    which refuses)\n      \
                    198.51.100.9 is in CN by GeoLite2-Country of 2026-11-02; the gate admits KR, JP\n    \
                    a command of aclexec has failed, so this rule counts for nothing";
    assert!(text.contains(expected), "{text}");
}

/// The verdict, what is said of the gate, and the exit code.
fn judged(stage: Sandbox, address: &str) -> (String, Option<i32>) {
    let run = stage.run(&["match", "sshd", address]);
    let (text, errors, code) = run.output();
    assert!(errors.is_empty(), "{errors}");
    let gate = text.lines().find(|line| line.contains("gate of"));
    (gate.unwrap_or_default().trim().to_owned(), code)
}

#[test]
fn what_is_missing_refuses_and_is_named() {
    let gone = tables();
    std::fs::remove_file(gone.path().join(&GATE[1..])).unwrap();
    let (text, code) = judged(gone, "203.0.113.9");
    assert_eq!(code, Some(1));
    assert!(
        text.ends_with("tcpw-gate is not there, so the command fails"),
        "{text}"
    );
    let closed = tables();
    let mode = std::os::unix::fs::PermissionsExt::from_mode(0o644);
    std::fs::set_permissions(closed.path().join(&GATE[1..]), mode).unwrap();
    let (text, code) = judged(closed, "203.0.113.9");
    assert_eq!(code, Some(1));
    assert!(
        text.ends_with("cannot be run, so the command fails"),
        "{text}"
    );
    let blind = tables();
    std::fs::remove_dir_all(blind.path().join("var")).unwrap();
    let (text, code) = judged(blind, "203.0.113.9");
    assert_eq!(code, Some(1));
    assert!(
        text.contains("no database of countries for IPv4 is here (--broken deny)"),
        "{text}"
    );
    let kept = tables().file("etc/tcpw.toml", "[guard]\nkeep_in = ['198.51.100.9']\n");
    let (text, code) = judged(kept, "198.51.100.9");
    assert_eq!(code, Some(0));
    assert!(text.contains("kept in by 198.51.100.9"), "{text}");
    let wrong = stage()
        .allow("sshd: ALL: aclexec /usr/sbin/tcpw-gate --land KR -- %a\n")
        .deny(DENY);
    let (text, code) = judged(wrong, "203.0.113.9");
    assert_eq!(code, Some(1));
    assert!(
        text.contains("tcpw-gate has no option --land (--broken deny)"),
        "{text}"
    );
    // A call in a shell line is a command of which nobody knows the end.
    let shell = stage()
        .allow("sshd: ALL: aclexec /usr/sbin/tcpw-gate --country KR -- %a && true\n")
        .deny(DENY);
    assert_eq!(judged(shell, "203.0.113.9").1, Some(2));
}

#[test]
fn expectations_and_batches_ask_the_gate() {
    tables()
        .file(
            "a.test",
            "sshd 203.0.113.9 granted by=hosts.allow:1\nsshd 198.51.100.9 denied by=hosts.deny:1\n",
        )
        .run(&["test", "[ROOT]/a.test"])
        .stdout("2 expectations: 2 held, 0 failed\n")
        .done();
    tables()
        .stdin("sshd\t203.0.113.9\nsshd\t198.51.100.9\nvsftpd\t203.0.113.9\n")
        .run(&["match", "--batch"])
        .stdout(
            "granted\t[ROOT]/etc/hosts.allow:1\ndenied\t[ROOT]/etc/hosts.deny:1\n\
             denied\t[ROOT]/etc/hosts.deny:1\n",
        )
        .done();
}

fn diff(old: [&str; 2], new: [&str; 2]) -> Run {
    stage()
        .file("old/hosts.allow", old[0])
        .file("old/hosts.deny", old[1])
        .file("new/hosts.allow", new[0])
        .file("new/hosts.deny", new[1])
        .run(&["diff", "[ROOT]/old", "[ROOT]/new", "--format", "json"])
}

/// Who gains (+) and who loses (-), each network once.
fn changes(run: &Run) -> Vec<String> {
    let told: serde_json::Value = serde_json::from_str(run.stdout_text()).unwrap();
    assert_eq!(told["not_computed"], serde_json::json!([]));
    let mut all: Vec<String> = told["claims"]
        .as_array()
        .unwrap()
        .iter()
        .map(|claim| {
            let sign = match claim["change"].as_str().unwrap() {
                "gains" => "+",
                "loses" => "-",
                other => other,
            };
            format!(
                "{sign}{}",
                claim["clients"]["network"].as_str().unwrap_or("unknown")
            )
        })
        .collect();
    // The addresses of IPv4 are found again in IPv6, as in the databases of MaxMind.
    all.retain(|one| !one.contains("[2002:") && !one.contains("[::"));
    all.sort();
    all.dedup();
    all
}

#[test]
fn differences_are_exact() {
    let gate = |options: &str| format!("sshd: ALL: aclexec {GATE} {options} -- %a\n");
    let (kr, both) = (
        gate("--strict --country KR"),
        gate("--strict --country KR,JP"),
    );
    let run = diff([&kr, DENY], [&both, DENY]);
    assert_eq!(changes(&run), ["+192.0.2.0/24"]);
    let run = diff([&both, DENY], [&kr, DENY]);
    assert_eq!(changes(&run), ["-192.0.2.0/24"]);
    let run = diff(["", DENY], [&kr, DENY]);
    assert_eq!(changes(&run), ["+203.0.113.0/24", "+[2001:db8::]/32"]);
    // Whom the command of the allow table refuses, a rule with a neutral option does not (F-ACL-06).
    let neutral = "ALL: ALL: severity info\n";
    let run = diff([&kr, DENY], [&kr, neutral]);
    let told = changes(&run);
    assert!(
        told.contains(&"+198.51.100.0/24".to_owned()) || told.len() > 8,
        "{told:?}"
    );
    assert!(
        !told.iter().any(|one| one.contains("203.0.113.")),
        "{told:?}"
    );
    // A rule before the gate is about its own clients alone.
    let before = format!("sshd: 198.51.100.9\n{kr}");
    let run = diff([&kr, DENY], [&before, DENY]);
    assert_eq!(changes(&run), ["+198.51.100.9"]);
    let after = format!("{kr}sshd: 198.51.100.9\n");
    let run = diff([&kr, DENY], [&after, DENY]);
    assert_eq!(changes(&run), Vec::<String>::new());
}
