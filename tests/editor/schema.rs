//! The published schemas and the program agree: what `tcpw apply` reads is what the one schema
//! accepts, whatever is done to a list; and what it answers is what the other one describes.

use super::sandbox::Sandbox;
use crate::proof;
use serde_json::{Map, Value, json};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Mutex;

/// Says of each document whether the schema accepts it; the installed library decides.
const JUDGE: &str = "
import json, jsonschema, sys
schema, documents = json.load(open(sys.argv[1])), json.load(sys.stdin)
kind = jsonschema.Draft202012Validator
kind.check_schema(schema)
validator = kind(schema)
print(json.dumps([[error.message for error in validator.iter_errors(one)] for one in documents]))
";
/// Words of every refusal by the reader, and of nothing else.
const REFUSAL: &str = "`tcpw apply --schema rules` says all of it";
/// As many runs at once.
const AT_ONCE: usize = 4;

/// The faults of each document before the schema `grammar/NAME.schema.json`.
fn faults(name: &str, documents: &[Value]) -> Vec<Vec<String>> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut child = Command::new("/usr/bin/python3")
        .args(["-c", JUDGE])
        .arg(root.join(format!("grammar/{name}.schema.json")))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("python3 with jsonschema");
    let text = serde_json::to_vec(documents).unwrap();
    child.stdin.take().unwrap().write_all(&text).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success());
    serde_json::from_slice(&output.stdout).unwrap()
}

/// Whether the program reads each document; whether it would write its rules is another question.
fn read(texts: &[String]) -> Vec<bool> {
    let answers = Mutex::new(vec![None; texts.len()]);
    let size = texts.len().div_ceil(AT_ONCE);
    std::thread::scope(|scope| {
        for (part, texts) in texts.chunks(size).enumerate() {
            let answers = &answers;
            scope.spawn(move || {
                let sandbox = Sandbox::new("", "");
                for (at, text) in texts.iter().enumerate() {
                    std::fs::write(sandbox.path("list"), text).unwrap();
                    let path = sandbox.path("list");
                    let ran = sandbox.run(&["apply", "--check", path.to_str().unwrap()]);
                    let is_refused = ran.err.contains(REFUSAL);
                    assert!(!is_refused || ran.code == Some(2), "{text}: {}", ran.err);
                    answers.lock().unwrap()[part * size + at] = Some(!is_refused);
                }
            });
        }
    });
    let answers = answers.into_inner().unwrap();
    answers.into_iter().map(Option::unwrap).collect()
}

fn minimal() -> Map<String, Value> {
    let rule = json!({"table": "allow", "daemons": "sshd", "clients": "10.1.2.3"});
    rule.as_object().unwrap().clone()
}

/// All that `tcpw list` says of a rule.
fn full() -> Map<String, Value> {
    let sandbox = Sandbox::new("", "");
    let name = [
        "allow", "10.1.2.3", "--for", "24h", "--by", "ann", "--reason", "a visit",
    ];
    assert_eq!(sandbox.run(&name).code, Some(0));
    let list = sandbox.run(&["list", "--format", "json"]).out;
    let mut rule: Map<String, Value> = serde_json::from_str(&list).unwrap();
    rule.insert("follow".to_owned(), json!("home.example.org"));
    rule.insert("resolved".to_owned(), json!({"ttl": 60}));
    rule
}

/// What is put in the place of each value.
fn values() -> Vec<Value> {
    let mut values = vec![
        json!(null),
        json!(true),
        json!(0),
        json!(-1),
        json!(1.5),
        json!([]),
        json!({}),
        json!(["sshd"]),
    ];
    let texts = [
        "",
        "x",
        "allow",
        "deny",
        "ALLOW",
        "allow ",
        "undecided",
        "2026-11-23T19:30:00Z",
        "2026-13-01T00:00:00Z",
        "2026-00-01T00:00:00Z",
        "2026-04-31T00:00:00Z",
        "2026-01-00T00:00:00Z",
        "2026-02-29T00:00:00Z",
        "2028-02-29T00:00:00Z",
        "2100-02-29T00:00:00Z",
        "2000-02-29T00:00:00Z",
        "0000-02-29T00:00:00Z",
        "2026-11-23T24:00:00Z",
        "2026-11-23T19:60:00Z",
        "2026-11-23T19:30:60Z",
        "2026-11-23T19:30:61Z",
        "2026-11-23T19:30:00+00:00",
        "2026-11-23t19:30:00Z",
        "2026-11-23T19:30:00z",
        "2026-11-23T19:30:00.5Z",
        "2026-11-23T19:30Z",
        "2026-11-23 19:30:00Z",
        "2026-11-23T19:30:00Z\n",
        " 2026-11-23T19:30:00Z",
        "12026-11-23T19:30:00Z",
        "2026-1-23T19:30:00Z",
        "tomorrow",
    ];
    values.extend(texts.map(|text| json!(text)));
    values
}

