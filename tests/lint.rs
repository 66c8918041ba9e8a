//! `tcpw lint` on the fixture of each code, its claims before the real libwrap, and hostile bytes.
#![expect(missing_docs, reason = "a test has no interface")]

use proptest::prelude::*;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use tcpw::lint::{CHECKS, Policy, run};
use tcpw::span::index;
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
        let output = lint(&folder, &[], &tables(&folder, "bad"));
        let expected = std::fs::read_to_string(folder.join("expected.txt")).unwrap();
        let printed = String::from_utf8(output.stdout).unwrap();
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
        let output = lint(&folder, &[], &tables(&folder, "good"));
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
    let directory = tempfile::tempdir().unwrap();
    let oracle = directory.path().join("oracle");
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/lint_oracle/oracle.c");
    let compiled = Command::new("cc")
        .arg(source)
        .arg("-o")
        .arg(&oracle)
        .arg("-lwrap")
        .output()
        .expect("a C compiler is needed (package gcc)");
    assert!(
        compiled.status.success(),
        "libwrap is needed (package libwrap0-dev): {}",
        String::from_utf8_lossy(&compiled.stderr)
    );
    let mut checked = 0;
    for folder in folders() {
        let claims = std::fs::read_to_string(folder.join("claims")).unwrap();
        assert!(!claims.trim().is_empty(), "{}", name_of(&folder));
        for claim in claims.lines() {
            let [daemon, address, name, expected] =
                claim.split(' ').collect::<Vec<_>>().try_into().unwrap();
            let answer = Command::new(&oracle)
                .arg(folder.join("bad.allow"))
                .arg(folder.join("bad.deny"))
                .args([daemon, address, name])
                .output()
                .unwrap();
            let answer = String::from_utf8(answer.stdout).unwrap();
            assert_eq!(answer.trim(), expected, "{}: {claim}", name_of(&folder));
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
    assert_eq!(object.keys().collect::<Vec<_>>(), ["diagnostics"]);
    let first = &json["diagnostics"][0];
    let expected = serde_json::json!({
        "code": "TW301", "name": "host-bits-set", "severity": "error", "file": "bad.allow",
        "line": 1, "column": 7, "end_line": 1, "end_column": 19,
        "message": first["message"], "help": "write `10.1.2.0/24`",
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
fn a_missing_table_is_empty_and_a_directory_is_a_failure() {
    let directory = tempfile::tempdir().unwrap();
    let output = lint(directory.path(), &[], &["hosts.allow".to_owned()]);
    assert_eq!(output.status.code(), Some(0));
    assert!(String::from_utf8_lossy(&output.stderr).contains("does not exist"));
    std::fs::create_dir(directory.path().join("hosts.deny")).unwrap();
    let output = lint(directory.path(), &[], &["hosts.deny".to_owned()]);
    assert_eq!(output.status.code(), Some(2));
}

/// Text that is more often like a table than random bytes are.
fn table() -> impl Strategy<Value = Vec<u8>> {
    let word = prop::sample::select(vec![
        "sshd",
        "ALL",
        ":",
        " ",
        "\n",
        "\\\n",
        "#",
        "EXCEPT ",
        "10.1.2.3/24",
        "[2001:db8::]/x",
        "]",
        "[",
        "spawn ",
        "echo %z",
        "deny",
        "allow",
        "::1",
        ",",
        "\r",
        "\0",
        "=",
        "@",
        "0/0",
        "1.2.",
        ".a.b",
        "*a.b",
        "severity ",
        "/list",
        "가",
        "\u{feff}",
        "&",
        "1-9",
        "!",
        "a.b.",
    ]);
    prop_oneof![
        prop::collection::vec(any::<u8>(), 0..200),
        prop::collection::vec(word, 0..80).prop_map(|words| words.concat().into_bytes()),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 3000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_bytes_make_it_panic_and_all_places_lie_in_the_file(allow in table(), deny in table()) {
        let (allow_tree, deny_tree) = (parse(&allow), parse(&deny));
        let policy = Policy { allow: Some(&allow_tree), deny: Some(&deny_tree) };
        for finding in run(&policy, 50).findings {
            let source = match finding.table {
                tcpw::engine::TableName::Allow => &allow,
                tcpw::engine::TableName::Deny => &deny,
            };
            let span = finding.diagnostic.span;
            prop_assert!(span.start <= span.end, "{finding:?}");
            prop_assert!(index(span.end) <= source.len(), "{finding:?}");
            prop_assert!(!finding.diagnostic.message.is_empty() && !finding.diagnostic.help.is_empty());
        }
    }
}
