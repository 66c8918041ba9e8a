//! What libwrap logged before there was a journal: files, standard input, the journal of systemd.

use crate::sandbox::Sandbox;
use serde_json::Value;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;

const LOG: &str = "\
Mar  1 10:00:00 web1 sshd[100]: refused connect from h.example (192.0.2.7)
Mar  1 10:00:01 web1 sshd[101]: Invalid user refused connect from 1.2.3.4 from 6.6.6.6 port 22
2026-03-02T10:00:00.5+00:00 web1 vsftpd[5]: refused connect from 192.0.2.8
2026-03-02T10:00:01Z web1 sshd[6]: message repeated 4 times: [ refused connect from x (192.0.2.7)]
2026-03-02T10:00:01Z web1 sshd[6]: error: kex: refused connect from 1.2.3.4 (1.2.3.4)
2026-04-09T10:00:00Z web1 sshd[6]: refused connect from 192.0.2.99 (192.0.2.99)
\u{1b}\u{0}garbage
";
const SPAN: [&str; 4] = [
    "--since=2026-03-01",
    "--until=2026-03-31",
    "--format=json",
    "--top=3",
];

fn logged(out: &str) -> Value {
    let report: Value = serde_json::from_str(out).unwrap();
    assert_eq!(report["events"], 0, "never mixed with the journal");
    report["logged"].clone()
}

#[test]
fn a_file_and_standard_input() {
    let stage = Sandbox::new().file("auth.log", LOG).stdin(LOG);
    for name in ["[ROOT]/auth.log", "-"] {
        let args = [&["report", "--log", name], &SPAN[..]].concat();
        let run = Sandbox::new().file("auth.log", LOG).stdin(LOG).run(&args);
        let (out, err, code) = run.output();
        assert_eq!((err, code), ("", Some(0)));
        let found = logged(out);
        assert_eq!(found["events"], 6);
        let counts = [
            "lines",
            "refusals",
            "others",
            "untimed",
            "outside",
            "not_understood",
        ];
        let counts = counts.map(|name| found[name].as_u64().unwrap());
        assert_eq!(counts, [7, 3, 2, 1, 1, 0]);
        assert_eq!(found["sources"], 2);
        assert_eq!(found["top_sources"][0]["name"], "192.0.2.7");
        assert_eq!(found["top_sources"][0]["events"], 5);
        assert_eq!(found["daemons"][1]["name"], "vsftpd");
        assert_eq!(found["read"][0], name);
        assert_eq!(found["last"], "2026-03-02T10:00:01Z");
    }
    let args = [&["report", "--log", "[ROOT]/absent"], &SPAN[..]].concat();
    stage
        .run(&args)
        .stderr("tcpw: cannot read the log [ROOT]/absent: No such file or directory (os error 2)\n  help: logs are usually readable by root and the group adm only\n")
        .code(2)
        .done()
        .file("auth.log.2.gz", [0x1f, 0x8b, 8, 0])
        .run(&["report", "--log", "[ROOT]/auth.log.2.gz"])
        .stderr("tcpw: cannot unpack the log [ROOT]/auth.log.2.gz: gzip ended with exit status: 1: gzip: [ROOT]/auth.log.2.gz: unexpected end of file\n")
        .code(2)
        .done();
}

