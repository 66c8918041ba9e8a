//! `tcpw-fleet push` as a user of its own, who may read the journal and write nothing beside it.

use super::host::Host;
use super::journal::{NOON, SECOND};
use super::push::many;
use super::run::{good, told};
use super::server::{Server, done};
use std::fs::{self, Permissions};
use std::os::unix::fs::{PermissionsExt as _, chown};
use std::path::Path;
use std::process::Command;
use tcpw::alert::Journal;

/// Who delivers, who sends, and the group that both are in; no account of this machine has them.
const DELIVERER: u32 = 64_001;
const SENDER: u32 = 64_002;
const GROUP: u32 = 64_003;

fn give(path: &Path, user: u32, group: u32, mode: u32) {
    chown(path, Some(user), Some(group)).unwrap();
    fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
}

#[test]
fn the_journal_is_read_at_rest_and_while_it_is_written() {
    let server = Server::start();
    good(&["init", &server.admin()]);
    let host = Host::add(&server, "web17", 1000);
    let folder = host.book.path.parent().unwrap().to_owned();
    let program = host.path("tcpw-fleet");
    fs::copy(env!("CARGO_BIN_EXE_tcpw-fleet"), &program).unwrap();
    give(&host.path(""), 0, 0, 0o755);
    give(&host.path("state"), SENDER, SENDER, 0o755);
    give(&host.path("tcpw.toml"), SENDER, SENDER, 0o600);
    give(&host.path("password"), SENDER, SENDER, 0o600);
    host.book.add(&many(3, NOON, "203.0.113.9"));
    give(&folder, DELIVERER, GROUP, 0o750);
    give(&host.book.path, DELIVERER, GROUP, 0o640);

    let (config, state) = (host.path("tcpw.toml"), host.path("state"));
    let push = || {
        let mut command = Command::new("setpriv");
        command
            .args([
                "--reuid",
                &SENDER.to_string(),
                "--regid",
                &SENDER.to_string(),
            ])
            .args(["--groups", &GROUP.to_string(), "--no-new-privs"])
            .arg(&program)
            .arg("--config")
            .arg(&config)
            .args(["push", "--state"])
            .arg(&state);
        told(&command.output().unwrap())
    };
    let (code, out, err) = push();
    assert_eq!(code, 0, "{out}{err}");
    assert!(out.starts_with("Sent 3 events"), "{out}");

    // The deliverer is at work: what it wrote stands beside the database.
    let open = Journal::open(&host.book.path).unwrap();
    for end in ["-wal", "-shm"] {
        let mut path = host.book.path.clone().into_os_string();
        path.push(end);
        give(Path::new(&path), DELIVERER, GROUP, 0o640);
    }
    host.book.add(&many(4, NOON + 60 * SECOND, "203.0.113.9"));
    let (code, out, err) = push();
    assert_eq!(code, 0, "{out}{err}");
    assert!(out.starts_with("Sent 4 events"), "{out}");
    drop(open);

    let before = done(Command::new("ls").arg("-ln").arg(&folder));
    give(&host.book.path, DELIVERER, GROUP, 0o600);
    let (code, out, err) = push();
    assert_eq!(code, 2, "{out}{err}");
    assert!(err.contains("journal"), "{err}");
    give(&host.book.path, DELIVERER, GROUP, 0o640);
    assert_eq!(done(Command::new("ls").arg("-ln").arg(&folder)), before);
}
