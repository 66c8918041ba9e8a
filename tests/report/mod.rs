//! `tcpw events` and `tcpw report`: what they show of a journal that is always the same, of none,
//! of old logs; as a letter; and in a browser.

mod browser;
mod events;
mod follow;
mod golden;
mod log_store;
mod logs;
mod mail;
mod real_logs;
mod sample;

use crate::sandbox::assert_golden;

/// Compares with the file `golden/NAME`.
#[track_caller]
fn same(name: &str, text: &str) {
    assert_golden("report", name, text);
}
