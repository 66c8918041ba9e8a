//! Systems of files alone, which no process shows: socket units, and switches in configurations.

use crate::proof::say;
use crate::sandbox::{copy_program, program};
use serde_json::Value;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::Command;
use tempfile::TempDir;

/// What `tcpw doctor` prints of the system below `root`, and its exit code.
fn doctor(root: &Path, args: &[&str]) -> (String, Option<i32>) {
    tcpw(root, &[&["doctor"], args].concat())
}

/// What tcpw prints of the system below `root`, and its exit code.
fn tcpw(root: &Path, args: &[&str]) -> (String, Option<i32>) {
    let output = Command::new(program())
        .arg("--root")
        .arg(root)
        .args(args)
        .output()
        .unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    (text, output.status.code())
}

/// Copies a real program into a system.
fn install(root: &Path, program: &str) {
    let to = root.join(program.trim_start_matches('/'));
    fs::create_dir_all(to.parent().unwrap()).unwrap();
    fs::copy(program, to).unwrap();
}

fn put(root: &Path, path: &str, text: &str) {
    let to = root.join(path);
    fs::create_dir_all(to.parent().unwrap()).unwrap();
    fs::write(to, text).unwrap();
}

/// A system with a socket unit for a program and its arguments.
fn system(name: &str, line: &str) -> TempDir {
    let stage = tempfile::tempdir().unwrap();
    let root = stage.path();
    let units = "usr/lib/systemd/system";
    put(
        root,
        &format!("{units}/{name}.socket"),
        "[Socket]\nListenStream=2101\n",
    );
    let service = format!("[Service]\nExecStart={line}\n");
    put(root, &format!("{units}/{name}.service"), &service);
    let wanted = format!("etc/systemd/system/sockets.target.wants/{name}.socket");
    put(root, &wanted, "");
    install(root, line.split(' ').next().unwrap());
    stage
}

fn answers(stage: &TempDir) -> Vec<Value> {
    let (out, _) = doctor(stage.path(), &["--format", "json"]);
    let all: Value = serde_json::from_str(&out).unwrap();
    all["daemons"].as_array().unwrap().clone()
}

fn answer(stage: &TempDir) -> Value {
    let all = answers(stage);
    assert_eq!(all.len(), 1, "{all:?}");
    all[0].clone()
}

#[test]
fn the_switch_of_a_daemon_decides() {
    for (text, standing, evidence) in [
        (None, "switched off", "tcp_wrappers is off by default"),
        (
            Some("#tcp_wrappers=YES\n"),
            "switched off",
            "does not set tcp_wrappers",
        ),
        (
            Some("tcp_wrappers=YES\n"),
            "asked",
            "/etc/vsftpd.conf:1: tcp_wrappers=YES",
        ),
        (
            Some("tcp_wrappers=YES\ntcp_wrappers=NO\n"),
            "switched off",
            "conf:2: tcp_wrappers=NO",
        ),
        (
            Some("tcp_wrappers=perhaps\n"),
            "cannot tell",
            "tcp_wrappers=perhaps",
        ),
    ] {
        let stage = system("vsftpd", "/usr/sbin/vsftpd");
        if let Some(text) = text {
            put(stage.path(), "etc/vsftpd.conf", text);
        }
        let found = answer(&stage);
        assert_eq!(found["state"], standing, "{text:?}: {found}");
        assert_eq!(found["names"], serde_json::json!(["vsftpd"]));
        assert!(
            found["evidence"].to_string().contains(evidence),
            "{text:?}: {found}"
        );
    }
}

#[test]
fn what_does_not_call_libwrap_is_not_asked_and_what_cannot_be_read_is_not_judged() {
    let stage = system("bash", "/usr/bin/bash -l");
    assert_eq!(
        answer(&stage)["state"],
        "cannot tell",
        "its libraries are not there"
    );
    for library in ["libtinfo.so.6", "libc.so.6", "ld-linux-x86-64.so.2"] {
        let found = ["/lib/x86_64-linux-gnu", "/lib64"]
            .iter()
            .map(|folder| Path::new(folder).join(library))
            .find(|path| path.exists());
        let to = stage.path().join("usr/lib").join(library);
        fs::create_dir_all(to.parent().unwrap()).unwrap();
        fs::copy(found.unwrap(), to).unwrap();
    }
    assert_eq!(answer(&stage)["state"], "not asked");
    put(
        stage.path(),
        "usr/bin/bash",
        "\x7fELF\x02\x01\x01 and no more",
    );
    let found = answer(&stage);
    assert_eq!(found["state"], "cannot tell", "{found}");
    put(stage.path(), "usr/bin/bash", "#!/bin/sh\n");
    assert_eq!(answer(&stage)["state"], "not asked");
}

