//! `tcpw match --explain` and `tcpw test`: five tangled pairs of tables and what is told of them, as
//! golden files. `TCPW_UPDATE=1 cargo test --test main explain` writes them again.

use crate::sandbox::Sandbox;
use serde_json::Value;
use std::fs;
use std::path::{Path, PathBuf};

fn fixtures(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("fixtures")
        .join(name)
}

fn read(path: &Path) -> Vec<u8> {
    fs::read(path).unwrap()
}

/// What every query of a fixture prints, each after its command.
fn told(folder: &Path) -> String {
    let mut stage = Sandbox::new()
        .allow(read(&folder.join("hosts.allow")))
        .deny(read(&folder.join("hosts.deny")));
    let mut told = Vec::new();
    for query in fs::read_to_string(folder.join("queries")).unwrap().lines() {
        let arguments: Vec<&str> = ["match"]
            .into_iter()
            .chain(query.split(' '))
            .chain(["--explain"])
            .collect();
        let run = stage.run(&arguments);
        let (stdout, stderr, code) = run.output();
        assert_eq!(stderr, "", "{query}");
        let stdout = stdout.replace("[ROOT]", "");
        let code = code.unwrap();
        told.push(format!(
            "$ tcpw match {query} --explain\n{stdout}exit code {code}\n"
        ));
        stage = run.unchecked();
    }
    told.join("\n")
}

