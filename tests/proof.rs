//! What a run proved, said where a captured test would be silent: on standard error, and in a file
//! that `tests/run` repeats at the end.

use std::fs::OpenOptions;
use std::io::{self, Write as _};
use std::path::Path;

/// Says `line` now, and once more in the summary of the run.
pub(crate) fn say(line: &str) {
    let place = Path::new(env!("CARGO_TARGET_TMPDIR")).join("proven.txt");
    let text = format!("{line}\n");
    io::stderr().write_all(text.as_bytes()).unwrap();
    OpenOptions::new()
        .create(true)
        .append(true)
        .open(place)
        .and_then(|mut file| file.write_all(text.as_bytes()))
        .unwrap();
}

/// What `tests/run` looks for is written for a grep without options: `+` is a plus sign there.
#[test]
fn patterns_are_those_of_grep() {
    for pattern in include_str!("proven.txt").lines() {
        assert!(!pattern.contains("]+"), "{pattern}");
    }
}
