//! From a refused stranger at Debian's real sshd to a mail in a real inbox, over STARTTLS and AUTH;
//! and an operator who changes the tables through which they are connected.
//!
//! The scripts play it in namespaces of its own (mounts, network, processes), so that no
//! file, port or process of the machine is touched and nothing outlives the test.

use crate::sandbox::legacy_made::MadeLegacy;
use crate::sandbox::mmdb_made::{Made, country};
use crate::{proof, sandbox};
use std::ffi::OsStr;
use std::fs;
use std::io::{self, Write as _};
use std::path::Path;
use std::process::{Command, Output};
use tempfile::TempDir;

/// New mount, network and process namespaces that end with the script.
const NAMESPACES: [&str; 6] = ["-m", "-n", "-p", "--fork", "--kill-child", "--mount-proc"];

#[test]
fn a_refused_stranger_becomes_a_mail() {
    prove("scenario.sh", "sshd: ", 6);
}

#[test]
fn nobody_is_locked_out_by_surprise() {
    prove("lockout.sh", "lockout: ", 7);
}

#[test]
fn a_mail_server_in_a_black_hole_keeps_nobody_out() {
    prove("blackhole.sh", "black hole: ", 3);
}

#[test]
fn a_flood_is_recorded_in_full_and_told_in_few_mails() {
    prove("flood.sh", "flood: ", 2);
}

#[test]
fn the_stranger_of_a_daemon_without_privileges_becomes_a_mail() {
    prove("unprivileged.sh", "unprivileged: ", 3);
}

#[test]
fn the_gate_admits_by_country_and_refuses_when_it_is_broken() {
    let put = |stage: &Path| {
        let countries = Made::new("GeoLite2-Country")
            .with("203.0.113.0/24", country("KR"))
            .with("198.51.100.0/24", country("CN"));
        let v4 = MadeLegacy::new()
            .with("203.0.113.0/24", 119)
            .with("198.51.100.0/24", 48);
        let v6 = MadeLegacy::new().with("2001:db8::/32", 119);
        for (name, bytes) in [
            ("country.mmdb", countries.bytes()),
            ("GeoIP.dat", v4.bytes()),
            ("GeoIPv6.dat", v6.bytes()),
        ] {
            fs::write(stage.join(name), bytes).unwrap();
        }
    };
    prove_with("gate.sh", "gate: ", 5, &put);
}

/// Plays a script that must prove as many things as `facts`.
fn prove(script: &str, mark: &str, facts: usize) {
    prove_with(script, mark, facts, &|_| {});
}

/// The same, with what `put` puts into its stage.
fn prove_with(script: &str, mark: &str, facts: usize, put: &dyn Fn(&Path)) {
    let (output, log) = play_script(script, &sandbox::program(), put);
    io::stderr().write_all(log.as_bytes()).unwrap();
    assert!(
        output.status.success(),
        "{}; needs root and namespaces, sshd, ssh and stunnel4\n{}",
        output.status,
        String::from_utf8_lossy(&output.stderr)
    );
    let proven: Vec<&str> = log.lines().filter(|line| line.starts_with(mark)).collect();
    assert_eq!(proven.len(), facts, "the script did not reach its end");
    for line in proven {
        proof::say(line);
    }
}

/// The scenario must be able to fail: with a program that does nothing everybody gets in.
#[test]
fn a_program_that_does_nothing_is_noticed() {
    let (output, log) = play(OsStr::new("/bin/true"));
    assert_eq!(output.status.code(), Some(1), "{log}");
    let complaint = "FAILED: unlisted client (127.0.0.3): wanted CLOSED, got BANNER";
    assert!(log.contains(complaint), "{log}");
}

/// Plays the scenario with `program` as tcpw; gives its outcome and its log.
fn play(program: &OsStr) -> (Output, String) {
    play_script("scenario.sh", program, &|_| {})
}

fn play_script(script: &str, program: &OsStr, put: &dyn Fn(&Path)) -> (Output, String) {
    let script = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/sshd")
        .join(script);
    let stage = TempDir::with_prefix("tcpw-sshd-").unwrap();
    put(stage.path());
    let output = Command::new("unshare")
        .args(NAMESPACES)
        .args(["--propagation", "private", "bash"])
        .arg(script)
        .arg(stage.path())
        .arg(program)
        .env_clear()
        .env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin")
        .env("LC_ALL", "C.UTF-8")
        .envs(std::env::var_os("TCPW_QUIET").map(|value| ("TCPW_QUIET", value)))
        .output()
        .expect("unshare (util-linux) is installed");
    let log = String::from_utf8_lossy(&output.stdout).into_owned();
    (output, log)
}