#[test]
fn rules_and_daemons_are_held_against_each_other() {
    let stage = system("vsftpd", "/usr/sbin/vsftpd");
    put(stage.path(), "etc/vsftpd.conf", "tcp_wrappers=YES\n");
    put(stage.path(), "etc/hosts.allow", "vsftpd httpd: 192.0.2.7\n");
    let (out, code) = doctor(stage.path(), &[]);
    assert_eq!(code, Some(1), "{out}");
    assert!(
        out.starts_with("DAEMON  LIBWRAP          WAITS AT\nvsftpd  asked as vsftpd\n"),
        "{out}"
    );
    let unasked = "hosts.allow:1: no program here asks libwrap as httpd: this rule binds nobody\n";
    assert!(out.contains(unasked), "{out}");
    let (out, code) = doctor(stage.path(), &["--format", "nagios"]);
    assert_eq!(code, Some(1), "{out}");
    assert!(
        out.starts_with("TCPW WARNING - 1 daemon asked; 0 switched off"),
        "{out}"
    );
    for (daemon, code) in [("vsftpd", 0), ("httpd", 2)] {
        assert_eq!(doctor(stage.path(), &[daemon]).1, Some(code), "{daemon}");
    }
    for (table, code) in [
        ("sshd: ALL\n", 1),
        ("ALL EXCEPT vsftpd: ALL\n", 1),
        ("vsftpd@192.0.2.1: ALL\n", 0),
        ("vs*: ALL\n", 0),
    ] {
        put(stage.path(), "etc/hosts.allow", table);
        let (out, found) = doctor(stage.path(), &[]);
        assert_eq!(found, Some(code), "{table}{out}");
        let is_said = out.contains("no rule is about vsftpd: everybody may connect to it\n");
        assert_eq!(is_said, code == 1, "{table}{out}");
    }
}

#[test]
fn a_daemon_that_does_not_run_is_judged_by_its_file() {
    let stage = tempfile::tempdir().unwrap();
    install(stage.path(), "/usr/sbin/vsftpd");
    for (text, code, state) in [
        ("", 1, "linked, switched off"),
        ("tcp_wrappers=YES\n", 0, "asked as vsftpd"),
    ] {
        put(stage.path(), "etc/vsftpd.conf", text);
        let (out, found) = doctor(stage.path(), &["vsftpd", "--explain"]);
        assert_eq!(found, Some(code), "{out}");
        assert!(out.contains(state), "{out}");
        for words in [
            "it does not wait for clients now",
            "is tested with the real program",
        ] {
            assert!(out.contains(words), "{out}");
        }
    }
}

#[test]
fn a_verdict_that_binds_nobody_says_so() {
    let stage = tempfile::tempdir().unwrap();
    install(stage.path(), "/usr/sbin/vsftpd");
    put(stage.path(), "etc/hosts.allow", "ALL: ALL\n");
    put(stage.path(), "etc/hosts.deny", "");
    for (text, is_said) in [("", true), ("tcp_wrappers=YES\n", false)] {
        put(stage.path(), "etc/vsftpd.conf", text);
        let (out, _) = tcpw(stage.path(), &["match", "vsftpd", "192.0.2.7"]);
        let words = "vsftpd is linked with libwrap and switched off (/etc/vsftpd.conf does not set \
                     tcp_wrappers, which is off by default): this verdict binds nobody\n";
        assert_eq!(out.contains(words), is_said, "{out}");
        assert!(out.starts_with("granted: vsftpd from 192.0.2.7\n"), "{out}");
    }
    put(stage.path(), "usr/sbin/httpd", "#!/bin/sh\n");
    let (out, _) = tcpw(stage.path(), &["match", "httpd", "192.0.2.7"]);
    assert!(
        out.contains("httpd does not ask libwrap: this verdict binds nobody\n"),
        "{out}"
    );
}

#[test]
fn the_name_that_counts_may_be_another_one() {
    // A program that calls libwrap stands for one that is not installed here.
    let stage = tempfile::tempdir().unwrap();
    let to = stage.path().join("usr/sbin/rpc.mountd");
    fs::create_dir_all(to.parent().unwrap()).unwrap();
    fs::copy("/usr/sbin/rpcbind", &to).unwrap();
    let (out, code) = doctor(stage.path(), &["mountd", "--explain"]);
    assert_eq!(code, Some(0), "{out}");
    for words in [
        "asked as mountd",
        "restart nfs-mountd rpc-statd",
        "known by documents",
    ] {
        assert!(out.contains(words), "{out}");
    }
    let (out, _) = tcpw(stage.path(), &["match", "rpc.mountd", "192.0.2.7"]);
    let words = "rpc.mountd asks libwrap as mountd, not under this name: this verdict binds nobody";
    assert!(out.contains(words), "{out}");
}

