//! `tcpw events --follow`: new events, a journal that is replaced, a reader that goes away.

use super::sample::{Sample, Visit};
use crate::sandbox::program;
use std::fs;
use std::io::{BufRead as _, BufReader};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};
use tempfile::TempDir;

const PATIENCE: Duration = Duration::from_secs(20);

fn follow(stage: &TempDir, args: &[&str]) -> (Child, BufReader<ChildStdout>) {
    let mut child = Command::new(program())
        .arg("--root")
        .arg(stage.path())
        .args(["events", "--follow", "--format=csv"])
        .args(args)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let reader = BufReader::new(child.stdout.take().unwrap());
    (child, reader)
}

fn visit(sample: &mut Sample, seconds: i64, daemon: &str) {
    sample.add(&Visit {
        seconds,
        addr: b"192.0.2.1",
        host: b"h",
        daemon: daemon.as_bytes(),
        rest: b"",
        rule: None,
        uid: 0,
        verdict: 1,
        decision: 0,
    });
}

fn line(reader: &mut BufReader<ChildStdout>) -> String {
    let mut line = String::new();
    reader.read_line(&mut line).unwrap();
    line
}

#[track_caller]
fn ends(child: &mut Child) {
    let begin = Instant::now();
    while child.try_wait().unwrap().is_none() {
        assert!(begin.elapsed() < PATIENCE, "it goes on without a reader");
        sleep(Duration::from_millis(20));
    }
    assert_eq!(child.wait().unwrap().code(), Some(0));
}

#[test]
fn new_events_are_shown_as_they_come_also_in_a_new_journal() {
    let stage = TempDir::new().unwrap();
    let (mut child, mut reader) = follow(&stage, &[]);
    // There is none yet.
    sleep(Duration::from_millis(300));
    let mut sample = Sample::empty(stage.path());
    visit(&mut sample, 1, "first");
    assert!(line(&mut reader).starts_with("id,time,"));
    assert!(line(&mut reader).contains(",first,"));
    visit(&mut sample, 2, "second");
    assert!(line(&mut reader).contains(",second,"));
    drop(sample);
    fs::rename(
        stage.path().join("var/lib/tcpw"),
        stage.path().join("var/lib/tcpw.old"),
    )
    .unwrap();
    let mut sample = Sample::empty(stage.path());
    visit(&mut sample, 3, "third");
    assert!(line(&mut reader).contains(",third,"));
    drop(reader);
    ends(&mut child);
    let mut complaints = String::new();
    std::io::Read::read_to_string(&mut child.stderr.take().unwrap(), &mut complaints).unwrap();
    assert!(
        complaints.contains("waiting for the first event"),
        "{complaints}"
    );
    assert!(complaints.contains("was replaced"), "{complaints}");
}

#[test]
fn it_begins_with_the_newest_and_heeds_filters() {
    let stage = TempDir::new().unwrap();
    let mut sample = Sample::empty(stage.path());
    for seconds in 0..30 {
        let daemon = if seconds % 2 == 0 { "even" } else { "odd" };
        visit(&mut sample, seconds, daemon);
    }
    let (mut child, mut reader) = follow(&stage, &["--daemon", "odd"]);
    line(&mut reader);
    let ids: Vec<String> = (0..10)
        .map(|_| line(&mut reader).split(',').next().unwrap().to_owned())
        .collect();
    assert_eq!((ids[0].as_str(), ids[9].as_str()), ("12", "30"));
    visit(&mut sample, 31, "even");
    visit(&mut sample, 32, "odd");
    assert!(line(&mut reader).starts_with("32,"));
    drop(reader);
    ends(&mut child);
}
