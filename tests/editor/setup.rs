//! `tcpw setup`: everything or nothing, by options and on a terminal.

use super::sandbox::{Sandbox, alarm, configuration, mail_program, names, without_traces};
use crate::proof::say;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::os::unix::process::ExitStatusExt as _;
use std::process::Command;

/// What every run here may do without a mail system.
const BARE: [&str; 4] = ["setup", "--allow", "0.0.0.1", "--no-mail"];

#[test]
fn all_of_it_is_one_change() {
    let sandbox = Sandbox::new("# mine\n", "");
    let ran = sandbox.run(&BARE);
    assert_eq!((ran.code, &*ran.err), (Some(0), ""), "{}", ran.out);
    let alarm = alarm();
    assert_eq!(
        ran.out,
        format!(
            "--- /etc/hosts.allow\n+++ /etc/hosts.allow\n@@ -1 +1,2 @@\n # mine\n+ALL: \
             0.0.0.1\n--- /etc/hosts.deny\n+++ /etc/hosts.deny\n@@ -0,0 \
             +1 @@\n+ALL: ALL : {alarm}\n--- /etc/tcpw.toml\n+++ /etc/tcpw.toml\n@@ -0,0 +1,4 \
             @@\n+# The configuration of tcpw; tcpw.toml(5) describes every \
             key.\n+\n+[mail]\n+transport = \"file\"\ncreated /etc/tcpw.toml\nchanged \
             /etc/hosts.allow\nchanged /etc/hosts.deny\nevery client except 0.0.0.1 loses access \
             to every daemon\nthis is change 1: `tcpw undo` undoes it in the tables\ncreated \
             /var/spool/tcpw/drop with mode 1733\ncreated /var/lib/tcpw with mode 700\nunlisted: fires for every unlisted client, with a name or without\ndaemons \
             that do not run as root: their alerts wait in /var/spool/tcpw/drop until a daemon \
             running as root raises an alert, or until you run tcpw deliver; tcpw install-alert \
             --systemd (or --cron) takes care of that\nno mail is sent: each is kept as a file in \
             /var/lib/tcpw/mail\nAfter this only 0.0.0.1 gets in; everybody else is refused, and each is \
             kept as a file, without mail.\nkeep this session open, and test a login in another terminal; \
             `tcpw list` shows who may connect\n"
        )
    );
    let mode = |path: &str| std::fs::metadata(sandbox.path(path)).unwrap().mode() & 0o7777;
    assert_eq!(mode("var/spool/tcpw/drop"), 0o1733);
    assert_eq!(mode("var/lib/tcpw"), 0o700);
    assert_eq!(mode("var/lib/tcpw/history"), 0o700);
    // The configuration is kept there too, which may hold a password.
    for name in names(&sandbox.path("var/lib/tcpw/history")) {
        assert_eq!(
            mode(&format!("var/lib/tcpw/history/{name}")),
            0o600,
            "{name}"
        );
    }
    let history = sandbox.run(&["history", "--format", "json"]).out;
    assert_eq!(history.lines().count(), 1, "{history}");

    let again = sandbox.run(&BARE);
    assert_eq!(again.code, Some(0), "{}", again.err);
    assert!(again.out.contains("\nnothing to change\n"), "{}", again.out);

    let ran = sandbox.run(&["undo"]);
    assert_eq!(ran.code, Some(0), "{}", ran.err);
    assert_eq!(sandbox.tables(), ("# mine\n".to_owned(), String::new()));
    assert!(configuration(&sandbox).ends_with("[mail]\ntransport = \"file\"\n"));
}

/// Options that are not enough or wrong, and what is said about them.
const WRONG: &[(&[&str], &[&str])] = &[
    (
        &["setup"],
        &[
            "--allow CLIENT",
            "--smtp-host HOST",
            "--sendmail",
            "--no-mail",
            "--mail-to",
        ],
    ),
    (
        &["setup", "--no-mail"],
        &["missing: who may connect (--allow"],
    ),
    (
        &["setup", "--allow", "0.0.0.1", "--mail-to", "a@b"],
        &["missing: how mail leaves this machine"],
    ),
    (
        &["setup", "--allow", "0.0.0.1", "--sendmail"],
        &["missing: who gets alerts about refused clients (--mail-to"],
    ),
    (
        &["setup", "--allow", "300.1.1.1", "--no-mail"],
        &["300.1.1.1"],
    ),
    (
        &[
            "setup",
            "--allow",
            "0.0.0.1",
            "--mail-to",
            "nobody",
            "--smtp-host",
            "h",
        ],
        &["the new configuration would be wrong", "has no @"],
    ),
    (
        &[
            "setup",
            "--allow",
            "0.0.0.1",
            "--mail-to",
            "a@b.c",
            "--smtp-host",
            "h",
            "--username",
            "u",
            "--password-file",
            "/nowhere",
        ],
        &["cannot read /nowhere", "mail could not be sent"],
    ),
    (
        &[
            "setup",
            "--allow",
            "0.0.0.1",
            "--mail-to",
            "a@b.c",
            "--smtp-host",
            "h",
            "--ca-file",
            "ca.pem",
        ],
        &["--ca-file ca.pem is not an absolute path"],
    ),
];