#[test]
fn libwrap_inside_a_program_is_seen() {
    let stage = tempfile::tempdir().unwrap();
    let root = stage.path();
    put(
        root,
        "own.c",
        "int allow_severity, deny_severity;\n\
         extern int hosts_ctl(char *, char *, char *, char *);\n\
         int main(void) { return hosts_ctl(\"own\", \"unknown\", \"192.0.2.7\", \"unknown\"); }\n",
    );
    fs::create_dir_all(root.join("usr/sbin")).unwrap();
    // The archive and not the library; of the latter a name would be left.
    let built = Command::new("gcc")
        .args(["-s", "-o", "usr/sbin/owned", "own.c"])
        .args(["-Wl,-Bstatic", "-lwrap", "-Wl,-Bdynamic", "-lnsl"])
        .current_dir(root)
        .status();
    assert!(
        built.unwrap().success(),
        "gcc and libwrap0-dev are installed"
    );
    let (out, code) = doctor(root, &["owned", "--explain"]);
    assert_eq!(code, Some(2), "{out}");
    for words in [
        "owned   cannot tell\n",
        "/usr/sbin/owned has libwrap inside\n",
        "is not known: try it with a client that no rule allows\n",
        "if it asks, then as owned\n",
    ] {
        assert!(out.contains(words), "{out}");
    }
}

#[test]
fn a_unit_is_read_as_systemd_reads_it_and_one_without_a_service_is_said() {
    let stage = system("vsftpd", "/usr/sbin/vsftpd");
    put(stage.path(), "etc/vsftpd.conf", "tcp_wrappers=YES\n");
    let service = "usr/lib/systemd/system/vsftpd.service";
    for line in [
        "\"/usr/sbin/vsftpd\" /etc/vsftpd.conf",
        "-'/usr/sbin/vsftpd'",
        "vsftpd",
    ] {
        put(
            stage.path(),
            service,
            &format!("[Service]\nExecStart={line}\n"),
        );
        assert_eq!(answer(&stage)["state"], "asked", "{line}");
    }
    for (text, why) in [
        (
            Some("[Service]\nExecStart=\"/usr/sbin/vsftpd\n"),
            "cannot be read",
        ),
        (Some("[Service]\n"), "starts no program"),
        (None, "is not there or is masked"),
    ] {
        match text {
            Some(text) => put(stage.path(), service, text),
            None => fs::remove_file(stage.path().join(service)).unwrap(),
        }
        let found = answer(&stage);
        assert_eq!(found["state"], "cannot tell", "{found}");
        assert!(found["evidence"].to_string().contains(why), "{found}");
        // Whatever it starts may ask under any name: nothing is claimed of a rule.
        put(stage.path(), "etc/hosts.allow", "httpd: 192.0.2.7\n");
        let (out, code) = doctor(stage.path(), &[]);
        assert_eq!(code, Some(2), "{out}");
        assert!(!out.contains("binds nobody"), "{out}");
        let open = "hosts.allow:1: cannot tell whether a program here asks libwrap as httpd\n";
        assert!(out.contains(open), "{out}");
    }
}

#[test]
fn a_daemon_that_is_installed_and_would_ask_is_not_called_nobody() {
    let stage = tempfile::tempdir().unwrap();
    install(stage.path(), "/usr/sbin/vsftpd");
    put(stage.path(), "etc/vsftpd.conf", "tcp_wrappers=YES\n");
    put(
        stage.path(),
        "etc/hosts.allow",
        "vsftpd: 192.0.2.7\nhttpd: 192.0.2.7\n",
    );
    let (out, code) = doctor(stage.path(), &[]);
    assert_eq!(code, Some(1), "{out}");
    assert!(!out.contains("as vsftpd"), "{out}");
    assert!(
        out.contains("no program here asks libwrap as httpd"),
        "{out}"
    );
    assert_eq!(doctor(stage.path(), &["vsftpd"]).1, Some(0));
}

/// Runs tcpw on this machine as nobody, who does not see the programs of root.
#[test]
fn what_is_hidden_from_a_user_is_not_called_nobody() {
    assert!(nix::unistd::geteuid().is_root(), "needs root");
    let stage = tempfile::tempdir().unwrap();
    let waits = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = waits.local_addr().unwrap().port();
    fs::set_permissions(stage.path(), fs::Permissions::from_mode(0o755)).unwrap();
    copy_program(program(), &stage.path().join("tcpw"));
    put(stage.path(), "allow", "no-such-daemon: 192.0.2.7\n");
    put(stage.path(), "deny", "");
    let run = |args: &[&str]| {
        let output = Command::new("setpriv")
            .args(["--reuid=65534", "--regid=65534", "--clear-groups"])
            .arg(stage.path().join("tcpw"))
            .arg("--allow-file")
            .arg(stage.path().join("allow"))
            .arg("--deny-file")
            .arg(stage.path().join("deny"))
            .args(args)
            .output()
            .unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        (text, output.status.code())
    };
    let (out, code) = run(&["doctor"]);
    assert_eq!(code, Some(2), "{out}");
    assert!(
        out.contains(&format!("tcp {port} (loopback): cannot tell")),
        "{out}"
    );
    assert!(!out.contains("binds nobody"), "{out}");
    let (out, code) = run(&["doctor", "--format", "nagios"]);
    assert_eq!(code, Some(3), "{out}");
    assert!(out.starts_with("TCPW UNKNOWN"), "{out}");
    let (out, _) = run(&["doctor", "vsftpd", "--explain"]);
    assert!(!out.contains("it does not wait for clients now"), "{out}");
    assert!(out.contains("hidden from this user"), "{out}");
    say("doctor as nobody: what is hidden is in doubt, and no rule is said to bind nobody");
}