/// Each rule with one thing changed.
fn mutated(rule: &Map<String, Value>) -> Vec<Value> {
    let mut found = vec![Value::Object(rule.clone())];
    let mut with = |change: &dyn Fn(&mut Map<String, Value>)| {
        let mut rule = rule.clone();
        change(&mut rule);
        found.push(Value::Object(rule));
    };
    for key in rule.keys() {
        with(&|rule| drop(rule.remove(key)));
        with(&|rule| {
            let value = rule.remove(key).unwrap();
            rule.insert(key.to_uppercase(), value);
        });
        let is_long = ["table", "until"].contains(&key.as_str());
        let most = if is_long { usize::MAX } else { 12 };
        for value in values().iter().take(most) {
            with(&|rule| drop(rule.insert(key.clone(), value.clone())));
        }
    }
    for key in [
        "option", "daemon", "client", "until ", "comment", "rule", "", "$schema",
    ] {
        with(&|rule| drop(rule.insert(key.to_owned(), json!("x"))));
    }
    found
}

/// Each table of the fixtures with the one that belongs to it, as `tcpw list` prints their rules.
fn listed() -> Vec<String> {
    let mut places = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures")];
    let mut tables: Vec<PathBuf> = Vec::new();
    while let Some(place) = places.pop() {
        if place.is_dir() {
            let inside = std::fs::read_dir(&place).unwrap();
            places.extend(inside.map(|entry| entry.unwrap().path()));
        } else if place.extension().is_some_and(|ending| ending == "allow")
            && !place.ends_with("good.allow")
            && !place.ends_with("fixed.allow")
        {
            tables.push(place);
        }
    }
    let sandbox = Sandbox::new("", "");
    let mut lists = Vec::new();
    for allow in tables {
        let deny = std::fs::read(allow.with_extension("deny")).unwrap_or_default();
        std::fs::write(sandbox.path("etc/hosts.deny"), deny).unwrap();
        std::fs::copy(&allow, sandbox.path("etc/hosts.allow")).unwrap();
        let ran = sandbox.run(&["list", "--format", "json"]);
        assert_eq!(ran.code, Some(0), "{}: {}", allow.display(), ran.err);
        if !lists.contains(&ran.out) {
            lists.push(ran.out);
        }
    }
    lists
}

#[test]
fn the_reader_and_the_schema_accept_the_same_lists() {
    let (minimal, full) = (minimal(), full());
    let mut documents = [mutated(&minimal), mutated(&full)].concat();
    let rule = Value::Object(minimal);
    documents.extend([
        json!([]),
        json!([rule, rule]),
        json!([rule, {}]),
        json!([rule, 1]),
        json!([[rule]]),
        json!(null),
        json!(1),
        json!("sshd: ALL"),
        json!(true),
        json!({}),
        json!({"rules": [rule]}),
        json!([full]),
    ]);
    let mut texts: Vec<String> = documents.iter().map(Value::to_string).collect();
    // In more than one line, too.
    let pretty = documents
        .iter()
        .take(3)
        .map(|one| serde_json::to_string_pretty(one).unwrap());
    texts.extend(pretty.collect::<Vec<_>>());
    documents.extend(documents.iter().take(3).cloned().collect::<Vec<_>>());
    let made = documents.len();
    for list in listed() {
        // One rule a line: to the schema they are an array of them.
        let rules = list.lines().map(|line| serde_json::from_str(line).unwrap());
        documents.push(Value::Array(rules.collect()));
        texts.push(list);
    }
    let by_schema: Vec<bool> = faults("apply", &documents)
        .iter()
        .map(Vec::is_empty)
        .collect();
    let by_program = read(&texts);
    for (text, verdicts) in texts.iter().zip(by_schema.iter().zip(&by_program)) {
        assert_eq!(verdicts.0, verdicts.1, "schema and program of {text}");
    }
    let accepted = by_schema.iter().take(made).filter(|is| **is).count();
    assert!(
        by_schema.iter().skip(made).all(|is| *is),
        "what `tcpw list` prints is read"
    );
    let (refused, lists) = (made - accepted, documents.len() - made);
    assert!(
        accepted > 100 && refused > 100 && lists > 50,
        "{accepted} {refused} {lists}"
    );
    proof::say(&format!(
        "schema: {accepted} lists and those of {lists} fixtures are read, {refused} are refused; the schema \
         says the same, 0 disagreements"
    ));
}