#[test]
fn what_is_needed_is_named_where_nobody_can_be_asked() {
    let sandbox = Sandbox::new("", "");
    for (arguments, words) in WRONG {
        let mut command = sandbox.command(arguments);
        command.stdin(std::process::Stdio::null());
        let ran = sandbox.ran(&mut command);
        assert_eq!(ran.code, Some(2), "{arguments:?}: {}", ran.out);
        for word in *words {
            assert!(ran.err.contains(word), "{arguments:?}: {}", ran.err);
        }
        without_traces(&sandbox);
    }
}

#[test]
fn whoever_would_lock_themselves_out_is_refused_and_nothing_is_left() {
    let sandbox = Sandbox::new("", "");
    let ran = sandbox.run(&["setup", "--allow", "10.1.2.3", "--no-mail"]);
    assert_eq!(ran.code, Some(2), "{}", ran.out);
    assert!(
        ran.err.contains("your own session from 0.0.0.1"),
        "{}",
        ran.err
    );
    without_traces(&sandbox);
    let ran = sandbox.run(&[
        "setup",
        "--allow",
        "10.1.2.3",
        "--no-mail",
        "--dry-run",
        "--force",
    ]);
    assert_eq!(ran.code, Some(0), "{}", ran.err);
    assert!(
        ran.out.contains("dry run: nothing was written"),
        "{}",
        ran.out
    );
    without_traces(&sandbox);
    // A directory that cannot be made is an obstacle like any other.
    std::fs::create_dir(sandbox.path("var")).unwrap();
    std::fs::write(sandbox.path("var/spool"), "").unwrap();
    let ran = sandbox.run(&BARE);
    assert_eq!(ran.code, Some(2), "{}", ran.out);
    assert!(
        ran.err
            .contains("cannot create the directory /var/spool/tcpw/drop"),
        "{}",
        ran.err
    );
    assert_eq!(names(&sandbox.path("var")), ["spool"]);
    assert_eq!(sandbox.names(), ["hosts.allow", "hosts.deny"]);
    assert_eq!(sandbox.tables(), (String::new(), String::new()));
}

#[test]
fn a_configuration_that_is_there_is_kept() {
    let sandbox = Sandbox::new("", "");
    let old = "# mine\n[mail]\nto = \"a@example.org\" # me\nfile_dir = \"/mails\"\n\n[guard]\nkeep_in = [\"0.0.0.1\"]\n";
    std::fs::write(sandbox.path("etc/tcpw.toml"), old).unwrap();
    let mode = std::fs::Permissions::from_mode(0o600);
    std::fs::set_permissions(sandbox.path("etc/tcpw.toml"), mode).unwrap();
    mail_program(&sandbox, "cat > \"$0.mail\"");
    let arguments = [
        "setup",
        "--allow",
        "0.0.0.1",
        "--sendmail",
        "--no-alarm",
        "--mail-to",
    ];
    let with = |more: &[&str]| sandbox.run(&[&arguments[..], more].concat());
    let ran = with(&["a@example.org"]);
    assert_eq!(ran.code, Some(0), "{}", ran.err);
    let sendmail = "transport = \"sendmail\"\nsendmail = \"/usr/sbin/sendmail\"\n";
    assert_eq!(configuration(&sandbox).replace(sendmail, ""), old);
    let mode = std::fs::metadata(sandbox.path("etc/tcpw.toml"))
        .unwrap()
        .mode();
    assert_eq!(mode & 0o777, 0o600);
    let mail = std::fs::read_to_string(sandbox.path("usr/sbin/sendmail.mail")).unwrap();
    assert!(mail.contains("To: a@example.org"), "{mail}");
    assert_eq!(
        sandbox.tables(),
        ("ALL: 0.0.0.1\n".to_owned(), "ALL: ALL\n".to_owned())
    );

    // What the options say holds; everything else stays.
    let ran = with(&["b@example.org", "--no-test-mail"]);
    assert_eq!(ran.code, Some(0), "{}", ran.err);
    assert!(configuration(&sandbox).contains("to = \"b@example.org\" # me\n"));

    // One that is wrong is told with its line, and stays.
    std::fs::write(sandbox.path("etc/tcpw.toml"), "[mail]\nnonsense = 1\n").unwrap();
    let ran = sandbox.run(&BARE);
    assert_eq!(ran.code, Some(2), "{}", ran.out);
    assert!(ran.err.contains("/etc/tcpw.toml:2:1"), "{}", ran.err);
}

