//! Events in a store of somebody else: the recipes of `docs/log-stores.md`, run by the programs they are for, and
//! the journal of systemd.

use super::real_logs::play;
use crate::{proof, sandbox};
use std::path::PathBuf;

/// Plays a script, which must prove so many things.
fn prove(script: &str, things: usize) {
    let program = PathBuf::from(sandbox::program());
    let (_stage, log) = play(script, &[&program]);
    let proven: Vec<&str> = log
        .lines()
        .filter(|line| line.starts_with("log store: "))
        .collect();
    assert_eq!(proven.len(), things, "{log}");
    for line in proven {
        proof::say(line);
    }
}

#[test]
fn rsyslog_brings_each_event_to_postgresql_once() {
    prove("log_store.sh", 2);
}

#[test]
fn journald_has_the_fields_of_each_event_and_no_field_of_a_client() {
    prove("journald.sh", 1);
}
