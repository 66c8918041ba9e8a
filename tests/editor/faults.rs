//! Faults of the file system, and many at once. Those that need a mount run in a mount namespace
//! of their own: as root, or in a user namespace.

use super::sandbox::{Ran, Sandbox, names};
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, symlink};
use std::process::{Command, Stdio};

/// Runs a shell script in a private mount namespace; `$1` is the program, `$2` the sandbox.
fn with_mounts(sandbox: &Sandbox, script: &str) -> Ran {
    let mut command = Command::new("unshare");
    command.arg(if nix::unistd::geteuid().is_root() {
        "-m"
    } else {
        "-Urm"
    });
    command
        .args(["sh", "-ec", script, "sh", env!("CARGO_BIN_EXE_tcpw")])
        .arg(sandbox.directory.path());
    sandbox.ran(&mut command)
}

fn failed(ran: &Ran, words: &[&str]) {
    assert_eq!(ran.code, Some(2), "{} {}", ran.out, ran.err);
    assert_eq!(
        ran.err
            .lines()
            .filter(|line| line.starts_with("tcpw: "))
            .count(),
        1,
        "{}",
        ran.err
    );
    for word in words {
        assert!(ran.err.contains(word), "{word:?} is not in {}", ran.err);
    }
}

#[test]
fn twenty_at_once_lose_nothing() {
    let sandbox = Sandbox::new("# mine\n", "ALL: ALL\n");
    let clients: Vec<String> = (1..=20).map(|n| format!("10.0.0.{n}")).collect();
    let children: Vec<_> = clients
        .iter()
        .map(|client| {
            let mut command = sandbox.command(&["allow", client]);
            command.stdout(Stdio::null()).spawn().unwrap()
        })
        .collect();
    for mut child in children {
        assert!(child.wait().unwrap().success());
    }
    let (allow, _) = sandbox.tables();
    assert_eq!(allow.lines().count(), 21, "{allow}");
    for client in clients {
        assert!(
            allow.contains(&format!("ALL: {client}\n")),
            "{client} is lost: {allow}"
        );
    }
    assert_eq!(sandbox.names(), ["hosts.allow", "hosts.deny"]);
}

#[test]
fn owner_mode_and_attributes_stay_and_a_link_keeps_pointing() {
    let sandbox = Sandbox::new("", "");
    let real = sandbox.path("real");
    std::fs::write(&real, "# real\n").unwrap();
    std::fs::set_permissions(&real, std::fs::Permissions::from_mode(0o640)).unwrap();
    if nix::unistd::geteuid().is_root() {
        std::os::unix::fs::chown(&real, Some(12), Some(34)).unwrap();
    }
    xattr::set(&real, "user.tcpw", b"kept").unwrap();
    let owner = |path: &std::path::Path| {
        let metadata = std::fs::metadata(path).unwrap();
        (metadata.uid(), metadata.gid(), metadata.mode())
    };
    let before = owner(&real);
    let table = sandbox.path("etc/hosts.allow");
    std::fs::remove_file(&table).unwrap();
    symlink("../real", &table).unwrap();
    assert_eq!(sandbox.run(&["allow", "10.1.2.3"]).code, Some(0));
    assert_eq!(
        std::fs::read_link(&table).unwrap().to_str(),
        Some("../real")
    );
    assert_eq!(
        std::fs::read_to_string(&real).unwrap(),
        "# real\nALL: 10.1.2.3\n"
    );
    assert_eq!(owner(&real), before);
    assert_eq!(
        xattr::get(&real, "user.tcpw").unwrap().as_deref(),
        Some(&b"kept"[..])
    );
    assert_eq!(names(sandbox.directory.path()), ["etc", "real", "var"]);
}

#[test]
fn a_missing_table_is_created_readable() {
    let sandbox = Sandbox::new("", "");
    std::fs::remove_file(sandbox.path("etc/hosts.deny")).unwrap();
    let ran = sandbox.run(&["deny", "10.1.2.3"]);
    assert!(ran.out.contains("created /etc/hosts.deny\n"), "{}", ran.out);
    assert_eq!(
        ran.err,
        "tcpw: /etc/hosts.deny does not exist: taken as an empty table\n"
    );
    let mode = std::fs::metadata(sandbox.path("etc/hosts.deny"))
        .unwrap()
        .mode();
    assert_eq!(mode & 0o7777, 0o644);
}