#[test]
fn a_test_mail_that_fails_leaves_the_choice() {
    let sandbox = Sandbox::new("", "");
    mail_program(&sandbox, "echo 'no route today' >&2; exit 75");
    let arguments = [
        "setup",
        "--allow",
        "0.0.0.1",
        "--sendmail",
        "--mail-to",
        "a@example.org",
    ];
    let ran = sandbox.run(&arguments);
    assert_eq!(ran.code, Some(1), "{}", ran.err);
    for words in [
        "the test mail was not sent",
        "`tcpw mail test`",
        "`tcpw undo 1`",
    ] {
        assert!(ran.err.contains(words), "{}", ran.err);
    }
    assert!(ran.out.contains("no route today"), "{}", ran.out);
    assert!(sandbox.tables().1.starts_with("ALL: ALL : spawn "));
    assert_eq!(sandbox.run(&["undo", "1"]).code, Some(0));
    assert_eq!(sandbox.tables(), (String::new(), String::new()));
}

#[test]
fn what_is_not_confirmed_is_taken_back() {
    let sandbox = Sandbox::new("# mine\n", "");
    let ran = sandbox.run(&[&BARE[..], &["--confirm-within", "5s"]].concat());
    assert_eq!(ran.code, Some(0), "{}", ran.err);
    assert!(
        ran.out.contains("change 1 will be rolled back at"),
        "{}",
        ran.out
    );
    let start = std::time::Instant::now();
    while sandbox.tables() != ("# mine\n".to_owned(), String::new()) {
        assert!(start.elapsed().as_secs() < 40, "{:?}", sandbox.tables());
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
}

#[test]
fn a_server_and_its_readers_are_given_as_people_write_them() {
    let sandbox = Sandbox::new("", "");
    std::fs::write(sandbox.path("etc/password"), "geheim\n").unwrap();
    let private = std::fs::Permissions::from_mode(0o600);
    std::fs::set_permissions(sandbox.path("etc/password"), private).unwrap();
    let with = |host: &str, more: &[&str]| {
        let words = [
            "setup",
            "--allow",
            "0.0.0.1",
            "--no-test-mail",
            "--smtp-host",
            host,
        ];
        sandbox.run(&[&words[..], more].concat())
    };
    let login = [
        "--username",
        "ann@example.org",
        "--password-file",
        "/etc/password",
    ];
    for (host, words) in [
        ("a, b", "is not the name or the address of one server"),
        ("smtp://u:p@m", "holds a user name"),
        ("m:99999", "has \"99999\" for a port"),
    ] {
        let ran = with(host, &login);
        assert_eq!(ran.code, Some(2), "{}", ran.out);
        assert!(ran.err.contains(words), "{}", ran.err);
        assert_eq!(configuration(&sandbox), "");
    }
    let ran = with("smtps://mail.example.org", &login);
    assert_eq!(ran.code, Some(0), "{}{}", ran.out, ran.err);
    assert!(configuration(&sandbox).contains("host = \"smtps://mail.example.org\"\n"));
    let more = ["--mail-to", "a@x, \"B, C\" <b@x>", "--overwrite"];
    let ran = with("[::1]:587", &[&login[..], &more].concat());
    assert_eq!(ran.code, Some(0), "{}{}", ran.out, ran.err);
}

#[test]
fn cut_short_it_is_all_or_nothing() {
    let (mut points, mut finished) = (0, 0);
    for calls in ["rename", "renameat2", "fsync", "write", "mkdir"] {
        for number in 1..60 {
            let sandbox = Sandbox::new("# mine\n", "# theirs\n");
            sandbox.install_notifier();
            let mut command = Command::new("strace");
            command
                .args(["-qq", "-o", "/dev/null", "-e", &format!("trace={calls}")])
                .args(["-e", &format!("inject={calls}:signal=KILL:when={number}")])
                .arg(env!("CARGO_BIN_EXE_tcpw"))
                .arg("--root")
                .arg(sandbox.directory.path())
                .args(BARE)
                .env("SSH_CONNECTION", "0.0.0.1 1 0.0.0.2 22");
            let output = command.output().expect("strace is needed");
            if output.status.signal().is_none() {
                assert_eq!(output.status.code(), Some(0));
                break;
            }
            points += 1;
            assert_eq!(sandbox.run(&["allow", "0.0.0.1"]).code, Some(0));
            let tables = sandbox.tables();
            let told = format!("{calls} {number}: {tables:?}");
            if tables.1.contains("ALL: ALL") {
                assert!(tables.1.contains("ALL: ALL : spawn "), "{told}");
                assert!(configuration(&sandbox).contains("file"), "{told}");
                finished += 1;
            } else {
                assert_eq!(
                    tables,
                    ("# mine\nALL: 0.0.0.1\n".to_owned(), "# theirs\n".to_owned())
                );
                assert_eq!(configuration(&sandbox), "", "{told}");
            }
            assert!(
                !sandbox.names().iter().any(|name| name.contains(".tcpw.")),
                "{told}"
            );
        }
    }
    assert!(
        points > 10 && finished > 2 && finished < points,
        "{points} {finished}"
    );
    say(&format!(
        "setup: killed at {points} points, {finished} times finished, otherwise nothing is left of it"
    ));
}
