//! What libwrap and its daemons log, read from logs that the real programs have just written:
//! every form of Debian's system logs, and the messages of each daemon that can run here.

use crate::{doctor, proof, sandbox::Sandbox};
use serde_json::Value;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use tempfile::TempDir;

/// New mount, network and process namespaces that end with the script.
const NAMESPACES: [&str; 8] = [
    "-m",
    "-n",
    "-p",
    "--fork",
    "--kill-child",
    "--mount-proc",
    "--propagation",
    "private",
];
/// Packages that cannot be installed beside others that the tests use, and the libraries of proftpd.
const UNPACKED: [&str; 23] = [
    "openbsd-inetd",
    "proftpd-core",
    "proftpd-mod-wrap",
    "libhiredis0.14",
    "libhashkit2",
    "libmemcached11",
    "libmemcachedutil2",
    "libpcre2-posix3",
    "socat",
    "ser2net",
    "libgensio4",
    "libsctp1",
    "libyaml-0-2",
    "libavahi-client3",
    "libavahi-common3",
    "syslog-ng-core",
    "libivykis0",
    "libnet1",
    "libpcre3",
    "libjson-c5",
    "bacula-fd",
    "bacula-common",
    "liblzo2-2",
];

/// Where the logs are written and read.
const PLACE: &str = "Asia/Seoul";

fn script(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/report")
        .join(name)
}

/// Plays a script in namespaces of its own; gives its stage and what it printed.
pub(super) fn play(name: &str, more: &[&Path]) -> (TempDir, String) {
    let stage = TempDir::with_prefix("tcpw-logs-").unwrap();
    let output = Command::new("unshare")
        .args(NAMESPACES)
        .arg("bash")
        .arg(script(name))
        .arg(stage.path())
        .args(more)
        .env_clear()
        .env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin")
        .env("LC_ALL", "C.UTF-8")
        // The times of this place are not those of UTC.
        .env("TZ", PLACE)
        .output()
        .expect("unshare (util-linux) is installed");
    let log = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(
        output.status.success(),
        "{name}: {}; needs root and the packages of tests/run\n{log}{}",
        output.status,
        String::from_utf8_lossy(&output.stderr)
    );
    (stage, log)
}

/// What `tcpw report` finds in logs of this hour.
fn logged(logs: &[&Path]) -> Value {
    let mut args = vec![
        "report",
        "--since=1h",
        "--format=json",
        "--top=100",
        "--log",
    ];
    args.extend(logs.iter().map(|log| log.to_str().unwrap()));
    let stage = Sandbox::new().env("TZ", PLACE);
    let run = stage.run(&args);
    let (out, err, code) = run.output();
    assert_eq!((err, code), ("", Some(0)), "{logs:?}");
    let report: Value = serde_json::from_str(out).unwrap();
    let found = report["logged"].clone();
    drop(run.unchecked());
    found
}

fn daemons(found: &Value) -> Vec<(String, u64)> {
    let rows = found["daemons"].as_array().unwrap();
    let mut daemons: Vec<(String, u64)> = rows
        .iter()
        .map(|row| {
            let name = row["name"].as_str().unwrap().to_owned();
            (name, row["events"].as_u64().unwrap())
        })
        .collect();
    daemons.sort();
    daemons
}

fn owned(wanted: &[(&str, u64)]) -> Vec<(String, u64)> {
    wanted
        .iter()
        .map(|(name, events)| ((*name).to_owned(), *events))
        .collect()
}