#[test]
fn what_is_no_file_is_named() {
    let sandbox = Sandbox::new("", "");
    std::fs::remove_file(sandbox.path("etc/hosts.deny")).unwrap();
    std::fs::create_dir(sandbox.path("etc/hosts.deny")).unwrap();
    failed(
        &sandbox.run(&["deny", "10.1.2.3"]),
        &["/etc/hosts.deny is a directory"],
    );
    std::fs::remove_dir(sandbox.path("etc/hosts.deny")).unwrap();
    nix::unistd::mkfifo(
        &sandbox.path("etc/hosts.deny"),
        nix::sys::stat::Mode::S_IRUSR,
    )
    .unwrap();
    failed(
        &sandbox.run(&["allow", "10.1.2.3"]),
        &["/etc/hosts.deny is a FIFO"],
    );
    let device = ["allow", "10.1.2.3", "--deny-file", "/dev/null", "--dry-run"];
    failed(&sandbox.run(&device), &["/dev/null is a device"]);
    assert_eq!(sandbox.names(), ["hosts.allow", "hosts.deny"]);
}

#[test]
fn one_file_for_both_tables_is_refused() {
    let sandbox = Sandbox::new("", "");
    std::fs::remove_file(sandbox.path("etc/hosts.deny")).unwrap();
    symlink("hosts.allow", sandbox.path("etc/hosts.deny")).unwrap();
    failed(
        &sandbox.run(&["allow", "10.1.2.3"]),
        &["named for both tables"],
    );
}

#[test]
fn a_read_only_file_system_changes_nothing() {
    let sandbox = Sandbox::new("# mine\n", "");
    let script = "mount --bind \"$2/etc\" \"$2/etc\"; mount -o remount,bind,ro \"$2/etc\"
                  exec \"$1\" --root \"$2\" allow 10.1.2.3";
    failed(
        &with_mounts(&sandbox, script),
        &["/etc/.hosts.allow.tcpw.lock", "Read-only"],
    );
    assert_eq!(sandbox.tables().0, "# mine\n");
    assert_eq!(sandbox.names(), ["hosts.allow", "hosts.deny"]);
}

