//! Repairs: the safe ones change no verdict of the installed library, the others say who gains.

use super::super::world::World;
use crate::engine::{Answer, Oracle, case};
use crate::sandbox::Sandbox;
use tcpw::lint::{Boldness, Site, repair};
use tcpw::policy::DEBIAN_12;

/// Pairs of tables that are repaired; `TCPW_PAIRS` names another number.
const PAIRS: u64 = 1_000;
/// Queries of a pair that the library is asked.
const QUERIES: usize = 8;

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

/// What became of some pairs of tables.
#[derive(Default)]
struct Tally {
    repaired: u64,
    verdicts: usize,
}

/// Repairs the pairs of these seeds; the installed library must decide as before.
fn repair_pairs(seeds: impl Iterator<Item = u64>) -> Tally {
    let directory = tempfile::tempdir().unwrap();
    let place = directory.path().to_str().unwrap();
    let site = Site {
        world: &World::of(&DEBIAN_12),
        ..Site::NOWHERE
    };
    let mut oracle = Oracle::start();
    let mut tally = Tally::default();
    for seed in seeds {
        let mut case = case(seed, place);
        case.allow = Some(grown(case.allow.as_ref()));
        case.deny = Some(grown(case.deny.as_ref()));
        let (allow, deny) = (case.allow.clone().unwrap(), case.deny.clone().unwrap());
        case.queries.truncate(QUERIES);
        let done = repair(Some(&allow), Some(&deny), &site, Boldness::Safe);
        if done.done.is_empty() {
            assert_eq!((&done.allow, &done.deny), (&allow, &deny));
            continue;
        }
        let again = repair(Some(&done.allow), Some(&done.deny), &site, Boldness::Safe);
        assert_eq!(again.done, [], "pair {seed}\n{}", case.show());
        let tables = case.lay(directory.path());
        let answers = oracle.ask(&tables, &case.queries);
        let before = verdicts(&answers);
        std::fs::write(&tables.allow, &done.allow).unwrap();
        std::fs::write(&tables.deny, &done.deny).unwrap();
        let answers = oracle.ask(&tables, &case.queries);
        let after = verdicts(&answers);
        let what = &done.done;
        assert_eq!(before, after, "pair {seed}: {what:?}\n{}", case.show());
        tally.repaired += 1;
        tally.verdicts += after.len();
    }
    tally
}

fn verdicts<'a>(answers: &'a [Answer]) -> Vec<&'a str> {
    let word = |answer: &'a Answer| answer.text.split('\t').next().unwrap();
    answers.iter().map(word).collect()
}

#[test]
fn safe_repairs_change_no_verdict_and_leave_none_to_make() {
    let pairs = std::env::var("TCPW_PAIRS").map_or(PAIRS, |text| text.parse().unwrap());
    let (even, odd) = std::thread::scope(|scope| {
        let odd = scope.spawn(|| repair_pairs((1..pairs).step_by(2)));
        (repair_pairs((0..pairs).step_by(2)), odd.join().unwrap())
    });
    let repaired = even.repaired + odd.repaired;
    let verdicts = even.verdicts + odd.verdicts;
    assert!(repaired > pairs / 10, "{repaired} pairs were repaired");
    crate::proof::say(&format!(
        "lint --fix: {pairs} table pairs, {repaired} repaired, {verdicts} verdicts of the library \
         unchanged, no safe repair left"
    ));
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
        text.contains(
            "this is change 1: `tcpw undo` undoes it\nTW702: remove the rule\nnobody gains or loses access\n"
        ),
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
    assert!(
        text.contains("10.1.2.0/24 gains access to sshd\n"),
        "{text}"
    );
    run.stdout(&text).code(1).done();
}

#[test]
fn named_files_are_repaired_in_place() {
    let stage = Sandbox::new()
        .file("mine/hosts.allow", GROWN)
        .file("mine/hosts.deny", "ALL: 10.1.2.3/24\nALL: ALL\n");
    let run = stage.run(&["lint", "--fix", "[ROOT]/mine/hosts.allow"]);
    let text = run.stdout_text().to_owned();
    assert!(text.contains("changed [ROOT]/mine/hosts.allow\n"), "{text}");
    let stage = run
        .stdout(&text)
        .code(1)
        .leaves("mine/hosts.allow", "sshd: 10.0.0.1\nsshd: 10.1.2.3/24\n")
        .ignoring("var/lib/tcpw/history")
        .done();
    let both = ["[ROOT]/mine/hosts.deny", "[ROOT]/mine/hosts.allow"];
    let run = stage.run(&["lint", "--unsafe-fixes", both[0], both[1]]);
    let text = run.stdout_text().to_owned();
    assert!(
        text.contains("10.1.2.0/24 gains access to sshd\n"),
        "{text}"
    );
    let stage = run
        .stdout(&text)
        .leaves("mine/hosts.allow", "sshd: 10.0.0.1\nsshd: 10.1.2.0/24\n")
        .leaves("mine/hosts.deny", "ALL: 10.1.2.0/24\nALL: ALL\n")
        .ignoring("var/lib/tcpw/history")
        .done();
    let (files, number) = (
        ["--allow-file", both[1], "--deny-file", both[0]],
        ["undo", "2"],
    );
    let run = stage.run(&[&files[..], &number[..]].concat());
    let text = run.stdout_text().to_owned();
    run.stdout(&text)
        .leaves("mine/hosts.allow", "sshd: 10.0.0.1\nsshd: 10.1.2.3/24\n")
        .leaves("mine/hosts.deny", "ALL: 10.1.2.3/24\nALL: ALL\n")
        .ignoring("var/lib/tcpw/history")
        .done();
}

#[test]
fn standard_input_is_not_repaired() {
    Sandbox::new()
        .stdin(GROWN)
        .run(&["lint", "--as", "allow", "--fix", "-"])
        .stderr(
            "tcpw: standard input cannot be repaired in place\n  help: name a file; with --diff \
             its repairs are only shown\n",
        )
        .code(2)
        .done();
}
