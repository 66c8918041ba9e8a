//! Each problem is named with exit code 1, and what cannot be looked at is never well.

use super::faults::{FAULTS, provisional};
use super::stage::Stage;
use crate::proof;
use std::fs;
use std::os::unix::fs::symlink;
use tcpw::status::PROBLEMS;

/// What a test in namespaces, and the one about the saved status, show.
const ELSEWHERE: [&str; 3] = ["no-systemd", "no-cron", "stale"];

#[test]
fn a_machine_that_is_well_is_called_so() {
    let stage = Stage::with_journal();
    let ran = stage.run(&["status"]);
    ran.says(
        0,
        &[
            "Access closed: sshd from 198.51.100.7; all others refused",
            "Asked systemd starts no program for a client",
            "Alert on, for everybody on no list; delivery by cron",
            "Mail mail.example.org:587 ok, last sent",
            "; queue 0, drop directory 0",
            "Clients 1 refused today, last 192.0.2.7 sshd",
            "Pending none",
            "Problems none",
        ],
    );
    assert_eq!(ran.err, "");
    assert!(ran.out.lines().count() <= 9, "one screen:\n{}", ran.out);
    let nagios = stage.run(&["status", "--format", "nagios"]);
    nagios.says(0, &["TCPW OK - closed, 1 refused today | problems=0"]);
    let before = Stage::well();
    before
        .run(&["status"])
        .says(0, &["not tried yet", "none refused today", "Problems none"]);
}

