//! Who is not root sees what the rights allow and says what is missing; the group of `[status]` sees
//! what root has kept, and nothing else is opened to it.

use super::stage::{Ran, Stage};
use crate::proof;
use crate::sandbox::copy_program;
use std::fs::{self, Permissions};
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, chown};
use std::path::Path;

const UID: u32 = 47_310;
const GROUP: u32 = 47_320;
const OTHERS: u32 = 47_330;

/// A machine with a group for the status, which other users may look into as far as it lets them.
fn machine() -> Stage {
    let stage = Stage::with_journal();
    fs::set_permissions(stage.path(""), Permissions::from_mode(0o755)).unwrap();
    stage.write(
        "etc/group",
        &format!("root:x:0:\nwatch:x:{GROUP}:\n"),
        0o644,
    );
    let text = fs::read_to_string(stage.path("etc/tcpw.toml")).unwrap();
    let text = format!("{text}[status]\ngroup = 'watch'\n");
    stage.write("etc/tcpw.toml", &text, 0o600);
    copy_program(env!("CARGO_BIN_EXE_tcpw"), &stage.path("tcpw"));
    stage
}

/// A run as another user with this group.
fn as_user(stage: &Stage, group: u32, args: &[&str]) -> Ran {
    let mut command = std::process::Command::new("setpriv");
    command
        .args([
            format!("--reuid={UID}"),
            format!("--regid={group}"),
            "--clear-groups".to_owned(),
        ])
        .arg(stage.path("tcpw"))
        .arg("--root")
        .arg(stage.path(""))
        .args(args)
        .env_clear()
        .envs([
            ("NO_COLOR", "1"),
            ("TZ", "UTC"),
            ("COLUMNS", "80"),
            ("HOME", "/nonexistent"),
        ])
        .env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin")
        .current_dir("/");
    Stage::ran(&mut command)
}

fn mode(path: &Path) -> (u32, u32, u32) {
    let found = fs::metadata(path).unwrap();
    (found.uid(), found.gid(), found.mode() & 0o7777)
}

#[test]
fn another_user_is_told_what_he_may_not_see() {
    assert!(nix::unistd::geteuid().is_root(), "needs root");
    let stage = machine();
    let ran = as_user(&stage, OTHERS, &["status"]);
    ran.says(
        2,
        &[
            "Access closed: sshd from 198.51.100.7; all others refused",
            "Mail cannot read the configuration: ",
            "Clients cannot read the configuration: ",
            "Pending cannot read ",
            "Permission denied",
            "root sees the rest",
        ],
    );
    assert!(!ran.out.contains("none"), "{}", ran.out);
    as_user(&stage, OTHERS, &["status", "--save"]).says(2, &["cannot read"]);
    // A list of clients that only root may read is not an empty one.
    stage.write("etc/partners", "10.1.2.3\n", 0o600);
    stage.write("etc/hosts.allow", "sshd: /etc/partners\n", 0o644);
    let ran = as_user(&stage, OTHERS, &["status"]);
    ran.says(
        2,
        &["Access cannot read", "/etc/partners: Permission denied"],
    );
    stage
        .run(&["status"])
        .says(0, &["closed: sshd from 10.1.2.3"]);
}

