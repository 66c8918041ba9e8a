//! The explanations: one for each code, with examples that are its fixtures.

use super::super::{folders, name_of, tables};
use crate::sandbox::Sandbox;
use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::Path;
use tcpw::escape::visible;
use tcpw::lint::{CHECKS, docs};

/// As many lines, and as many characters of a line, as an example shows of a table.
const LINES: usize = 8;
const WIDTH: usize = 100;

/// The examples of all fixtures, as `docs` reads them.
fn examples() -> String {
    let mut text = String::new();
    for folder in folders() {
        let code = name_of(&folder).split('-').next().unwrap();
        for kind in ["bad", "good"] {
            writeln!(text, "== {code} {kind}").unwrap();
            for file in tables(&folder, kind) {
                let table = file.rsplit('.').next().unwrap();
                writeln!(text, "  hosts.{table}:").unwrap();
                let bytes = std::fs::read(folder.join(&file)).unwrap();
                for line in bytes.split_inclusive(|byte| *byte == b'\n').take(LINES) {
                    let is_ended = line.ends_with(b"\n");
                    let line = visible(line.strip_suffix(b"\n").unwrap_or(line));
                    let mut shown: String = line.chars().take(WIDTH).collect();
                    if shown.len() < line.len() {
                        shown.push('…');
                    }
                    if !is_ended {
                        shown.push_str("(no newline)");
                    }
                    writeln!(text, "    {shown}").unwrap();
                }
            }
        }
    }
    text
}

#[test]
fn the_examples_are_the_fixtures() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/lint/examples.txt");
    let examples = examples();
    if std::env::var_os("TCPW_UPDATE").is_some() {
        std::fs::write(&path, &examples).unwrap();
    }
    let kept = std::fs::read_to_string(&path).unwrap();
    assert!(
        kept == examples,
        "src/lint/examples.txt is out of date: TCPW_UPDATE=1 cargo test codes"
    );
}

#[test]
fn every_code_is_explained_and_nothing_else_is() {
    let explained: BTreeSet<_> = docs::codes().collect();
    let codes: BTreeSet<_> = CHECKS.iter().map(|check| check.code).collect();
    assert_eq!(explained, codes);
}

#[test]
fn explain_prints_what_why_examples_facts_and_how_to_suppress() {
    let run = Sandbox::new().run(&["explain", "tw301"]);
    let text = run.stdout_text().to_owned();
    for part in [
        "TW301 host-bits-set (error; ",
        "Bad:\n  hosts.allow:\n    sshd: 10.1.2.3/24\n",
        "Good:\n  hosts.allow:\n    sshd: 10.1.2.0/24\n",
        "Measured facts: F-V4-06\n  https://github.com/tcpw/tcpw/blob/main/docs/libwrap-facts.md#F-V4-06\n",
        "# tcpw: ignore=TW301 REASON",
    ] {
        assert!(text.contains(part), "{part} is not in\n{text}");
    }
    run.stdout(&text).done();
    Sandbox::new()
        .run(&["explain", "TW000"])
        .stderr("tcpw: there is no code `TW000`\n  help: `tcpw lint --list` lists all codes\n")
        .code(2)
        .done();
}

#[test]
fn the_list_has_a_line_for_each_code() {
    let run = Sandbox::new().run(&["lint", "--list"]);
    let text = run.stdout_text().to_owned();
    let codes: Vec<_> = text.lines().map(|line| &line[..5]).collect();
    let expected: Vec<_> = CHECKS.iter().map(|check| check.code).collect();
    assert_eq!(codes, expected);
    run.stdout(&text).done();
}

/// Text for roff: backslashes and leading dots are its own characters.
fn roff(text: &str) -> String {
    let text = text.replace('\\', "\\e").replace('-', "\\-");
    let line = |line: &str| match line.chars().next() {
        Some('.' | '\'') => format!("\\&{line}"),
        _ => line.to_owned(),
    };
    text.lines().map(line).collect::<Vec<_>>().join("\n")
}

/// The manual page of all codes.
fn page() -> String {
    let mut page = String::from(
        ".\\\" Made from src/lint/checks by a test: TCPW_UPDATE=1 cargo test codes\n\
         .TH tcpw\\-codes 7 \"\" tcpw \"tcpw manual\"\n.SH NAME\n\
         tcpw\\-codes \\- what the codes of tcpw lint mean\n.SH DESCRIPTION\n\
         Each finding of \\fBtcpw\\-lint\\fR(1) has a code, which never changes its meaning. By their \
         first digit: 1 lines, 2 fields and lists, 3 client patterns and list files, 4 daemons, \
         5 options, 6 commands, 7 the policy as a whole, 8 the files themselves. \
         \\fBtcpw explain \\fICODE\\fR also prints an example.\n",
    );
    for check in CHECKS {
        let doc = docs::of(check.code);
        let severity = check.severity.as_str();
        let harm = check.harm.as_str();
        writeln!(
            page,
            ".SS {} {} ({severity}; {harm})",
            check.code,
            roff(check.name)
        )
        .unwrap();
        writeln!(page, "{}\n.PP\n{}", roff(doc.what), roff(doc.why)).unwrap();
    }
    page.push_str(".SH SEE ALSO\n\\fBtcpw\\-lint\\fR(1), \\fBtcpw\\-explain\\fR(1), \\fBhosts_access\\fR(5)\n");
    page
}

#[test]
fn the_page_of_the_codes_is_made_from_their_explanations() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("man/tcpw-codes.7");
    let page = page();
    if std::env::var_os("TCPW_UPDATE").is_some() {
        std::fs::write(&path, &page).unwrap();
    }
    let kept = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        kept == page,
        "man/tcpw-codes.7 is out of date: TCPW_UPDATE=1 cargo test codes"
    );
}
