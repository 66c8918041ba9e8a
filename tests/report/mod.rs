//! `tcpw events` and `tcpw report`: what they show of a journal that is always the same, of none,
//! of old logs; as a letter; and in a browser.

mod browser;
mod events;
mod follow;
mod golden;
mod logs;
mod mail;
mod real_logs;
mod sample;

use std::fs;
use std::path::Path;

/// Compares with the file `golden/NAME`; `TCPW_UPDATE=1` writes it again.
#[track_caller]
fn same(name: &str, text: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/report/golden")
        .join(name);
    if std::env::var_os("TCPW_UPDATE").is_some() {
        fs::write(&path, text).unwrap();
    }
    let wanted = fs::read_to_string(&path).unwrap_or_default();
    assert!(
        wanted == text,
        "{name} is not what was expected: TCPW_UPDATE=1 cargo test report, and look at the difference\n{text}"
    );
}
