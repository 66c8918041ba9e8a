//! Real daemons, whose own tables are empty or not asked: the gate in their PAM, or before them.

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

#[test]
fn vsftpd_and_dovecot_serve_whom_tables_elsewhere_list() {
    for script in ["ftp.py", "imap.py"] {
        let stage = Stage::new();
        let words = [stage.gate.as_os_str()];
        let proven = stage.play("/usr/bin/python3", script, &words);
        assert_eq!(proven.len(), 1, "{proven:?}");
        for line in &proven {
            say(line);
        }
    }
}
