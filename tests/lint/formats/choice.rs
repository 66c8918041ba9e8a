//! Which findings count: options, configuration, comments, baselines, builds of libwrap.

use crate::sandbox::Sandbox;

const TABLE: &str = "sshd: 10.1.2.3/24\nsshd: 10.*\nsshd: 1.2.3\n";

/// The codes of errors and warnings that `tcpw lint ARGUMENTS` prints, in order.
fn codes(sandbox: Sandbox, arguments: &[&str]) -> (Vec<String>, Sandbox) {
    let mut all = vec!["lint", "--format", "json"];
    all.extend(arguments);
    let run = sandbox.run(&all);
    let text = run.stdout_text().to_owned();
    let json: serde_json::Value = serde_json::from_str(&text).unwrap();
    let found = json["diagnostics"].as_array().unwrap();
    let mut codes: Vec<_> = found
        .iter()
        .filter(|found| found["severity"] != "info")
        .map(|found| found["code"].as_str().unwrap().to_owned())
        .collect();
    codes.sort();
    let code = i32::from(!codes.is_empty());
    let sandbox = run
        .stdout(&text)
        .code(code)
        .ignoring("baseline.json")
        .done();
    (codes, sandbox)
}

fn stage() -> Sandbox {
    Sandbox::new().file("hosts.allow", TABLE)
}

#[test]
fn select_and_ignore_take_codes_beginnings_and_names() {
    let of = |arguments: &[&str]| codes(stage(), arguments).0;
    assert_eq!(of(&["hosts.allow"]), ["TW301", "TW309", "TW321"]);
    assert_eq!(of(&["--select", "TW30", "hosts.allow"]), ["TW301", "TW309"]);
    assert_eq!(
        of(&["--select", "tw32,TW301", "hosts.allow"]),
        ["TW301", "TW321"]
    );
    assert_eq!(
        of(&["--ignore", "short-address", "hosts.allow"]),
        ["TW301", "TW321"]
    );
    assert_eq!(
        of(&["--select", "TW", "--ignore", "TW3", "hosts.allow"]),
        [""; 0]
    );
    stage()
        .run(&["lint", "--ignore", "TW9", "hosts.allow"])
        .stderr("tcpw: there is no code `TW9`\n  help: `tcpw lint --list` lists all codes\n")
        .code(2)
        .done();
}

#[test]
fn the_configuration_chooses_too_and_says_where_it_is_wrong() {
    let with = |toml: &str| stage().file("etc/tcpw.toml", toml);
    let of = |toml: &str, arguments: &[&str]| codes(with(toml), arguments).0;
    assert_eq!(
        of("[lint]\nignore = [\"TW301\"]\n", &["hosts.allow"]),
        ["TW309", "TW321"]
    );
    let select = "[lint]\nselect = \"TW301\"\n";
    assert_eq!(of(select, &["hosts.allow"]), ["TW301"]);
    assert_eq!(of(select, &["--select", "TW309", "hosts.allow"]), ["TW309"]);
    let path = "[lint.per_path_ignore]\n\"*.allow\" = [\"TW3\"]\n\"*.deny\" = [\"TW9\"]\n";
    with(path)
        .run(&["lint", "hosts.allow"])
        .stderr("tcpw: [ROOT]/etc/tcpw.toml:3:13: there is no code `TW9`\n  help: `tcpw lint --list` lists all codes\n")
        .code(2)
        .done();
    let path = "[lint.per_path_ignore]\n\"*.allow\" = [\"TW30\"]\n\"*.deny\" = [\"TW3\"]\n";
    assert_eq!(of(path, &["hosts.allow"]), ["TW321"]);
    with("[lint]\nselect = 3\n")
        .run(&["lint", "hosts.allow"])
        .stderr("tcpw: [ROOT]/etc/tcpw.toml:2:10: `lint.select` must be text, this is integer\n  help: tcpw.toml(5) describes every key\n")
        .code(2)
        .done();
}

#[test]
fn a_comment_accepts_findings_of_the_line_below_only() {
    let of = |table: &str| codes(Sandbox::new().file("a.allow", table), &["a.allow"]).0;
    assert_eq!(
        of("# tcpw: ignore=TW301 known\nsshd: 10.1.2.3/24\n"),
        [""; 0]
    );
    assert_eq!(
        of("# tcpw: ignore=TW301\nsshd: 10.1.2.3/24\nsshd: 10.1.9.9/24\n"),
        ["TW301"]
    );
    assert_eq!(
        of("# tcpw: ignore=TW309\nsshd: 10.1.2.3/24\n"),
        ["TW120", "TW301"]
    );
    assert_eq!(
        of("# tcpw: ignore=TW301\n# tcpw: ignore=tw321\nsshd: 10.1.2.3/24 10.*\n"),
        [""; 0]
    );
}

#[test]
fn a_baseline_accepts_what_is_there_and_nothing_new() {
    let accept = ["--baseline", "baseline.json", "hosts.allow"];
    let (found, stage) = codes(
        stage(),
        &[
            "--write-baseline",
            "--baseline",
            "baseline.json",
            "hosts.allow",
        ],
    );
    assert_eq!(found, [""; 0]);
    let (found, stage) = codes(stage, &accept);
    assert_eq!(found, [""; 0]);
    let more = format!("# moved\n{TABLE}sshd: 10.1.2.3/24\nsshd: 7.7.7\n");
    let (found, stage) = codes(stage.file("hosts.allow", more), &accept);
    assert_eq!(found, ["TW301", "TW309"]);
    stage
        .file("baseline.json", "{}")
        .run(&["lint", "--baseline", "baseline.json", "hosts.allow"])
        .stderr(
            "tcpw: baseline.json is not a baseline: missing field `version` at line 1 column \
                 2\n  help: write it again with --write-baseline\n",
        )
        .code(2)
        .done();
}