#[test]
fn a_full_disk_changes_nothing() {
    let sandbox = Sandbox::new("", "");
    let script = "mount -t tmpfs -o size=64k none \"$2/etc\"; cd \"$2/etc\"
                  yes '# filler' | head -c 40000 > hosts.allow; : > hosts.deny; sum=$(cksum < hosts.allow)
                  code=0; \"$1\" --root \"$2\" allow 10.1.2.3 || code=$?
                  [ \"$sum\" = \"$(cksum < hosts.allow)\" ] && [ \"$(ls -A | tr '\\n' ' ')\" = 'hosts.allow hosts.deny ' ] || exit 99
                  exit $code";
    let ran = with_mounts(&sandbox, script);
    failed(
        &ran,
        &[
            "cannot write the new content of /etc/hosts.allow",
            "No space left",
        ],
    );
}

#[test]
fn a_second_table_that_cannot_be_replaced_leaves_the_first_as_it_was() {
    let sandbox = Sandbox::new("ALL: 0.0.0.1\n", "# mine\n");
    let script = "chattr +i \"$2/etc/hosts.deny\"; code=0
                  \"$1\" --root \"$2\" install-alert --force || code=$?
                  chattr -i \"$2/etc/hosts.deny\"; exit $code";
    failed(
        &with_mounts(&sandbox, script),
        &["cannot replace /etc/hosts.deny", "immutable", "chattr -i"],
    );
    assert_eq!(
        sandbox.tables(),
        ("ALL: 0.0.0.1\n".to_owned(), "# mine\n".to_owned())
    );
    assert_eq!(sandbox.names(), ["hosts.allow", "hosts.deny"]);
}

#[test]
fn a_table_that_is_a_mount_point_is_written_where_it_is() {
    let sandbox = Sandbox::new("ALL: 0.0.0.1\n", "");
    std::fs::write(sandbox.path("mounted"), "# mine\n").unwrap();
    let script = "mount --bind \"$2/mounted\" \"$2/etc/hosts.deny\"
                  exec \"$1\" --root \"$2\" install-alert --force";
    let ran = with_mounts(&sandbox, script);
    assert_eq!(ran.code, Some(0), "{}", ran.err);
    let written = std::fs::read_to_string(sandbox.path("mounted")).unwrap();
    assert!(
        written.starts_with("# mine\n") && written.contains("spawn"),
        "{written}"
    );
    assert_eq!(sandbox.tables().1, "");
    assert_eq!(sandbox.names(), ["hosts.allow", "hosts.deny"]);
}

#[test]
fn without_permission_nothing_changes() {
    let sandbox = Sandbox::new("# mine\n", "");
    let set = |path: &std::path::Path, mode| {
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
    };
    set(sandbox.directory.path(), 0o755);
    set(&sandbox.path("etc"), 0o555);
    // The program must be where an ordinary user can run it.
    let program = sandbox.path("tcpw");
    crate::sandbox::copy_program(env!("CARGO_BIN_EXE_tcpw"), &program);
    set(&program, 0o755);
    let mut command = if nix::unistd::geteuid().is_root() {
        let mut command = Command::new("setpriv");
        command
            .args(["--reuid=65534", "--regid=65534", "--clear-groups"])
            .arg(&program);
        command
    } else {
        Command::new(&program)
    };
    command
        .arg("--root")
        .arg(sandbox.directory.path())
        .args(["allow", "10.1.2.3"]);
    failed(
        &sandbox.ran(&mut command),
        &[
            "/etc/.hosts.allow.tcpw.lock",
            "Permission denied",
            "as root",
        ],
    );
    assert_eq!(sandbox.tables().0, "# mine\n");
    set(&sandbox.path("etc"), 0o755);
    assert_eq!(sandbox.names(), ["hosts.allow", "hosts.deny"]);
}

#[test]
fn what_is_too_large_for_a_table_is_not_read() {
    let sandbox = Sandbox::new("# mine\n", "");
    let file = std::fs::File::create(sandbox.path("etc/hosts.deny")).unwrap();
    file.set_len(2 << 30).unwrap();
    failed(
        &sandbox.run(&["allow", "10.1.2.3"]),
        &[
            "/etc/hosts.deny is 1 GiB or larger",
            "look at what is in it",
        ],
    );
    let allow = std::fs::read_to_string(sandbox.path("etc/hosts.allow")).unwrap();
    assert_eq!(allow, "# mine\n");
}

#[test]
fn a_used_up_quota_changes_nothing() {
    let sandbox = Sandbox::new("# mine\n", "");
    let script = "exec strace -qq -o /dev/null -e trace=fsync -e inject=fsync:error=EDQUOT:when=1 \
                  \"$1\" --root \"$2\" allow 10.1.2.3";
    failed(
        &with_mounts(&sandbox, script),
        &[
            "cannot sync the new content of /etc/hosts.allow",
            "the quota is used up",
        ],
    );
    assert_eq!(sandbox.tables().0, "# mine\n");
    assert_eq!(sandbox.names(), ["hosts.allow", "hosts.deny"]);
}

/// An access list as the kernel has it: owner, user 12, group, mask and others.
fn access_list() -> Vec<u8> {
    let none = u32::MAX;
    let entries = [
        (1_u16, 6_u16, none),
        (2, 4, 12),
        (4, 4, none),
        (16, 4, none),
        (32, 4, none),
    ];
    let mut bytes = 2_u32.to_le_bytes().to_vec();
    for (tag, may, id) in entries {
        bytes.extend(tag.to_le_bytes());
        bytes.extend(may.to_le_bytes());
        bytes.extend(id.to_le_bytes());
    }
    bytes
}

#[test]
fn access_lists_and_labels_stay() {
    let sandbox = Sandbox::new("# mine\n", "");
    let table = sandbox.path("etc/hosts.allow");
    let name = "system.posix_acl_access";
    xattr::set(&table, name, &access_list()).expect("the file system has access lists");
    // What SELinux calls a label is an attribute of this name space, which only root may set.
    let label = nix::unistd::geteuid().is_root().then_some("security.tcpw");
    if let Some(label) = label {
        xattr::set(&table, label, b"system_u:object_r:net_conf_t:s0").unwrap();
    }
    assert_eq!(sandbox.run(&["allow", "10.1.2.3"]).code, Some(0));
    assert_eq!(xattr::get(&table, name).unwrap(), Some(access_list()));
    if let Some(label) = label {
        let kept = xattr::get(&table, label).unwrap();
        assert_eq!(
            kept.as_deref(),
            Some(&b"system_u:object_r:net_conf_t:s0"[..])
        );
    }
    let mode = std::fs::metadata(&table).unwrap().mode();
    assert_eq!(mode & 0o777, 0o644);
}

#[test]
fn a_state_directory_that_cannot_be_used_is_named() {
    let sandbox = Sandbox::new("# mine\n", "");
    let state = sandbox.path("var/lib/tcpw/history");
    std::fs::create_dir_all(state.parent().unwrap()).unwrap();
    std::fs::write(&state, "").unwrap();
    let run = || sandbox.run(&["allow", "10.1.2.3"]);
    failed(&run(), &["/var/lib/tcpw/history", "move it away"]);
    std::fs::remove_file(&state).unwrap();
    std::fs::create_dir(&state).unwrap();
    let set =
        |mode| std::fs::set_permissions(&state, std::fs::Permissions::from_mode(mode)).unwrap();
    set(0o777);
    failed(&run(), &["is not for its owner alone", "mode 700"]);
    set(0o700);
    std::fs::write(state.join("pending.json"), "{").unwrap();
    failed(&run(), &["pending.json", "is damaged: move it out"]);
    std::fs::remove_file(state.join("pending.json")).unwrap();
    assert_eq!(sandbox.tables().0, "# mine\n");

    // One that may not be read, which only an ordinary user meets.
    for path in [sandbox.directory.path(), &sandbox.path("etc")] {
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o777)).unwrap();
    }
    let program = sandbox.path("tcpw");
    crate::sandbox::copy_program(env!("CARGO_BIN_EXE_tcpw"), &program);
    if nix::unistd::geteuid().is_root() {
        let run = || {
            let mut command = Command::new("setpriv");
            command
                .args(["--reuid=65534", "--regid=65534", "--clear-groups"])
                .arg(&program)
                .arg("--root")
                .arg(sandbox.directory.path())
                .args(["allow", "10.1.2.3"]);
            sandbox.ran(&mut command)
        };
        failed(&run(), &["cannot keep the owner of", "run it as root"]);
        for table in ["etc/hosts.allow", "etc/hosts.deny"] {
            std::os::unix::fs::chown(sandbox.path(table), Some(65534), Some(65534)).unwrap();
        }
        let words = ["/var/lib/tcpw/history", "Permission denied", "as root"];
        failed(&run(), &words);
    }
    assert_eq!(sandbox.tables().0, "# mine\n");
    let left = names(&sandbox.path("etc"));
    assert_eq!(left, ["hosts.allow", "hosts.deny"]);
}

#[test]
fn nonsense_clients_say_what_would_work() {
    let sandbox = Sandbox::new("# mine\n", "");
    for (client, remedy) in [
        ("300.1.1.1", "give an address such as 10.1.2.3"),
        ("1.2.3", "the network is 1.2.3.0/24"),
        (
            "10.0.0.0/0",
            "everybody with IPv4 is 0.0.0.0/1 and 128.0.0.0/1",
        ),
        ("", "give an address, a network or a name"),
        ("a\nb", "give each client as an argument of its own"),
        ("\n", "give each client as an argument of its own"),
        (":", "give an address such as"),
        ("a:b", "give an address such as"),
    ] {
        for verb in ["allow", "deny", "revoke"] {
            let ran = sandbox.run(&[verb, "--", client]);
            failed(&ran, &["cannot be written into a table", remedy]);
        }
        let ran = sandbox.run(&["setup", "--no-mail", "--allow", client]);
        failed(&ran, &["cannot be written into a table", remedy]);
    }
    assert_eq!(sandbox.tables(), ("# mine\n".to_owned(), String::new()));
    assert_eq!(sandbox.names(), ["hosts.allow", "hosts.deny"]);
}
