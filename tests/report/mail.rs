//! `tcpw report --mail`: the report is a letter in the queue, and reaches the inbox.

use super::sample::Sample;
use crate::sandbox::Sandbox;
use std::fs;
use std::thread::sleep;
use std::time::{Duration, Instant};

#[test]
fn a_report_is_a_letter_like_any_other() {
    let stage = Sandbox::new().file("etc/tcpw.toml", "[mail]\nto = ['admin@example.org']\n");
    let sample = Sample::empty(stage.path());
    let path = sample.path.clone();
    drop(sample);
    let run = stage.run(&["report", "--mail", "--lang", "ko"]);
    let (out, err, code) = run.output();
    assert_eq!(
        out,
        "queued for admin@example.org; tcpw queue shows whether it waits\n"
    );
    assert!(err.contains("mails are saved as files"), "{err}");
    assert_eq!(code, Some(0));
    let database = rusqlite::Connection::open(&path).unwrap();
    let body: String = database
        .query_row(
            "SELECT body FROM letters WHERE kind = 'report'",
            [],
            |row| row.get(0),
        )
        .unwrap();
    drop(database);
    let body: serde_json::Value = serde_json::from_str(&body).unwrap();
    assert!(body["subject"].as_str().unwrap().contains("보고서"));
    assert!(
        body["text"]
            .as_str()
            .unwrap()
            .contains("경보에 아무 문제가 없습니다.")
    );
    assert!(
        body["html"]
            .as_str()
            .unwrap()
            .starts_with("<!DOCTYPE html>")
    );
    let stage = run.unchecked();
    let inbox = stage.path().join("var/lib/tcpw/mail");
    let begin = Instant::now();
    while fs::read_dir(&inbox).map_or(0, Iterator::count) == 0 {
        assert!(begin.elapsed() < Duration::from_secs(20), "no mail");
        sleep(Duration::from_millis(20));
    }
}