#[test]
fn each_problem_is_named_with_exit_code_1() {
    let mut shown: Vec<&str> = ELSEWHERE.to_vec();
    let mut failures = Vec::new();
    for fault in FAULTS {
        let stage = (fault.make)();
        let ran = stage.run(&["status"]);
        let joined = ran.out.split_whitespace().collect::<Vec<_>>().join(" ");
        let json = stage.json();
        let words: Vec<&str> = json["problems"]
            .as_array()
            .unwrap()
            .iter()
            .map(|problem| problem["problem"].as_str().unwrap())
            .collect();
        let is_said = fault.says.iter().all(|text| joined.contains(text));
        let nagios = stage.run(&["status", "--format", "nagios"]);
        let is_warning = nagios.code == 1 && nagios.out.starts_with("TCPW WARNING - ");
        if ran.code != 1 || !is_said || !words.contains(&fault.word) || !is_warning {
            failures.push(format!(
                "{}: exit {}, {words:?}, {}\n{}{}",
                fault.word, ran.code, nagios.out, ran.out, ran.err
            ));
        }
        shown.push(fault.word);
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
    shown.sort_unstable();
    let mut all = PROBLEMS.to_vec();
    all.sort_unstable();
    assert_eq!(shown, all, "each problem has a test");
    proof::say(&format!(
        "status: {} of {} problems made in a machine, each named with exit code 1",
        FAULTS.len(),
        PROBLEMS.len()
    ));
}

#[test]
fn a_change_that_waits_is_no_problem_until_it_is_late() {
    let stage = Stage::well();
    provisional(&stage);
    let ran = stage.run(&["status"]);
    ran.says(
        0,
        &[
            "Pending change 2 is rolled back at",
            "unless confirmed",
            "Problems none",
        ],
    );
}

#[test]
fn what_cannot_be_read_is_never_well() {
    // Root can read everything: what is there is not what it must be.
    let stage = Stage::with_journal();
    fs::write(stage.path("var/lib/tcpw/journal.db"), vec![b'!'; 9000]).unwrap();
    let ran = stage.run(&["status"]);
    ran.says(
        2,
        &[
            "Mail cannot read the journal",
            "Clients cannot read the journal",
            "Problems cannot read the journal",
            "Access closed: sshd from 198.51.100.7",
        ],
    );
    assert!(!ran.out.contains("Problems  none"), "{}", ran.out);
    let stage = Stage::well();
    fs::remove_file(stage.path("etc/hosts.deny")).unwrap();
    fs::create_dir(stage.path("etc/hosts.deny")).unwrap();
    let ran = stage.run(&["status"]);
    ran.says(
        2,
        &[
            "Access cannot read the table",
            "Alert cannot read the table",
        ],
    );
    let stage = Stage::well();
    stage.write("etc/tcpw.toml", "[mail]\nto = 7\n", 0o600);
    let ran = stage.run(&["status"]);
    ran.says(
        2,
        &["Mail cannot read the configuration: ", "tcpw.toml:2:6"],
    );
    let stage = Stage::well();
    let drop = stage.path("var/spool/tcpw/drop");
    fs::remove_dir(&drop).unwrap();
    fs::write(&drop, "a file").unwrap();
    let ran = stage.run(&["status"]);
    ran.says(2, &["cannot read the drop directory", "Not a directory"]);
    let stage = Stage::well();
    fs::remove_dir_all(stage.path("var/lib/tcpw/history")).unwrap();
    stage.write("var/lib/tcpw/history", "a file", 0o600);
    let ran = stage.run(&["status"]);
    ran.says(2, &["Pending cannot read the directory"]);
    let nagios = stage.run(&["status", "--format", "nagios"]);
    nagios.says(3, &["TCPW UNKNOWN - cannot read the directory"]);
    let stage = Stage::well();
    stage.write("etc/hosts", "9.9.9.9 home.dyn.example.org\n", 0o644);
    stage
        .run(&["allow", "--follow", "home.dyn.example.org"])
        .says(0, &[]);
    stage.write("var/lib/tcpw/follow.json", "nonsense", 0o644);
    let ran = stage.run(&["status"]);
    ran.says(
        2,
        &["cannot read when the names that rules follow were resolved"],
    );
    stage
        .run(&["--allow-file", "/nonexistent", "status"])
        .says(2, &["there is no table /nonexistent"]);
}

#[test]
fn korean_under_a_korean_locale_or_by_option() {
    let stage = Stage::well();
    let text = "접근 닫힘: sshd에 198.51.100.7 허용; 그 밖은 모두 거부";
    stage
        .run(&["status", "--language", "ko"])
        .says(0, &[text, "문제 없음"]);
    let program = std::path::Path::new(env!("CARGO_BIN_EXE_tcpw"));
    let mut command = stage.command(program, &["status"]);
    command.env("LC_ALL", "ko_KR.UTF-8");
    Stage::ran(&mut command).says(0, &[text]);
    let mut command = stage.command(program, &["status", "--language", "en"]);
    command.env("LC_ALL", "ko_KR.UTF-8");
    Stage::ran(&mut command).says(0, &["Problems none"]);
    let mut command = stage.command(program, &["status", "--format", "nagios"]);
    command.env("LC_ALL", "ko_KR.UTF-8");
    Stage::ran(&mut command).says(0, &["TCPW OK - closed"]);
}

#[test]
fn colours_are_for_terminals_and_values_obey_nobody() {
    let stage = Stage::with_journal();
    let red = "\u{1b}[31m";
    stage.change("UPDATE texts SET bytes = CAST(char(27) || '[2J' AS BLOB) WHERE bytes = CAST('sshd' AS BLOB)");
    let ran = stage.run(&["--color", "always", "status"]);
    assert!(ran.out.contains("\u{1b}[32mclosed\u{1b}[0m"), "{}", ran.out);
    assert!(
        !ran.out.contains("\u{1b}[2J") && !ran.out.contains(red),
        "{}",
        ran.out
    );
    fs::remove_file(stage.path("etc/cron.d/tcpw")).unwrap();
    symlink("/nonexistent", stage.path("etc/cron.d/tcpw")).unwrap();
    let ran = stage.run(&["--color", "always", "status"]);
    assert!(ran.out.contains(red), "{}", ran.out);
}
