//! Compiled tables.

use super::{Stage, run};
use crate::proof::say;
use std::path::Path;
use std::process::Command;

#[test]
fn compiled_tables_decide_alike() {
    let stage = Stage::new();
    let built = Path::new(crate::gate::PROGRAM).with_file_name("tcpw");
    assert!(
        built.exists(),
        "cargo build --workspace makes {}",
        built.display()
    );
    let tcpw = stage.place.path().join("tcpw");
    run(Command::new("cp").arg(built).arg(&tcpw));
    let words = [
        stage.gate.as_os_str(),
        stage.probe.as_os_str(),
        tcpw.as_os_str(),
    ];
    let proven = stage.play("/usr/bin/python3", "compiled.py", &words);
    assert_eq!(proven.len(), 2, "{proven:?}");
    for line in &proven {
        say(line);
    }
}
