//! The portable archive, `make install` from it and from the sources, and the check of the C library's
//! version.

use super::programs::{all, outcome, programs, root, run, script};
use crate::proof;
use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use tempfile::TempDir;

fn make_archive(folder: &Path) -> PathBuf {
    let mut archive = script("archive");
    archive.arg("--programs").arg(all());
    PathBuf::from(run(archive.arg("--output").arg(folder)).trim_end())
}

/// All files below a folder, as paths from there.
fn files(folder: &Path) -> BTreeSet<String> {
    let found = run(Command::new("find")
        .arg(folder)
        .args(["-type", "f", "-printf", "%P\\n"]));
    found.lines().map(str::to_owned).collect()
}

/// `make VERB` in a folder of sources, below `stage`.
fn make(sources: &Path, verb: &str, stage: &Path) -> String {
    let mut make = Command::new("make");
    make.args(["--no-print-directory", verb, "PREFIX=/opt/tcpw"]);
    make.arg("PARTS=tcpw tcpw-fleet");
    make.arg(format!("DESTDIR={}", stage.display()));
    if sources == root() {
        make.arg(format!("PROGRAMS={}", all().display()));
    }
    run(make.current_dir(sources))
}

/// A unit below a root starts the program where it was put.
fn starts(root: &Path, unit: &str, line: &str) {
    let path = root.join("opt/tcpw/lib/systemd/system").join(unit);
    let text = fs::read_to_string(path).unwrap();
    let wanted = format!("ExecStart=/opt/tcpw/sbin/{line}\n");
    assert!(text.contains(&wanted), "{text}");
}

#[test]
fn what_it_unpacks_to_can_be_installed_like_the_sources() {
    let folder = TempDir::new().unwrap();
    let archive = make_archive(folder.path());
    run(Command::new("tar")
        .arg("-xzf")
        .arg(&archive)
        .arg("-C")
        .arg(folder.path()));
    let name = archive.file_name().unwrap().to_str().unwrap();
    let unpacked = folder.path().join(name.strip_suffix(".tar.gz").unwrap());
    // It works where it was unpacked, too.
    let said = run(Command::new(unpacked.join("tcpw")).arg("--version"));
    assert!(said.starts_with("tcpw "), "{said}");
    assert!(unpacked.join("sbom.cdx.json").exists());

    let (one, two) = (folder.path().join("one"), folder.path().join("two"));
    make(root(), "install", &one);
    make(&unpacked, "install", &two);
    let installed = files(&one);
    assert_eq!(installed, files(&two));
    for path in [
        "opt/tcpw/sbin/tcpw",
        "opt/tcpw/sbin/tcpw-notify",
        "opt/tcpw/sbin/tcpw-gate",
        "opt/tcpw/sbin/tcpw-fleet",
        "opt/tcpw/share/man/man8/tcpw-fleet.8.gz",
        "opt/tcpw/lib/systemd/system/tcpw-fleet-push.timer",
        "opt/tcpw/share/man/man8/tcpw.8.gz",
        "opt/tcpw/share/bash-completion/completions/tcpw",
        "opt/tcpw/lib/systemd/system/tcpw-expire.service",
        "etc/tcpw.toml",
    ] {
        assert!(installed.contains(path), "{path} of {installed:#?}");
    }
    for path in &installed {
        let same = fs::read(one.join(path)).unwrap() == fs::read(two.join(path)).unwrap();
        assert!(same, "{path}");
    }
    starts(&one, "tcpw-expire.service", "tcpw expire");
    starts(&one, "tcpw-fleet-push.service", "tcpw-fleet push");
    let mode = fs::metadata(one.join("etc/tcpw.toml"))
        .unwrap()
        .permissions()
        .mode();
    assert_eq!(mode & 0o7777, 0o600);

    // Whoever installs again keeps the configuration, and whoever uninstalls keeps that alone.
    fs::write(one.join("etc/tcpw.toml"), "# mine\n").unwrap();
    make(root(), "install", &one);
    make(root(), "uninstall", &one);
    assert_eq!(files(&one), BTreeSet::from(["etc/tcpw.toml".to_owned()]));
    assert_eq!(
        fs::read_to_string(one.join("etc/tcpw.toml")).unwrap(),
        "# mine\n"
    );
    proof::say(&format!(
        "make install: {} files, and none of them after make uninstall",
        installed.len() - 1
    ));
}