#[test]
fn the_story_of_five_tangled_policies() {
    let mut folders: Vec<PathBuf> = fs::read_dir(fixtures("explain"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.is_dir())
        .collect();
    folders.sort();
    assert_eq!(folders.len(), 5);
    for folder in folders {
        let golden = folder.join("expected.txt");
        let told = told(&folder);
        if std::env::var_os("TCPW_UPDATE").is_some() {
            fs::write(&golden, &told).unwrap();
        }
        let expected = fs::read_to_string(&golden).unwrap_or_default();
        assert!(told == expected, "{} differs:\n{told}", golden.display());
    }
}

fn json(allow: &str, deny: &str, arguments: &[&str]) -> Value {
    let run = Sandbox::new().allow(allow).deny(deny).run(arguments);
    serde_json::from_str(run.output().0).unwrap()
}

#[test]
fn the_whole_answer_as_json() {
    let allow = "vsftpd: ALL\nsshd: 10. EXCEPT 10.1.: setenv A %a: allow\nsshd: KNOWN\n";
    let query = ["match", "sshd", "10.2.3.4", "--explain", "--format", "json"];
    let told = json(allow, "ALL: ALL\n", &query);
    let answer = &told["answers"][0];
    assert_eq!(told["lookup"], Value::Null);
    assert_eq!(answer["verdict"], "granted");
    assert_eq!(answer["client"]["name"], "unknown");
    assert_eq!(answer["rule"]["line"], 2);
    assert_eq!(answer["effects"][0]["text"], "A=10.2.3.4");
    let steps = answer["explanation"]["steps"].as_array().unwrap();
    let kinds: Vec<_> = steps
        .iter()
        .map(|step| step["kind"].as_str().unwrap())
        .collect();
    assert_eq!(kinds, ["opened", "rule", "rule", "options"]);
    assert_eq!(steps[1]["matches"], false);
    assert_eq!(steps[2]["client"], "10.");
    let unreached = answer["explanation"]["unreached"].as_array().unwrap();
    assert_eq!(unreached.len(), 2);
    assert_eq!(unreached[0]["first"], 3);
    let names = answer["explanation"]["names"].as_array().unwrap();
    assert!(names.iter().all(|name| name["verdict"] == "granted"));
    let told = json(
        allow,
        "ALL: ALL\n",
        &["match", "sshd", "10.1.3.4", "--format", "json"],
    );
    assert_eq!(told["answers"][0]["verdict"], "denied");
    assert_eq!(told["answers"][0]["explanation"], Value::Null);
}

#[test]
fn nothing_is_summarised_with_full() {
    let allow = "vsftpd: ALL\n".repeat(300);
    let count = |arguments: &[&str]| {
        let run = Sandbox::new().allow(&allow).deny("").run(arguments);
        run.output().0.lines().count()
    };
    assert!(count(&["match", "sshd", "10.2.3.4", "--explain"]) < 10);
    assert!(count(&["match", "sshd", "10.2.3.4", "--explain", "--full"]) > 600);
}

#[test]
fn addresses_that_no_client_has_are_refused() {
    for wrong in [
        "1.2.3",
        "",
        "host.example",
        "10.0.0.0/8",
        "[::1]",
        "1.2.3.4\n",
    ] {
        let shown = wrong.replace('\n', "\\n");
        Sandbox::new()
            .allow("")
            .deny("")
            .run(&["match", "sshd", wrong])
            .code(2)
            .stderr(&format!(
                "tcpw: `{shown}` is not an address that a client can have\n  help: give an IPv4 or \
                 IPv6 address such as 192.0.2.7 or fe80::1%eth0, or the word unknown; with --dns \
                 also a host name\n"
            ))
            .done();
    }
}

#[test]
fn impossible_addresses_in_a_batch_are_errors_with_their_line() {
    Sandbox::new()
        .allow("")
        .deny("ALL: ALL\n")
        .stdin("sshd\t1.2.3.4\nsshd\t1.2.3.4/32\nsshd\t\x1b[2J\nsshd\t\n")
        .run(&["match", "--batch"])
        .code(2)
        .stdout(
            "denied\t[ROOT]/etc/hosts.deny:1\nerror\t-\nerror\t-\n\
             denied\t[ROOT]/etc/hosts.deny:1\n",
        )
        .stderr(
            "tcpw: standard input:2: `1.2.3.4/32` cannot be an address: those have letters, digits \
             and .:%_- only\n\
             tcpw: standard input:3: `\\x1b[2J` cannot be an address: those have letters, digits \
             and .:%_- only\n",
        )
        .done();
}

#[test]
fn a_host_name_means_each_of_its_addresses() {
    let run =
        Sandbox::new()
            .allow("sshd: 127.\n")
            .deny("")
            .run(&["match", "sshd", "localhost", "--dns"]);
    let (stdout, stderr, code) = run.output();
    assert_eq!(code, Some(0), "{stderr}");
    assert!(
        stdout.contains("granted: sshd from 127.0.0.1\n"),
        "{stdout}"
    );
    assert!(
        stderr.starts_with("tcpw: localhost has the addresses 127.0.0.1")
            || stderr.starts_with("tcpw: localhost has the addresses ::1"),
        "{stderr}"
    );
    assert!(stderr.contains(" ms)\n"), "{stderr}");
    let run = Sandbox::new()
        .allow("")
        .deny("")
        .run(&["match", "sshd", "a b", "--dns"]);
    assert_eq!(run.output().2, Some(2));
}

#[test]
fn dialects_differ_where_their_documents_say_so() {
    let ask = |allow: &str, client: &[&str]| {
        DIALECTS.map(|dialect| {
            let query = [&["match", "sshd"], client, &["--dialect", dialect]].concat();
            let stage = Sandbox::new().file("etc/netgroup", "friends (good.example,,)\n");
            let stage = stage.file("list", "10.\n").allow(allow).deny("ALL: ALL\n");
            stage.run(&query).output().2.unwrap()
        })
    };
    let client = &["10.1.2.3", "--name", "good.example"];
    assert_eq!(ask("sshd: 10.1.2.3\n", client), [0, 0, 0, 0]);
    assert_eq!(ask("sshd: @friends\n", client), [0, 1, 0, 0]);
    assert_eq!(ask("sshd: /list\n", client), [0, 0, 1, 0]);
    assert_eq!(ask("sshd: 10.0.0.0/8\n", client), [0, 0, 1, 1]);
    assert_eq!(ask("sshd: 10.0.0.0/255.0.0.0\n", client), [0, 0, 0, 0]);
    assert_eq!(ask("sshd: 10.*\n", client), [0, 0, 1, 1]);
    assert_eq!(ask("sshd: ALL: deny\n", client), [1, 1, 0, 1]);
    let aclexec = &["10.1.2.3", "--aclexec", "true"];
    assert_eq!(ask("sshd: ALL: aclexec x\n", aclexec), [0, 0, 0, 1]);
    let run = Sandbox::new().allow("sshd: ALL: twist x\n").deny("").run(&[
        "match",
        "sshd",
        "10.1.2.3",
        "--dialect",
        "freebsd",
    ]);
    assert!(
        run.output()
            .0
            .contains("the first twist ends a daemon that accepts all connections itself")
    );
}

const DIALECTS: [&str; 4] = ["debian12", "debian13", "classic", "freebsd"];

fn example() -> Sandbox {
    let folder = fixtures("test");
    Sandbox::new()
        .allow(read(&folder.join("hosts.allow")))
        .deny(read(&folder.join("hosts.deny")))
        .file("example.test", read(&folder.join("example.test")))
}

#[test]
fn the_example_of_a_policy_test_holds() {
    example()
        .run(&["test", "[ROOT]/example.test"])
        .stdout("7 expectations: 7 held, 0 failed\n")
        .done();
}

#[test]
fn a_failed_expectation_is_told_with_the_search() {
    example()
        .file("wrong.test", "sshd 10.1.99.3 granted by=hosts.allow:2\n")
        .run(&["test", "[ROOT]/wrong.test", "[ROOT]/example.test"])
        .code(1)
        .stdout(
            "[ROOT]/wrong.test:1: sshd from 10.1.99.3: expected granted by hosts.allow:2, but it is \
             denied by hosts.deny:2\n\
             [ROOT]/etc/hosts.allow\n  \
             line 2: sshd: 10.1. [2001:db8::]/32 EXCEPT 10.1.99.0/24\n    \
             no match: `sshd` is the daemon and `10.1.` matches the address 10.1.99.3, but the \
             exception `10.1.99.0/24` applies\n  \
             line 3: sshd: .example.org\n    \
             no match: `sshd` is the daemon, but no client of the rule matches\n  \
             line 4: ALL@10.1.0.1: ALL\n    \
             no match: no daemon of the rule matches\n\
             [ROOT]/etc/hosts.deny\n  \
             line 2: ALL: ALL\n    \
             matches: `ALL` is the daemon and `ALL` matches every client\n    \
             it is in the deny table, which denies\n\
             the client's name matters only if a rule names it\n\n\
             8 expectations: 7 held, 1 failed\n",
        )
        .done();
}

#[test]
fn lines_that_are_no_expectation_are_errors_with_their_place() {
    example()
        .file(
            "bad.test",
            "sshd 10.1.2.3 granted\nsshd 10.1.2.3 maybe\nsshd 10.1 denied\n",
        )
        .run(&["test", "[ROOT]/bad.test"])
        .code(2)
        .stderr(
            "tcpw: [ROOT]/bad.test:2:15: `maybe` is neither `granted` nor `denied`\n\
             tcpw: [ROOT]/bad.test:3:6: `10.1` is not an address that a client can have\n\
             tcpw: 2 lines are not expectations; nothing was tested\n  \
             help: a line is: DAEMON ADDRESS granted|denied [KEY=VALUE]...\n",
        )
        .done();
}

#[test]
fn an_expectation_that_hangs_on_a_command_cannot_be_told() {
    let stage = Sandbox::new()
        .allow("sshd: ALL: aclexec x\n")
        .deny("ALL: ALL\n")
        .file("a.test", "sshd 1.2.3.4 granted\n");
    let run = stage.run(&["test", "[ROOT]/a.test"]);
    assert_eq!(run.output().2, Some(2));
    let last = run.output().0.lines().last().unwrap().to_owned();
    assert_eq!(last, "1 expectation: 0 held, 0 failed, 1 undetermined");
    let run = run
        .unchecked()
        .run(&["test", "[ROOT]/a.test", "--aclexec", "true"]);
    assert_eq!(run.output().2, Some(0));
}
