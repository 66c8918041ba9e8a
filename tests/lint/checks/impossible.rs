//! Words that are said to be impossible, and all names that glibc returns, before the real libwrap.

use super::words::report;
use crate::engine::{Oracle, Tables as Files};
use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use std::collections::BTreeSet;
use std::io::Write as _;
use std::process::{Command, Stdio};
use tcpw::engine::TableName;

/// Asks glibc which of these names it would return from DNS.
fn accepted(names: &[String]) -> Vec<bool> {
    let source = "#include <resolv.h>\n#include <stdio.h>\n#include <string.h>\n\
        int main(void) { char line[1024]; while (fgets(line, sizeof line, stdin)) {\n\
        line[strcspn(line, \"\\n\")] = 0; putchar(res_hnok(line) ? '1' : '0'); } }\n";
    let directory = tempfile::tempdir().unwrap();
    let (file, program) = (directory.path().join("a.c"), directory.path().join("a"));
    std::fs::write(&file, source).unwrap();
    let compiler = Command::new("cc")
        .arg("-o")
        .arg(&program)
        .arg(&file)
        .arg("-lresolv")
        .status();
    assert!(compiler.unwrap().success());
    let mut child = Command::new(&program)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let text = names.join("\n") + "\n";
    let mut stdin = child.stdin.take().unwrap();
    let writer = std::thread::spawn(move || stdin.write_all(text.as_bytes()).unwrap());
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap();
    assert_eq!(output.stdout.len(), names.len());
    output.stdout.iter().map(|byte| *byte == b'1').collect()
}

/// Words as recipes have them, and worse ones.
fn word() -> impl Strategy<Value = String> {
    let piece = prop::sample::select(vec![
        "192.0.2.7",
        "192.0.2.",
        ".example.org",
        "host",
        "a_b",
        "-",
        "*",
        "?",
        ";",
        "|",
        "\"",
        "'",
        "“",
        "，",
        "、",
        "\u{3000}",
        "\u{a0}",
        "\u{200b}",
        "Ａ",
        "ü",
        "<",
        ">",
        "{",
        "}",
        "(",
        ")",
        "$IP",
        "{{",
        "}}",
        "%",
        "+",
        "&",
        "~",
        "=",
        "^",
        "!",
        "ALL",
        "x",
        "10.",
        "/24",
        "_",
        "é",
        "[",
        "]",
        "1-5",
        "@",
        "\\",
        "IP",
        "your",
    ]);
    prop::collection::vec(piece, 1..6).prop_map(|pieces| pieces.concat())
}

/// Names that come as close to a word as names can.
fn near(word: &str) -> BTreeSet<String> {
    let kept: String = word
        .chars()
        .filter(|c| c.is_ascii_alphanumeric() || "._-".contains(*c))
        .collect();
    let mut names: BTreeSet<String> = [
        "host.example.org",
        "a",
        "unknown.example",
        "x.y",
        "IP",
        "192.0.2.7",
    ]
    .map(str::to_owned)
    .into();
    names.insert(word.to_owned());
    names.insert(word.trim_matches(['"', '\'', ';', '<', '>']).to_owned());
    names.insert(format!("a{word}"));
    names.insert(format!("{word}a"));
    names.insert(word.replace(['*', '?'], "a"));
    names.insert(kept.clone());
    names.insert(format!("a{kept}"));
    names.insert(format!("{kept}.example.org"));
    names.insert(word.split(|c: char| !c.is_ascii_alphanumeric()).collect());
    names.retain(|name| !name.is_empty() && name.len() < 120 && !name.contains(['\t', '\n']));
    names
}

/// As many words as are tried; `TCPW_WORDS` sets another number.
fn cases() -> u32 {
    let cases = std::env::var("TCPW_WORDS").ok();
    cases.and_then(|cases| cases.parse().ok()).unwrap_or(300)
}

#[test]
fn no_client_that_glibc_names_bears_a_word_that_is_said_to_be_impossible() {
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let strategy = prop::collection::vec(word(), 1..4);
    let directory = tempfile::tempdir().unwrap();
    let files = Files::within(directory.path());
    let mut oracle = Oracle::start();
    let mut words = BTreeSet::new();
    for _ in 0..cases() {
        let line = strategy.new_tree(&mut runner).unwrap().current().join(" ");
        let line = format!("sshd: {line}\n");
        for finding in report(&line, "ALL: ALL\n").findings {
            let is_meant = ["TW315", "TW328"].contains(&finding.diagnostic.code);
            if is_meant && finding.table == TableName::Allow {
                let span = finding.diagnostic.span;
                words.insert(String::from_utf8_lossy(span.of(line.as_bytes())).into_owned());
            }
        }
    }
    assert!(words.len() > 50, "{} words", words.len());
    let names: Vec<(String, String)> = words
        .iter()
        .flat_map(|word| near(word).into_iter().map(|name| (word.clone(), name)))
        .collect();
    let only: Vec<String> = names.iter().map(|(_, name)| name.clone()).collect();
    let accepted = accepted(&only);
    let mut asked = 0;
    std::fs::write(&files.deny, "ALL: ALL\n").unwrap();
    let mut pairs = names.iter().zip(accepted).filter(|(_, is_name)| *is_name);
    let mut pending: Vec<(&String, &String)> = Vec::new();
    pending.extend(pairs.by_ref().map(|((word, name), _)| (word, name)));
    for word in &words {
        std::fs::write(&files.allow, format!("sshd: {word}\n")).unwrap();
        let queries: Vec<Vec<u8>> = pending
            .iter()
            .filter(|(other, _)| *other == word)
            .flat_map(|(_, name)| {
                ["192.0.2.7", "10.1.2.3", "2001:db8::1"]
                    .map(|address| format!("sshd\t{address}\t{name}").into_bytes())
            })
            .collect();
        for (answer, query) in oracle.ask(&files, &queries).iter().zip(&queries) {
            let query = String::from_utf8_lossy(query);
            assert!(
                answer.text.starts_with("denied"),
                "{word}: {query}: {}",
                answer.text
            );
            asked += 1;
        }
    }
    assert!(asked > 1000, "{asked} questions only");
}