#[test]
fn the_program_prints_the_schemas_as_they_are_published() {
    let sandbox = Sandbox::new("", "");
    for (which, name) in [("rules", "apply"), ("answer", "answer")] {
        let place = format!("{}/grammar/{name}.schema.json", env!("CARGO_MANIFEST_DIR"));
        let ran = sandbox.run(&["apply", "--schema", which]);
        assert_eq!(ran.code, Some(0), "{}", ran.err);
        assert_eq!(ran.out, std::fs::read_to_string(place).unwrap());
    }
    let ran = sandbox.run(&["apply"]);
    assert_eq!(ran.code, Some(2), "{}", ran.out);
}

/// Runs a command with `--format json`; its answer.
fn answer(sandbox: &Sandbox, code: i32, arguments: &[&str]) -> Value {
    let ran = sandbox.run(&[arguments, &["--format", "json"]].concat());
    assert_eq!(
        ran.code,
        Some(code),
        "{arguments:?}: {}{}",
        ran.out,
        ran.err
    );
    serde_json::from_str(&ran.out).unwrap_or_else(|error| panic!("{error}: {}", ran.out))
}

/// Each answer is as the schema says.
fn assert_described(answers: &[Value]) {
    for (fault, one) in faults("answer", answers).iter().zip(answers) {
        assert!(fault.is_empty(), "{fault:?}: {one}");
    }
}

#[test]
fn an_answer_tells_who_gains_and_loses() {
    let sandbox = Sandbox::new("sshd: 10.1.2.3\n", "ALL: ALL\n");
    let list = sandbox.path("list");
    let wish = r#"{"table":"allow","daemons":"sshd","clients":"0.0.0.1 10.9.9.9 KNOWN@10.8.8.8"}
                  {"table":"deny","daemons":"ALL","clients":"ALL"}"#;
    std::fs::write(&list, wish).unwrap();
    let list = list.to_str().unwrap();
    let shown = answer(&sandbox, 1, &["apply", list, "--check"]);
    assert_eq!(sandbox.tables().0, "sshd: 10.1.2.3\n");
    assert_eq!(shown["changed"], true);
    assert_eq!(shown["written"], false);
    assert_eq!(shown["change"], Value::Null);
    let first = &shown["lost"][0];
    assert_eq!(first["clients"]["network"], "10.1.2.3");
    assert_eq!(first["daemon"], "sshd");
    let rule = json!({"table": "hosts.allow", "line": 1});
    assert_eq!(first["old_rule"], rule);
    let gained = shown["gained"].to_string();
    assert!(gained.contains("10.9.9.9"), "{gained}");
    assert!(!gained.contains("10.1.2.3"), "{gained}");
    let diff = shown["diff"].as_str().unwrap();
    assert!(diff.contains("\n-sshd: 10.1.2.3\n"), "{diff}");
    let made = answer(&sandbox, 0, &["apply", list]);
    for key in ["changed", "diff", "gained", "lost", "unknown"] {
        assert_eq!(made[key], shown[key], "{key}");
    }
    assert_eq!(made["written"], true);
    assert_eq!(made["change"], 1);
    let again = answer(&sandbox, 0, &["apply", list]);
    assert_eq!(again["changed"], false);
    assert_eq!(again["diff"], "");
    let checked = answer(&sandbox, 0, &["apply", list, "--check"]);
    assert_described(&[shown, made, again, checked]);
}

