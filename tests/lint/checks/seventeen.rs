//! A pair of tables with seventeen mistakes: Debian's own checker says nothing, `tcpw lint` finds
//! each of them.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

/// The mistakes, in the order of the files.
const MISTAKES: [&str; 17] = [
    "TW401", "TW301", "TW309", "TW310", "TW204", "TW110", "TW108", "TW104", "TW203", "TW501",
    "TW504", "TW503", "TW311", "TW302", "TW314", "TW202", "TW101",
];

fn folder() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/seventeen-mistakes")
}

#[test]
fn the_checker_of_debian_says_nothing() {
    let output = Command::new("/usr/sbin/tcpdchk")
        .arg("-d")
        .current_dir(folder())
        .env_clear()
        .output()
        .expect("tcpdchk of the package tcpd");
    assert_eq!(output.stdout, b"");
    assert_eq!(output.stderr, b"");
    assert_eq!(output.status.code(), Some(0));
}

#[test]
fn every_mistake_is_found() {
    let output = super::super::lint(
        &folder(),
        &[],
        &["hosts.allow".to_owned(), "hosts.deny".to_owned()],
    );
    let printed = String::from_utf8(output.stdout).unwrap();
    let path = folder().join("expected.txt");
    if std::env::var_os("TCPW_UPDATE").is_some() {
        std::fs::write(&path, &printed).unwrap();
    }
    assert_eq!(printed, std::fs::read_to_string(&path).unwrap());
    assert_eq!(output.status.code(), Some(1));
    let found: BTreeSet<_> = MISTAKES
        .into_iter()
        .filter(|code| {
            // A service of sslh may be called `ssh`.
            let severity = if *code == "TW401" { "warning" } else { "error" };
            printed.contains(&format!(": {severity}[{code}]"))
        })
        .collect();
    assert_eq!(found.len(), MISTAKES.len(), "{found:?}");
}
