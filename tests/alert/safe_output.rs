//! Nothing comes out that a terminal would obey, wherever a value comes from.

use super::stage::{Ran, Stage};
use std::ffi::{OsStr, OsString};
use std::fmt::Write as _;
use std::fs;

/// What clears a screen, sets a title, writes over the line, and turns text around.
const HOSTILE: &str = "\u{1b}[2J\u{1b}]0;owned\u{7}\r\u{9b}1m\u{202e}\u{600}";

#[track_caller]
fn is_safe(ran: &Ran, what: &str) {
    for text in [&ran.out, &ran.err] {
        let raw = text.chars().find(|&c| {
            let is_layout = c == '\n' || c == '\t';
            c.is_control() && !is_layout || c == '\u{202e}' || c == '\u{600}'
        });
        assert_eq!(raw, None, "{what}: {text:?}");
    }
    assert!(!ran.err.contains("panicked"), "{what}: {}", ran.err);
}

/// Text as it is written between the quotes of TOML and JSON.
fn quoted(text: &str) -> String {
    let mut out = String::new();
    for c in text.chars() {
        write!(out, "\\u{:04x}", u32::from(c)).unwrap();
    }
    out
}

#[test]
fn a_configuration_cannot_talk_to_the_terminal() {
    let key = quoted(HOSTILE);
    for text in [
        format!("\"{key}\" = 1\n"),
        format!("\"a\\nb{key}\" = 1\n"),
        format!("[mail]\n\"{key}\" = 1\n"),
        format!("[mail]\nto = \"{key}@x\"\n"),
        format!("[mail]\ntransport = \"{key}\"\n"),
        format!("[mail]\ntext_template = \"x{key}\"\n"),
        format!("[alert]\nmute = [\"{key}\"]\n"),
        format!("[[alert.webhook]]\nname = \"w\"\nurl = \"{key}\"\n"),
        format!(
            "[[alert.webhook]]\nname = \"w\"\nurl = \"https://a.b/\"\n[alert.webhook.headers]\n\"{key}\" = 1\n"
        ),
        // Not TOML at all: the line is shown.
        format!("a = {HOSTILE}\n"),
        format!("{HOSTILE} = 1\n"),
    ] {
        let stage = Stage::configured(&text);
        for args in [["mail", "test"], ["queue", "list"], ["lint", "--lines=all"]] {
            is_safe(&stage.run(&args), &text);
        }
        let ran = stage.run(&["mail", "test"]);
        assert_eq!(ran.code, 2, "{text}");
        let lines = ran.err.lines().filter(|line| line.starts_with("tcpw: "));
        assert_eq!(lines.count(), 1, "{}", ran.err);
    }
}

#[test]
fn an_unknown_key_stays_on_its_line() {
    let ran = Stage::configured("\"a\\ntcpw: forged\" = 1\n").run(&["mail", "test"]);
    ran.says(2, &["unknown key `a\\ntcpw: forged`"]);
    assert_eq!(ran.err.lines().count(), 2, "{}", ran.err);
}

#[test]
fn a_path_cannot_talk_to_the_terminal() {
    let stage = Stage::new();
    let absent = stage.path(HOSTILE);
    let table = stage.path(&format!("etc/{HOSTILE}"));
    fs::write(&table, "sshd : a b\\\nALL\n").unwrap();
    let option = |name: &str, path: &OsStr| {
        let mut option = OsString::from(name);
        option.push(path);
        option
    };
    for path in [absent.as_os_str(), table.as_os_str()] {
        let config = option("--config=", path);
        let (allow, deny) = (option("--allow-file=", path), option("--deny-file=", path));
        for verb in [
            "lint",
            "list",
            "fmt",
            "history",
            "queue list",
            "match sshd 192.0.2.7",
            "events",
            "deny sshd 192.0.2.7 --dry-run",
            "lint --color=always",
            "parse",
            "report",
        ] {
            let mut words = vec![config.clone(), allow.clone(), deny.clone()];
            words.extend(verb.split(' ').map(OsString::from));
            if verb == "parse" {
                words.push(path.to_owned());
            }
            let ran = stage.run(&words);
            if !verb.contains("color") {
                is_safe(&ran, verb);
            }
            for sequence in ["[2J", "]0;"] {
                let raw = format!("\u{1b}{sequence}");
                assert!(!ran.out.contains(&raw) && !ran.err.contains(&raw), "{verb}");
            }
        }
    }
}

#[test]
fn a_baseline_and_arguments_cannot_talk_to_the_terminal() {
    let stage = Stage::new();
    let baseline = stage.path("baseline");
    let key = quoted(HOSTILE);
    for text in [
        format!("{{\"version\": 1, \"findings\": [], \"{key}\": 1}}"),
        format!("{{\"version\": \"{key}\"}}"),
        format!("{{\"version\": 1, \"findings\": [{{\"{key}\": 1}}]}}"),
        HOSTILE.to_owned(),
    ] {
        fs::write(&baseline, text).unwrap();
        let mut option = OsString::from("--baseline=");
        option.push(&baseline);
        is_safe(&stage.run(&["lint".into(), option]), "baseline");
    }
    for words in [
        vec![HOSTILE],
        vec!["deny", "sshd", HOSTILE],
        vec!["deny", HOSTILE, "192.0.2.7"],
        vec!["explain", HOSTILE],
        vec!["queue", "show", HOSTILE],
        vec!["lint", "--format", HOSTILE],
        vec!["match", "sshd", HOSTILE],
        vec!["events", "--since", HOSTILE],
    ] {
        let ran = stage.run(&words);
        is_safe(&ran, words[0]);
        assert_eq!(ran.code, 2, "{words:?}: {}", ran.out);
    }
}