#[test]
fn the_group_sees_what_root_has_kept_and_how_old_it_is() {
    assert!(nix::unistd::geteuid().is_root(), "needs root");
    let stage = machine();
    let journal = stage.path("var/lib/tcpw/journal.db");
    let before = [mode(&journal), mode(&stage.path("etc/tcpw.toml"))];
    stage.run(&["status", "--save"]).says(0, &[]);
    let saved = stage.path("run/tcpw/status.json");
    assert_eq!(mode(&saved), (0, GROUP, 0o640));
    let ran = as_user(&stage, GROUP, &["status"]);
    ran.says(
        0,
        &[
            "As root saw it at",
            "Access closed: sshd from 198.51.100.7; all others refused",
            "Mail mail.example.org:587 ok, last sent",
            "Clients 1 refused today, last 192.0.2.7 sshd",
            "Pending none",
            "Problems none",
        ],
    );
    as_user(&stage, GROUP, &["status", "--format", "nagios"]).says(0, &["TCPW OK - closed"]);
    // It is about these files, and about no others.
    stage.write("own/allow", "ALL: ALL\n", 0o644);
    stage.write("own/deny", "", 0o644);
    let own = stage.path("own").display().to_string();
    let (allow, deny) = (format!("{own}/allow"), format!("{own}/deny"));
    let tables = ["--allow-file", &allow, "--deny-file", &deny, "status"];
    let ran = as_user(&stage, GROUP, &tables);
    assert!(ran.out.contains("Access    open"), "{}", ran.out);
    assert!(!ran.out.contains("As root saw it"), "{}", ran.out);
    // Others do not get it, and nothing else was opened.
    as_user(&stage, OTHERS, &["status"]).says(2, &["cannot read"]);
    let after = [mode(&journal), mode(&stage.path("etc/tcpw.toml"))];
    assert_eq!(before, after);
    let text = fs::read_to_string(&saved).unwrap();
    assert!(!text.contains("password"), "{text}");

    // A problem that root saw is one for the group, too.
    stage.notify("192.0.2.9");
    stage.run(&["status", "--save"]).says(0, &[]);
    as_user(&stage, GROUP, &["status"]).says(1, &["alerts that wait in"]);

    // One that nobody writes any more is old.
    let text = fs::read_to_string(&saved).unwrap();
    let time = serde_json::from_str::<serde_json::Value>(&text).unwrap()["time"].to_string();
    fs::write(
        &saved,
        text.replace(time.trim_matches('"'), "2026-01-31T12:00:00Z"),
    )
    .unwrap();
    let ran = as_user(&stage, GROUP, &["status"]);
    ran.says(
        1,
        &[
            "is of 2026-01-31 12:00 +00:00: nobody has looked since",
            "days ago",
        ],
    );
    let json = as_user(&stage, GROUP, &["status", "--format", "json"]);
    assert!(json.out.contains("\"problem\":\"stale\""), "{}", json.out);
    proof::say(
        "status: the group of [status] sees what root keeps, mode 0640; the journal and the configuration stay closed",
    );
}

#[test]
fn a_status_that_root_has_not_written_is_not_believed() {
    assert!(nix::unistd::geteuid().is_root(), "needs root");
    let stage = machine();
    stage.run(&["status", "--save"]).says(0, &[]);
    let saved = stage.path("run/tcpw/status.json");
    let spoils: [fn(&Path); 4] = [
        |path| chown(path, Some(UID), None).unwrap(),
        |path| fs::set_permissions(path, Permissions::from_mode(0o666)).unwrap(),
        |path| fs::write(path, "{}").unwrap(),
        |path| {
            let directory = path.parent().unwrap();
            fs::set_permissions(directory, Permissions::from_mode(0o777)).unwrap();
        },
    ];
    for spoil in spoils {
        stage.run(&["status", "--save"]).says(0, &[]);
        spoil(&saved);
        let ran = as_user(&stage, GROUP, &["status"]);
        ran.says(2, &["cannot read"]);
        assert!(!ran.out.contains("As root saw it"), "{}", ran.out);
    }
}

#[test]
fn keeping_it_needs_a_group_that_is_there() {
    let stage = Stage::well();
    stage
        .run(&["status", "--save"])
        .says(2, &["names no group that may see the status"]);
    stage.write("etc/tcpw.toml", "[status]\ngroup = 'nobody-here'\n", 0o600);
    stage
        .run(&["status", "--save"])
        .says(2, &["there is no group nobody-here"]);
    assert!(!stage.path("run/tcpw/status.json").exists());
}
