//! `tcpw lint` on the fixture of each code, its claims before the real libwrap, and hostile bytes.

mod checks;
mod formats;
mod repair;
mod witness;
mod world;

use crate::engine::Oracle;
use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use tcpw::diagnostic::Severity;
use tcpw::lint::{CHECKS, Policy, Site, run};
use tcpw::syntax::parse;

fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/lint")
}

fn folders() -> Vec<PathBuf> {
    let entries = std::fs::read_dir(fixtures()).unwrap();
    let mut folders: Vec<_> = entries
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.is_dir())
        .collect();
    folders.sort();
    folders
}

fn name_of(folder: &Path) -> &str {
    folder.file_name().unwrap().to_str().unwrap()
}

/// The tables `KIND.allow` and `KIND.deny` of a folder, as far as they are there.
fn tables(folder: &Path, kind: &str) -> Vec<String> {
    let names = ["allow", "deny"].map(|table| format!("{kind}.{table}"));
    let there = |name: &String| folder.join(name).exists();
    let found: Vec<_> = names.into_iter().filter(there).collect();
    assert!(!found.is_empty(), "{} has no {kind} table", name_of(folder));
    found
}

/// A copy of a fixture, in which `[DIR]` stands for its directory.
struct Stage {
    directory: tempfile::TempDir,
}

impl Stage {
    fn of(folder: &Path) -> Self {
        // Always as long, so that columns do not depend on the machine.
        let directory = tempfile::TempDir::with_prefix_in("tcpw-", "/tmp").unwrap();
        let place = directory.path().to_str().unwrap();
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let bytes = std::fs::read(&path).unwrap();
            let bytes = match String::from_utf8(bytes) {
                Ok(text) => text.replace("[DIR]", place).into_bytes(),
                Err(error) => error.into_bytes(),
            };
            let copy = directory.path().join(path.file_name().unwrap());
            std::fs::write(&copy, bytes).unwrap();
            std::fs::set_permissions(&copy, Permissions::from_mode(mode_of(&copy))).unwrap();
        }
        std::fs::set_permissions(directory.path(), Permissions::from_mode(0o755)).unwrap();
        if folder.join("setup").exists() {
            let status = Command::new("sh")
                .args(["-e", "setup"])
                .current_dir(directory.path())
                .status();
            assert!(status.unwrap().success(), "{}", name_of(folder));
        }
        Self { directory }
    }

    fn path(&self) -> &Path {
        self.directory.path()
    }

    /// Whether its tables are for another build of libwrap than the installed one.
    fn has_dialect(&self) -> bool {
        let arguments = std::fs::read_to_string(self.path().join("arguments"));
        arguments.is_ok_and(|text| text.contains("--dialect"))
    }

    /// What is said about the files themselves is said only where they are the machine's tables.
    fn lint_as_those_of_the_machine(&self, kind: &str, arguments: &[&str]) -> Output {
        Command::new(env!("CARGO_BIN_EXE_tcpw"))
            .current_dir(self.path())
            .args(["--allow-file", &format!("{kind}.allow")])
            .args(["--deny-file", &format!("{kind}.deny")])
            .arg("lint")
            .args(arguments)
            .output()
            .unwrap()
    }

    /// Runs `tcpw lint` on the tables of a kind.
    fn lint(&self, kind: &str, arguments: &[&str]) -> Output {
        let own = std::fs::read_to_string(self.path().join("arguments")).unwrap_or_default();
        let arguments: Vec<_> = own
            .split_whitespace()
            .chain(arguments.iter().copied())
            .collect();
        let mut output = if self.path().join("setup").exists() {
            self.lint_as_those_of_the_machine(kind, &arguments)
        } else {
            lint(self.path(), &arguments, &tables(self.path(), kind))
        };
        let printed = String::from_utf8(output.stdout).unwrap();
        let place = self.path().to_str().unwrap();
        output.stdout = printed.replace(place, "[DIR]").into_bytes();
        output
    }
}

/// `list-0600` is to have the mode 600; what has no mode in its name is as files mostly are.
fn mode_of(path: &Path) -> u32 {
    let name = path.file_name().unwrap().to_str().unwrap();
    let mode = name.rsplit_once("-0").map(|(_, mode)| mode);
    mode.and_then(|mode| u32::from_str_radix(mode, 8).ok())
        .unwrap_or(0o644)
}

fn lint(folder: &Path, arguments: &[&str], files: &[String]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_tcpw"))
        .current_dir(folder)
        .arg("lint")
        .args(arguments)
        .args(files)
        .output()
        .unwrap()
}

#[test]
fn every_code_has_a_folder_and_every_folder_a_code() {
    let codes: Vec<_> = CHECKS
        .iter()
        .map(|check| format!("{}-{}", check.code, check.name))
        .collect();
    let folders = folders();
    let names: Vec<_> = folders.iter().map(|folder| name_of(folder)).collect();
    assert_eq!(names, codes);
}