/// Each line counts once, and what could not be read is no "No refusals".
#[test]
fn lines_that_could_not_be_read_are_counted() {
    let timed = "2026-03-02T10:00:00Z web1 sshd[6]: refused connect from x (192.0.2.7)\n";
    for (log, counts, says) in [
        (
            "",
            [0, 0, 0, 0, 0, 0],
            "No refusals by libwrap in this period.",
        ),
        (
            "2026-03-02T10:00:00Z web1 sshd[6]: Server listening\n",
            [1, 0, 1, 0, 0, 0],
            "No refusals by libwrap in this period.",
        ),
        (
            "yesterday web1 sshd[6]: refused connect from x (192.0.2.7)\n",
            [1, 0, 0, 1, 0, 0],
            "but not every line could be read",
        ),
        (
            "2026-03-02T10:00:00Z without a tag\n",
            [1, 0, 0, 0, 0, 1],
            "but not every line could be read",
        ),
        (
            "2025-03-02T10:00:00Z web1 sshd[6]: refused connect from x (192.0.2.7)\n",
            [1, 0, 0, 0, 1, 0],
            "outside this period: 1",
        ),
        (timed, [1, 1, 0, 0, 0, 0], "refusals by libwrap: 1"),
    ] {
        let text = [&["report", "--log", "[ROOT]/auth.log"], &SPAN[..2]].concat();
        let run = Sandbox::new().file("auth.log", log).run(&text);
        let (out, _, code) = run.output();
        let joined = out.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(joined.contains(says), "{log}: {out}");
        let is_sure = counts[1] + counts[3] + counts[5] == 0;
        let all_clear = "No refusals by libwrap in this period.";
        assert_eq!(joined.contains(all_clear), is_sure, "{log}: {out}");
        assert_eq!(code, Some(0));
        let json = [&["report", "--log", "[ROOT]/auth.log"], &SPAN[..]].concat();
        let run = Sandbox::new().file("auth.log", log).run(&json);
        let found = logged(run.output().0);
        let names = [
            "lines",
            "refusals",
            "others",
            "untimed",
            "outside",
            "not_understood",
        ];
        assert_eq!(
            names.map(|name| found[name].as_u64().unwrap()),
            counts,
            "{log}"
        );
    }
}

/// A stand-in that prints what journalctl prints, and keeps its arguments. Root does not look for
/// programs where `PATH` says, so that somebody else runs it.
fn with_journalctl(script: &str) -> Sandbox {
    let runner = format!(
        "#!/bin/sh\nexec setpriv --reuid=65534 --regid=65534 --clear-groups {} \"$@\"\n",
        env!("CARGO_BIN_EXE_tcpw")
    );
    let stage = Sandbox::new()
        .file("bin/journalctl", script)
        .file("bin/runner", runner);
    let bin = stage.path().join("bin");
    for path in [
        stage.path(),
        &bin,
        &bin.join("journalctl"),
        &bin.join("runner"),
    ] {
        fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
    }
    let stage = if nix::unistd::geteuid().is_root() {
        std::os::unix::fs::chown(&bin, Some(65_534), None).unwrap();
        stage.by(&bin.join("runner"))
    } else {
        stage
    };
    let search = format!("{}:/usr/bin:/bin", bin.display());
    stage.env("PATH", &search)
}

#[test]
fn the_journal_of_systemd() {
    let script = r#"#!/bin/sh
printf '%s\n' "$@" > "${0%/*}/arguments"
cat <<'END'
{"__REALTIME_TIMESTAMP":"1772359200000000","SYSLOG_IDENTIFIER":"sshd","MESSAGE":"refused connect from h.example (192.0.2.7)"}
{"__REALTIME_TIMESTAMP":"1772359200000000","SYSLOG_IDENTIFIER":"sshd","MESSAGE":"Invalid user refused connect from 1.2.3.4 (1.2.3.4)"}
{"__REALTIME_TIMESTAMP":"1772359200000000","SYSLOG_IDENTIFIER":"sshd","MESSAGE":[114,101]}
{"__REALTIME_TIMESTAMP":"1772359200000000","SYSLOG_IDENTIFIER":"a b","MESSAGE":"refused connect from 1.2.3.4"}
{"__REALTIME_TIMESTAMP":"1","SYSLOG_IDENTIFIER":"sshd","MESSAGE":"refused connect from 1.2.3.4"}
no json
END
"#;
    let args = [&["report", "--journald"], &SPAN[..]].concat();
    let run = with_journalctl(script).run(&args);
    let (out, err, code) = run.output();
    assert_eq!((err, code), ("", Some(0)));
    let found = logged(out);
    assert_eq!(
        (&found["events"], &found["lines"]),
        (&Value::from(1), &Value::from(6))
    );
    let stage = run.unchecked();
    let arguments = fs::read_to_string(stage.path().join("bin/arguments")).unwrap();
    assert!(arguments.contains("--since=@1772323200\n"), "{arguments}");
    let failing = "#!/bin/sh\necho 'no \x1b[31mjournal' >&2\nexit 1\n";
    with_journalctl(failing)
        .run(&["report", "--journald"])
        .stderr("tcpw: journalctl failed (exit status: 1): no \\x1b[31mjournal\n  help: it comes with systemd; without it, give the files of the system log by --log\n")
        .code(2)
        .done();
}
