//! Repairs: the safe ones change no verdict of the installed library, the others say who gains.

use super::fixtures;
use crate::oracle::{Oracle, case};
use crate::sandbox::Sandbox;
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt as _;
use tcpw::engine::{Account, ListFile, Surroundings};
use tcpw::lint::{Boldness, CHECKS, Dialect, Repaired, Site, repair};

/// Pairs of tables that are repaired; `TCPW_PAIRS` names another number.
const PAIRS: u64 = 500;
/// Queries of a pair that the library is asked.
const QUERIES: usize = 8;

/// The real files, and commands that nobody knows the end of.
struct Lists;

impl Surroundings for Lists {
    fn list_file(&self, path: &[u8]) -> ListFile {
        std::fs::read(OsStr::from_bytes(path))
            .map_or(ListFile::Absent, |bytes| ListFile::Read(bytes.into()))
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
    fn aclexec(&self, _command: &[u8]) -> Option<bool> {
        None
    }
}

/// A table with some of its lines written again further down, as tables grow.
fn grown(table: Option<&Vec<u8>>) -> Vec<u8> {
    let table = table.cloned().unwrap_or_default();
    let lines: Vec<_> = table.split_inclusive(|byte| *byte == b'\n').collect();
    let again = lines
        .iter()
        .filter(|line| line.ends_with(b"\n"))
        .rev()
        .copied();
    lines
        .iter()
        .copied()
        .chain(again)
        .collect::<Vec<_>>()
        .concat()
}

#[test]
fn safe_repairs_change_no_verdict_and_leave_none_to_make() {
    let directory = tempfile::tempdir().unwrap();
    let place = directory.path().to_str().unwrap();
    let site = Site {
        world: &Lists,
        dialect: Dialect::DEBIAN_12,
        ..Site::NOWHERE
    };
    let mut oracle = Oracle::start();
    let (mut repaired, mut asked) = (0, 0);
    let pairs = std::env::var("TCPW_PAIRS").map_or(PAIRS, |text| text.parse().unwrap());
    for seed in 0..pairs {
        let mut case = case(seed, place);
        case.allow = Some(grown(case.allow.as_ref()));
        case.deny = Some(grown(case.deny.as_ref()));
        let (allow, deny) = (case.allow.clone().unwrap(), case.deny.clone().unwrap());
        case.queries.truncate(QUERIES);
        let tables = case.lay(directory.path());
        let done = repair(Some(&allow), Some(&deny), &site, Boldness::Safe);
        let again = repair(Some(&done.allow), Some(&done.deny), &site, Boldness::Safe);
        assert_eq!(again.done, [], "pair {seed}\n{}", case.show());
        if done.done.is_empty() {
            assert_eq!((&done.allow, &done.deny), (&allow, &deny));
            continue;
        }
        repaired += 1;
        let verdicts = |answers: Vec<crate::oracle::Answer>| -> Vec<String> {
            let word =
                |answer: &crate::oracle::Answer| answer.text.split('\t').next().unwrap().to_owned();
            answers.iter().map(word).collect()
        };
        let before = verdicts(oracle.ask(&tables, &case.queries));
        std::fs::write(&tables.allow, &done.allow).unwrap();
        std::fs::write(&tables.deny, &done.deny).unwrap();
        let after = verdicts(oracle.ask(&tables, &case.queries));
        asked += after.len();
        assert_eq!(
            before,
            after,
            "pair {seed}: {:?}\n{}",
            done.done,
            case.show()
        );
    }
    assert!(
        repaired > pairs / 10,
        "{repaired} pairs had something to repair"
    );
    crate::proof::say(&format!(
        "safe repairs: {pairs} pairs, {repaired} repaired, {asked} verdicts unchanged"
    ));
}

#[test]
fn bold_repairs_of_the_fixtures_do_what_was_meant() {
    for (folder, allow, deny) in [
        (
            "TW301-host-bits-set",
            "sshd: 10.1.2.0/24\nsshd: ALL EXCEPT 10.9.0.0/255.255.0.0 : deny\n",
            "ALL: ALL\n",
        ),
        (
            "TW104-comment-swallows-rule",
            "# the office \nsshd: 10.0.0.1\n",
            "ALL: ALL\n",
        ),
        (
            "TW101-no-final-newline",
            "sshd: 10.0.0.1\nsshd: 10.0.0.2\n",
            "ALL: ALL\n",
        ),
        ("TW204-bare-ipv6", "", "ALL: [2001:db8::1]\nALL: [::1]\n"),
        ("TW314-no-such-word", "", "ALL: ALL\n"),
        ("TW401-daemon-name", "sshd: 10.0.0.1\n", "ALL: ALL\n"),
        (
            "TW503-unescaped-colon",
            "sshd: 10.0.0.1: spawn echo http\\://x &\nsshd: 10.0.0.2: setenv PATH /bin\\:/usr/bin\n",
            "ALL: ALL\n",
        ),
    ] {
        let read =
            |name: &str| std::fs::read(fixtures().join(folder).join(name)).unwrap_or_default();
        let Repaired {
            allow: now,
            deny: then,
            ..
        } = repair(
            Some(&read("bad.allow")),
            Some(&read("bad.deny")),
            &Site::NOWHERE,
            Boldness::Unsafe,
        );
        assert_eq!(String::from_utf8_lossy(&now), allow, "{folder}");
        assert_eq!(String::from_utf8_lossy(&then), deny, "{folder}");
    }
    assert!(CHECKS.len() > 80);
}

const GROWN: &str = "sshd: 10.0.0.1\nsshd: 10.1.2.3/24\nSSHD: 10.0.0.1\n";

#[test]
fn fix_writes_through_the_editor_and_says_what_it_did() {
    let run = Sandbox::new()
        .allow(GROWN)
        .deny("ALL: ALL\n")
        .run(&["lint", "--fix"]);
    let text = run.stdout_text().to_owned();
    assert!(text.contains("-SSHD: 10.0.0.1\n"), "{text}");
    assert!(
        text.contains("changed [ROOT]/etc/hosts.allow\nTW702: take the rule out\n"),
        "{text}"
    );
    assert!(text.contains("error[TW301]"), "{text}");
    let stage = run
        .stdout(&text)
        .code(1)
        .leaves("etc/hosts.allow", "sshd: 10.0.0.1\nsshd: 10.1.2.3/24\n")
        .ignoring("var/lib/tcpw/history")
        .done();
    let run = stage.run(&["lint", "--unsafe-fixes", "--diff"]);
    let text = run.stdout_text().to_owned();
    assert!(text.contains("+sshd: 10.1.2.0/24\n"), "{text}");
    assert!(
        text.contains("dry run: nothing was written\nTW301: write what is meant\n"),
        "{text}"
    );
    assert!(text.contains("gains access: 10.1.2.1"), "{text}");
    run.stdout(&text).code(1).done();
}