#[test]
fn bad_tables_are_reported_exactly_as_recorded() {
    for folder in folders() {
        let output = Stage::of(&folder).lint("bad", &[]);
        let printed = String::from_utf8(output.stdout).unwrap();
        if std::env::var_os("TCPW_UPDATE").is_some() {
            std::fs::write(folder.join("expected.txt"), &printed).unwrap();
        }
        let expected = std::fs::read_to_string(folder.join("expected.txt")).unwrap();
        let name = name_of(&folder);
        assert_eq!(printed, expected, "{name}");
        assert_eq!(String::from_utf8_lossy(&output.stderr), "", "{name}");
        let code = name.split('-').next().unwrap();
        assert!(
            printed.contains(&format!("[{code}]")),
            "{name} is not found"
        );
        let is_clean = !printed.contains(": error[") && !printed.contains(": warning[");
        assert_eq!(output.status.code(), Some(i32::from(!is_clean)), "{name}");
    }
}

#[test]
fn good_tables_are_free_of_the_code() {
    for folder in folders() {
        let output = Stage::of(&folder).lint("good", &[]);
        let printed = String::from_utf8(output.stdout).unwrap();
        let name = name_of(&folder);
        let code = name.split('-').next().unwrap();
        assert!(
            !printed.contains(&format!("[{code}]")),
            "{name}:\n{printed}"
        );
        assert!(printed.ends_with('\n') && !printed.is_empty(), "{name}");
    }
}

#[test]
fn the_claims_are_what_the_real_libwrap_decides() {
    let mut oracle = Oracle::start();
    let mut checked = 0;
    for folder in folders() {
        let claims = std::fs::read_to_string(folder.join("claims")).unwrap();
        let stage = Stage::of(&folder);
        assert!(!claims.trim().is_empty(), "{}", name_of(&folder));
        for claim in claims.lines() {
            let [daemon, address, name, expected] =
                claim.split(' ').collect::<Vec<_>>().try_into().unwrap();
            let tables = crate::engine::Tables {
                allow: stage.path().join("bad.allow"),
                deny: stage.path().join("bad.deny"),
            };
            let query = format!("{daemon}\t{address}\t{name}").into_bytes();
            let answer = &oracle.ask(&tables, &[query])[0].text;
            assert!(
                answer.starts_with(expected),
                "{}: {claim}: {answer}",
                name_of(&folder)
            );
            checked += 1;
        }
    }
    assert!(checked >= CHECKS.len(), "{checked} claims only");
}

#[test]
fn json_has_the_promised_shape() {
    let folder = fixtures().join("TW301-host-bits-set");
    let output = lint(&folder, &["--format", "json"], &tables(&folder, "bad"));
    assert_eq!(output.status.code(), Some(1));
    let json: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let object = json.as_object().unwrap();
    assert_eq!(
        object.keys().collect::<Vec<_>>(),
        ["diagnostics", "dialect"]
    );
    let first = &json["diagnostics"][0];
    let expected = serde_json::json!({
        "code": "TW301", "name": "host-bits-set", "severity": "error",
        "harm": "locks people out", "file": "bad.allow",
        "line": 1, "column": 7, "end_line": 1, "end_column": 18,
        "message": first["message"], "help": "write `10.1.2.0/24`",
        "witness": {
            "daemon": "sshd", "address": "10.1.2.3", "verdict": "denied", "table": "allow",
            "line": 2, "text": "10.1.2.3 is refused at sshd by bad.allow:2",
        },
    });
    assert_eq!(first, &expected);
    assert!(
        first["message"]
            .as_str()
            .unwrap()
            .contains("matches no address")
    );
}

#[test]
fn findings_beyond_the_cap_are_counted() {
    let directory = tempfile::tempdir().unwrap();
    std::fs::write(
        directory.path().join("hosts.allow"),
        "sshd: 1.2.3\n".repeat(9),
    )
    .unwrap();
    let files = ["hosts.allow".to_owned()];
    let output = lint(directory.path(), &["--max-per-code", "2"], &files);
    let printed = String::from_utf8(output.stdout).unwrap();
    assert_eq!(printed.matches("[TW309]").count(), 2);
    assert!(printed.contains("TW309: 7 more not shown"), "{printed}");
    assert!(printed.contains("9 errors"), "{printed}");
}

#[test]
fn a_named_table_that_is_missing_and_a_directory_are_failures() {
    let directory = tempfile::tempdir().unwrap();
    let output = lint(directory.path(), &[], &["hosts.allow".to_owned()]);
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("there is no table hosts.allow"));
    std::fs::create_dir(directory.path().join("hosts.deny")).unwrap();
    let output = lint(directory.path(), &[], &["hosts.deny".to_owned()]);
    assert_eq!(output.status.code(), Some(2));
}

#[test]
fn a_careful_policy_has_no_findings() {
    let allow = b"# friends\nsshd: 192.0.2.7 10.1.0.0/16 172.16. [2001:db8::]/32\n\
        sshd: .example.org EXCEPT bad.example.org\nvsftpd, smtpd: LOCAL : severity auth.info\n\
        sshd: 198.51.100.7 : spawn /usr/bin/logger -t sshd %a : allow\r\n\
        ALL: UNKNOWN : spawn /usr/bin/tcpw notify --addr %a -- %h : deny\n";
    let deny = b"# nobody else\nALL: ALL\n";
    let (allow, deny) = (parse(allow), parse(deny));
    let policy = Policy {
        allow: Some(&allow),
        deny: Some(&deny),
    };
    let report = run(&policy, &Site::NOWHERE, 50);
    let findings = report.findings.iter().map(|found| &found.diagnostic);
    let findings = findings.filter(|found| found.severity > Severity::Info);
    let codes: Vec<_> = findings.map(|found| found.code).collect();
    // The logger really makes its client wait.
    assert_eq!(codes, ["TW601"]);
}