#[test]
fn every_form_of_a_system_log() {
    let (stage, _) = play("syslogs.sh", &[]);
    let log = stage.path().join("log");
    let mut files: Vec<PathBuf> = fs::read_dir(&log)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    files.sort();
    for file in &files {
        let name = file.file_name().unwrap().to_str().unwrap();
        let found = logged(&[file]);
        // Another user's forgery is in the journal, which knows who wrote it.
        let sshd = if name.starts_with("journalctl") { 7 } else { 6 };
        assert_eq!(
            daemons(&found),
            owned(&[("sshd", sshd), ("vsftpd", 1)]),
            "{name}"
        );
        for left_out in ["untimed", "outside", "copies"] {
            assert_eq!(found[left_out], 0, "{name}: {left_out}");
        }
        // The last line of busybox names no program.
        let nameless = String::from_utf8_lossy(&fs::read(file).unwrap())
            .matches("syslogd exiting")
            .count();
        assert_eq!(found["not_understood"], nameless, "{name}");
        if name.contains("export") || name.contains("json") {
            let others = found["not_by_root"].as_array().unwrap();
            let of = |user: &str| -> u64 {
                let own = others
                    .iter()
                    .filter(|row| row["name"].as_str().unwrap().starts_with(user));
                own.map(|row| row["events"].as_u64().unwrap()).sum()
            };
            // `logger` wrote them all, though it may have ended before the journal saw its name.
            assert_eq!(
                (of("uid 0 ("), of("uid 65534 (")),
                (7, 1),
                "{name}: {others:?}"
            );
        }
    }
    assert_eq!(files.len(), 23, "{files:?}");
    proof::say(&format!(
        "logs: {} of {} forms of system logs were read in full",
        files.len(),
        files.len()
    ));
    // Copies of one log count once, whatever their forms.
    let copies = ["rsyslog-traditional", "rsyslog", "rfc5424", "rsyslog.zstd"];
    let copies = copies.map(|name| log.join(name));
    let found = logged(&copies.each_ref().map(PathBuf::as_path));
    assert_eq!(
        (&found["events"], &found["copies"]),
        (&7.into(), &21.into())
    );
}

/// Where the packages are that are not installed.
fn unpacked() -> PathBuf {
    let unpacked = Path::new(env!("CARGO_TARGET_TMPDIR")).join("unpacked");
    let fetched = Command::new(script("unpack"))
        .arg(&unpacked)
        .args(UNPACKED)
        .output()
        .unwrap();
    assert!(
        fetched.status.success(),
        "the daemons cannot be tried without their packages: {}",
        String::from_utf8_lossy(&fetched.stderr)
    );
    unpacked
}

#[test]
fn what_each_daemon_writes_of_a_refusal() {
    let unpacked = unpacked();
    let program = Path::new(env!("CARGO_BIN_EXE_tcpw"));
    let newer = doctor::unpack_newer_sshd();
    let mut more = vec![unpacked.as_path(), program];
    more.extend(newer.as_deref());
    let (stage, log) = play("daemons.sh", &more);
    doctor::is_told(stage.path(), &log);
    let asked = log.lines().filter(|line| line.ends_with(": asked")).count();
    assert_eq!(asked, 14, "{log}");
    let place = stage.path().join("log");
    // openbsd-inetd writes the service, not the name it asks libwrap with; the client of in.tftpd
    // has another address in its message, see below.
    let all = owned(&[
        ("2203", 1),
        ("cat", 2),
        ("imaps", 1),
        ("in.fingerd", 1),
        ("in.tftpd", 1),
        ("mosquitto", 1),
        ("nrpe", 1),
        ("rpcbind", 1),
        ("slapd", 1),
        ("snmpd", 2),
        ("sshd", 1),
    ]);
    for form in ["traditional", "iso", "rfc5424"] {
        let found = logged(&[&place.join(form)]);
        assert_eq!(daemons(&found), all, "{form}");
        assert_eq!(found["not_understood"], 0, "{form}");
        let sources: Vec<&str> = found["top_sources"]
            .as_array()
            .unwrap()
            .iter()
            .map(|row| row["name"].as_str().unwrap())
            .collect();
        // in.tftpd 5.2 writes 0.0.0.0 whoever the client is.
        assert_eq!(sources, ["127.0.0.9", "0.0.0.0", "::1"], "{form}");
    }
    for (file, daemon) in [
        ("mosquitto.log", "mosquitto"),
        ("proftpd.log", "proftpd"),
        ("stunnel.log", "imaps"),
        ("vsftpd.log", "vsftpd"),
        ("xinetd.log", "telnet"),
    ] {
        let found = logged(&[&place.join(file)]);
        assert_eq!(daemons(&found), owned(&[(daemon, 1)]), "{file}");
        assert_eq!(found["top_sources"][0]["name"], "127.0.0.9", "{file}");
    }
    // The daemon's own log holds what the system log holds.
    let both = [place.join("iso"), place.join("mosquitto.log")];
    let found = logged(&both.each_ref().map(PathBuf::as_path));
    assert_eq!(
        (&found["events"], &found["copies"]),
        (&13.into(), &1.into())
    );
    proof::say(&format!(
        "logs: the refusals of {asked} of {asked} daemons were read"
    ));
}
