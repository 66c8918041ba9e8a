//! The real sshd, whose own tables are empty, and the gate in its PAM.

use super::Stage;
use crate::proof::say;

#[test]
fn logins_are_decided_by_tables_elsewhere() {
    let stage = Stage::new();
    let words = [stage.place.path().as_os_str(), stage.gate.as_os_str()];
    let proven = stage.play("/usr/bin/bash", "login.sh", &words);
    assert_eq!(proven.len(), 4, "{proven:?}");
    for line in &proven {
        say(line);
    }
}