#[test]
fn it_is_made_alike_whenever_and_wherever_it_is_made() {
    let (one, two) = (TempDir::new().unwrap(), TempDir::new().unwrap());
    let bytes = [&one, &two].map(|folder| fs::read(make_archive(folder.path())).unwrap());
    assert!(
        bytes[0] == bytes[1],
        "two archives of the same programs differ"
    );
    proof::say(&format!(
        "archive: made twice, the same {} bytes",
        bytes[0].len()
    ));
}

#[test]
fn a_program_that_needs_a_later_c_library_is_noticed() {
    let symbols = |version: &str, program: &str| {
        outcome(script("symbols").arg(version).arg(programs().join(program)))
    };
    // The one that daemons run needs no library at all.
    let (code, said) = symbols("2.28", "tcpw-notify");
    assert_eq!(code, Some(0), "{said}");
    assert!(said.ends_with("static\n"), "{said}");
    // This machine's own is the newest that a program built here can ask for.
    let own = run(Command::new("getconf").arg("GNU_LIBC_VERSION"));
    let own = own.trim().strip_prefix("glibc ").unwrap();
    let (code, said) = symbols(own, "tcpw");
    assert_eq!(code, Some(0), "{said}");
    let asked = said
        .split("glibc ")
        .nth(1)
        .unwrap()
        .split(' ')
        .next()
        .unwrap()
        .to_owned();
    let (code, said) = symbols("2.5", "tcpw");
    assert_eq!(code, Some(1), "{said}");
    assert!(
        said.contains(&format!("needs glibc {asked}, which is later than 2.5")),
        "{said}"
    );
    proof::say(&format!(
        "symbols: tcpw asks for glibc {asked} as it is built here, tcpw-notify for none"
    ));
}

#[test]
fn rules_that_call_a_program_are_found_wherever_they_stand_in_a_rule() {
    let folder = TempDir::new().unwrap();
    let table = folder.path().join("hosts.deny");
    let look = |text: &str| {
        fs::write(&table, text).unwrap();
        let mut command = script("still-called");
        outcome(
            command
                .arg("/usr/sbin")
                .arg(&table)
                .arg("/nonexistent/hosts.allow"),
        )
    };
    for text in [
        "ALL: ALL: spawn /usr/sbin/tcpw-notify --addr %a\n",
        "sshd: ALL: aclexec /usr/sbin/tcpw-gate --country KR -- %a\n",
        "ALL: ALL: spawn (/sbin/tcpw notify --addr %a) &\n",
        "ALL: ALL \\\n: spawn \\\n  /usr/sbin/tcpw-notify -- %h\n",
        "# a comment\nsshd: ALL: aclexec /usr/sbin/tcpw match sshd %a",
        // A rule, whatever it looks like.
        " # ALL: ALL: spawn /usr/sbin/tcpw-notify\n",
    ] {
        let (code, said) = look(text);
        assert_eq!(code, Some(1), "{text}{said}");
        assert!(said.contains("hosts.deny:"), "{said}");
    }
    for text in [
        "",
        "ALL: ALL\n",
        "# ALL: ALL: spawn /usr/sbin/tcpw-notify\n",
        "# goes on \\\nALL: ALL: spawn /usr/sbin/tcpw-notify\n",
        "ALL: ALL: spawn /usr/local/sbin/tcpw-notify\n",
        "ALL: ALL: spawn /usr/sbin/tcpw-other\n",
        "ALL: ALL: spawn /usr/sbin/tcpwx\n",
    ] {
        assert_eq!(look(text), (Some(0), String::new()), "{text}");
    }
    fs::remove_file(&table).unwrap();
    fs::create_dir(&table).unwrap();
    let (code, said) = outcome(script("still-called").arg("/usr/sbin").arg(&table));
    assert_eq!(code, Some(2), "{said}");
}

#[test]
fn the_configuration_that_is_installed_changes_nothing_and_its_examples_are_right() {
    let text = fs::read_to_string(root().join("packaging/tcpw.toml")).unwrap();
    let parse = |text: &str| {
        let place = Path::new("/etc/tcpw.toml");
        tcpw::config::parse(text.as_bytes(), place, &Path::to_path_buf).unwrap()
    };
    assert_eq!(format!("{:?}", parse(&text)), format!("{:?}", parse("")));
    let lines = text.lines().map(|line| match line.strip_prefix('#') {
        Some(example) if !example.starts_with(' ') => example,
        Some(_) | None => line,
    });
    let uncommented = lines.collect::<Vec<_>>().join("\n");
    let config = parse(&uncommented);
    assert_eq!(config.mail.to.len(), 1, "{uncommented}");
}
