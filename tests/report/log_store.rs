//! Events in a store of somebody else: the recipes of `docs/log-stores.md`, run by the programs they are for.

use super::real_logs::play;
use crate::{proof, sandbox};
use std::path::PathBuf;

#[test]
fn rsyslog_brings_each_event_to_postgresql_once() {
    let program = PathBuf::from(sandbox::program());
    let (_stage, log) = play("log_store.sh", &[&program]);
    let proven: Vec<&str> = log
        .lines()
        .filter(|line| line.starts_with("log store: "))
        .collect();
    assert_eq!(proven.len(), 1, "{log}");
    for line in proven {
        proof::say(line);
    }
}
