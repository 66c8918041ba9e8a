//! What `tcpw lint` says about tables for other builds of libwrap: in `fixtures/dialects`, each
//! folder has tables, the dialect in `arguments`, and exactly what is printed.

use super::super::{Stage, name_of};
use std::path::{Path, PathBuf};

fn folders() -> Vec<PathBuf> {
    let place = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/dialects");
    let entries = std::fs::read_dir(place).unwrap();
    let mut folders: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
    folders.sort();
    folders
}

#[test]
fn each_build_gets_the_findings_that_are_true_of_it() {
    let folders = folders();
    assert!(folders.len() >= 10, "{folders:?}");
    for folder in folders {
        let output = Stage::of(&folder).lint("bad", &[]);
        let printed = String::from_utf8(output.stdout).unwrap();
        if std::env::var_os("TCPW_UPDATE").is_some() {
            std::fs::write(folder.join("expected.txt"), &printed).unwrap();
        }
        let expected = std::fs::read_to_string(folder.join("expected.txt")).unwrap();
        assert_eq!(printed, expected, "{}", name_of(&folder));
    }
}