#[test]
fn an_answer_says_what_confirms_and_what_is_wrong() {
    let sandbox = Sandbox::new("ALL: 0.0.0.1\n", "ALL: ALL\n");
    std::fs::create_dir(sandbox.path("tables")).unwrap();
    let tables = sandbox.path("tables");
    let mistake = "ALL: 0.0.0.1\nsshd: 10.9.9.9/24\n";
    std::fs::write(tables.join("hosts.allow"), mistake).unwrap();
    let tables = tables.to_str().unwrap();
    let waiting = answer(&sandbox, 0, &["apply", tables, "--confirm-within", "60s"]);
    assert!(waiting["notes"].to_string().contains("TW301"), "{waiting}");
    let word = waiting["confirm"]["word"].as_str().unwrap();
    assert_eq!(sandbox.run(&["confirm", word]).code, Some(0));
    assert_described(&[waiting]);
}

#[test]
fn an_answer_about_alerts_says_what_else_is_done() {
    let sandbox = Sandbox::new("ALL: 0.0.0.1\n", "ALL: ALL\n");
    let install = &["install-alert", "--cron"][..];
    let preview = &["install-alert", "--cron", "-n"][..];
    let dry = answer(&sandbox, 0, preview);
    let pending = dry["pending"].to_string();
    assert!(pending.contains("/etc/cron.d/tcpw differs"), "{dry}");
    let done = answer(&sandbox, 0, install);
    assert!(
        done["done"].to_string().contains("/etc/cron.d/tcpw"),
        "{done}"
    );
    let mut answers = vec![dry, done];
    for arguments in [install, preview] {
        let nothing = answer(&sandbox, 0, arguments);
        assert_eq!(nothing["changed"], false, "{nothing}");
        assert_eq!(nothing["done"], json!([]));
        answers.push(nothing);
    }
    for is_changed in [true, false] {
        for dry in [&["-n"][..], &[]] {
            let removed = answer(&sandbox, 0, &[&["remove-alert", "--cron"], dry].concat());
            assert_eq!(removed["changed"], is_changed, "{removed}");
            answers.push(removed);
        }
    }
    assert_described(&answers);
}

#[test]
fn rules_are_added_above_those_that_stay() {
    let allow = "# ours\nsshd: 10.1.2.3\nALL: 10.0.0.9 : deny\n";
    let sandbox = Sandbox::new(allow, "ALL: ALL\n");
    let list = sandbox.path("list");
    let rule = r#"{"table":"allow","daemons":"sshd","clients":"10.0.0.9"}
                  {"table":"deny","daemons":"ALL","clients":"ALL"}"#;
    std::fs::write(&list, rule).unwrap();
    let list = list.to_str().unwrap();
    let made = answer(&sandbox, 0, &["apply", list, "--keep-others", "--force"]);
    assert_eq!(
        made["gained"][0]["clients"]["network"], "10.0.0.9",
        "{made}"
    );
    assert_eq!(made["lost"], json!([]));
    let new = "# ours\nsshd: 10.0.0.9\nsshd: 10.1.2.3\nALL: 10.0.0.9 : deny\n";
    assert_eq!(sandbox.tables(), (new.to_owned(), "ALL: ALL\n".to_owned()));
    let again = answer(&sandbox, 0, &["apply", list, "--keep-others", "--force"]);
    assert_eq!(again["changed"], false);
    // None at all is not a wish to remove them.
    std::fs::write(list, "[]").unwrap();
    let none = answer(&sandbox, 0, &["apply", list, "--keep-others", "--force"]);
    assert_eq!(none["changed"], false);
    // The same rule twice is a wish for two.
    std::fs::write(list, format!("{rule}\n{rule}")).unwrap();
    let twice = answer(
        &sandbox,
        1,
        &["apply", list, "--keep-others", "--check", "--force"],
    );
    let added = twice["diff"]
        .as_str()
        .unwrap()
        .lines()
        .filter(|line| line.starts_with('+'));
    assert_eq!(added.count(), 4, "{twice}");
    let ran = sandbox.run(&[
        "apply",
        sandbox.path("etc").to_str().unwrap(),
        "--keep-others",
    ]);
    assert_eq!(ran.code, Some(2));
    assert!(ran.err.contains("taken byte for byte"), "{}", ran.err);
}
