//! Nothing is lost and nothing is doubled when many come at once or a process is killed.

use super::stage::{Stage, wait_until};
use std::collections::BTreeSet;
use std::thread::{self, sleep};
use std::time::Duration;

#[test]
fn fifty_at_once_are_all_recorded_exactly_once() {
    let stage = Stage::new();
    thread::scope(|scope| {
        for number in 0..50 {
            let stage = &stage;
            scope.spawn(move || stage.notify(format!("host{number}")));
        }
    });
    wait_until("all events", || {
        stage.count("SELECT count(*) FROM events") == 50
    });
    let hosts: Vec<Vec<u8>> = stage.query("SELECT host FROM readable");
    assert_eq!(hosts.into_iter().collect::<BTreeSet<_>>().len(), 50);
    wait_until("an empty drop directory", || stage.drops().is_empty());
    wait_until("all letters", || {
        stage.count("SELECT count(*) FROM dispatches WHERE state <> 'delivered'") == 0
    });
}

#[test]
fn a_deliverer_that_is_killed_anywhere_loses_and_doubles_nothing() {
    let stage = Stage::new();
    let lock = stage.hold_lock();
    for number in 0..40 {
        let address = format!("192.0.2.{number}");
        stage
            .run(&["notify", "--addr", &address, &address])
            .says(0, &[]);
    }
    drop(lock);
    for pause in 0..30 {
        let mut deliverer = stage.command(&["deliver"]).spawn().unwrap();
        sleep(Duration::from_micros(500 * pause));
        deliverer.kill().unwrap();
        deliverer.wait().unwrap();
    }
    stage.run(&["deliver"]).says(0, &[]);
    assert_eq!(stage.count("SELECT count(*) FROM events"), 40);
    assert_eq!(
        stage.count("SELECT count(*) FROM events WHERE letter IS NOT NULL"),
        40
    );
    let letters = stage.count("SELECT count(*) FROM dispatches WHERE state = 'delivered'");
    assert_eq!(usize::try_from(letters).unwrap(), stage.mails().len());
    assert!(stage.drops().is_empty());
}

#[test]
fn what_was_collected_but_not_deleted_is_not_collected_again() {
    let stage = Stage::new();
    let lock = stage.hold_lock();
    stage.notify("h");
    drop(lock);
    let trace = stage.path("trace");
    let file = stage.drops().remove(0);
    let name = file.file_name().unwrap();
    let first = std::process::Command::new("strace")
        .args(["-f", "-qq", "-o"])
        .arg(&trace)
        .args(["-e", "trace=unlink,unlinkat"])
        .args(["-P".as_ref(), name, "-P".as_ref(), file.as_os_str()])
        .args(["-e", "inject=unlink,unlinkat:error=EPERM"])
        .arg(env!("CARGO_BIN_EXE_tcpw"))
        .arg("--root")
        .arg(stage.path(""))
        .arg("deliver")
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&first.stdout).into_owned();
    assert!(said.contains("collected 1"), "{first:?}");
    assert_eq!(stage.drops().len(), 1, "the fault was not injected");
    stage.run(&["deliver"]).says(0, &["collected 0"]);
    assert!(stage.drops().is_empty());
    assert_eq!(stage.count("SELECT count(*) FROM events"), 1);
    stage.run(&["deliver"]).says(0, &["collected 0"]);
    assert_eq!(stage.count("SELECT count(*) FROM collected"), 0);
}

#[test]
fn nothing_is_stranded_while_deliverers_come_and_go() {
    let stage = Stage::new();
    for number in 0..30 {
        stage.notify(format!("host{number}"));
        if number % 10 == 0 {
            stage.run(&["deliver"]).says(0, &[]);
        }
    }
    wait_until("all events", || {
        stage.count("SELECT count(*) FROM events") == 30
    });
}
