//! The package with the program for many servers: what is in it, what its units may do, and that it comes and
//! goes beside the package of the toolkit.

use super::deb::package as toolkit;
use super::lifecycle::play;
use super::programs::{fleet, outcome, root, run, script};
use crate::proof;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;
use tempfile::TempDir;

/// The package, made once.
fn package() -> &'static Path {
    static MADE: OnceLock<(TempDir, PathBuf)> = OnceLock::new();
    let (_, package) = MADE.get_or_init(|| {
        let folder = TempDir::with_prefix("tcpw-fleet-").unwrap();
        let mut build = script("deb/build");
        build.args(["--package", "tcpw-fleet", "--programs"]);
        build.arg(fleet()).arg("--output").arg(folder.path());
        let made = PathBuf::from(run(&mut build).trim_end());
        (folder, made)
    });
    package
}

/// What is in the package, unpacked.
fn unpacked() -> TempDir {
    let folder = TempDir::new().unwrap();
    run(Command::new("dpkg-deb")
        .arg("--extract")
        .arg(package())
        .arg(folder.path()));
    folder
}

#[test]
fn it_holds_the_program_its_page_its_units_and_no_file_in_etc() {
    let listed = run(Command::new("dpkg-deb").arg("--contents").arg(package()));
    let files: Vec<Vec<&str>> = listed
        .lines()
        .map(|line| line.split_whitespace().collect())
        .collect();
    let has = |mode: &str, path: &str| {
        let path = format!("./{path}");
        let found = files.iter().find(|words| words[5] == path);
        let found = found.map(|words| (words[0], words[1]));
        assert_eq!(found, Some((mode, "root/root")), "{path} of {listed}");
    };
    has("-rwxr-xr-x", "usr/sbin/tcpw-fleet");
    for path in [
        "usr/share/man/man8/tcpw-fleet.8.gz",
        "usr/lib/sysusers.d/tcpw-fleet.conf",
        "usr/lib/tmpfiles.d/tcpw-fleet.conf",
        "usr/share/doc/tcpw-fleet/examples/cron",
        "usr/share/doc/tcpw-fleet/examples/tcpw-fleet.env",
        "usr/share/doc/tcpw-fleet/fleet.md",
        "usr/share/doc/tcpw-fleet/copyright",
        "usr/share/doc/tcpw-fleet/changelog.gz",
        "usr/share/doc/tcpw-fleet/sbom.cdx.json",
        "usr/share/doc/tcpw-fleet/third-party-licenses.txt.gz",
    ] {
        has("-rw-r--r--", path);
    }
    for unit in fs::read_dir(root().join("packaging/systemd/fleet")).unwrap() {
        let name = unit.unwrap().file_name().into_string().unwrap();
        has("-rw-r--r--", &format!("usr/lib/systemd/system/{name}"));
    }
    // Nothing is on by itself, and the configuration is the toolkit's.
    let own = |words: &Vec<&str>| words[5].contains(".wants/") || words[5].starts_with("./etc/");
    assert!(!files.iter().any(own), "{listed}");
    let control = run(Command::new("dpkg-deb").arg("--field").arg(package()));
    let version = run(&mut script("version"));
    let needs = format!("tcpw (= {})", version.trim());
    let depends = control.lines().find(|line| line.starts_with("Depends: "));
    assert!(
        depends.is_some_and(|line| line.ends_with(&needs)),
        "{control}"
    );
}

#[test]
fn lintian_finds_no_error() {
    let mut lintian = Command::new("lintian");
    lintian.args(["--allow-root", "--fail-on", "error", "--color", "never"]);
    let (code, said) = outcome(lintian.arg(package()));
    assert_eq!(code, Some(0), "{said}");
    let count = |mark: &str| said.lines().filter(|line| line.starts_with(mark)).count();
    assert_eq!(count("E:"), 0, "{said}");
    proof::say(&format!(
        "package tcpw-fleet: lintian: 0 errors, {} warnings",
        count("W:")
    ));
}

/// How much of the system a service sees, from 0 to 10, as systemd counts it offline.
fn exposure(units: &Path, service: &str) -> f64 {
    let mut analyze = Command::new("systemd-analyze");
    analyze.args(["security", "--offline=true", "--no-pager"]);
    let output = analyze.arg(units.join(service)).output().unwrap();
    let told = String::from_utf8_lossy(&output.stdout);
    let level = told
        .lines()
        .find_map(|line| line.split_once("exposure level for "));
    let level = level.and_then(|(_, level)| level.split(' ').nth(1));
    level.and_then(|level| level.parse().ok()).expect(&told)
}

#[test]
fn its_units_expose_little() {
    let folder = unpacked();
    let units = folder.path().join("usr/lib/systemd/system");
    let push = exposure(&units, "tcpw-fleet-push.service");
    let prune = exposure(&units, "tcpw-fleet-prune.service");
    let sum = exposure(&units, "tcpw-fleet-sum.service");
    let mailer = exposure(&units, "tcpw-fleet-mail.service");
    // Where tcpw starts no mailer, as for the deliverer.
    let drop_in = units.join("tcpw-fleet-mail.service.d");
    fs::create_dir(&drop_in).unwrap();
    let hardened = root().join("packaging/systemd/hardened.conf");
    fs::copy(hardened, drop_in.join("hardened.conf")).unwrap();
    let mail = exposure(&units, "tcpw-fleet-mail.service");
    assert!(push <= 1.5 && prune <= 1.5, "push {push}, prune {prune}");
    assert!(sum <= prune, "sum {sum}, prune {prune}");
    assert!(mail <= 1.5 && mail < mailer, "mail {mail}, {mailer}");
    proof::say(&format!(
        "units of tcpw-fleet: exposure by systemd-analyze security: push {push}, prune {prune}, mail {mail}; \
         mail with a local mailer {mailer}"
    ));
}

#[test]
fn it_comes_works_and_goes_beside_the_toolkit() {
    let log = play(
        "lifecycle_fleet.sh",
        &[toolkit().as_os_str(), package().as_os_str()],
    );
    let proven: Vec<&str> = log
        .lines()
        .filter(|line| line.starts_with("package tcpw-fleet: "))
        .collect();
    assert_eq!(proven.len(), 6, "the script did not reach its end");
    for line in proven {
        proof::say(line);
    }
}
