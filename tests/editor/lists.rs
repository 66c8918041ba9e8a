//! Lists of clients from files and standard input, and rules that grow.

use super::sandbox::{Ran, Sandbox};
use std::io::Write as _;
use std::process::Stdio;

fn with_input(sandbox: &Sandbox, arguments: &[&str], input: &str) -> Ran {
    let mut command = sandbox.command(arguments);
    command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    // It may end before it has read all.
    drop(child.stdin.take().unwrap().write_all(input.as_bytes()));
    let output = child.wait_with_output().unwrap();
    Ran {
        code: output.status.code(),
        out: String::from_utf8(output.stdout).unwrap(),
        err: String::from_utf8(output.stderr).unwrap(),
    }
}

#[test]
fn a_list_from_a_file_or_standard_input_is_one_change() {
    let sandbox = Sandbox::new("", "");
    let list = sandbox.path("list");
    std::fs::write(
        &list,
        "# ours\n10.1.2.3\n\n10.1.2.3 # again\n10.0.0.6-10.0.0.7\r\n",
    )
    .unwrap();
    let list = list.to_str().unwrap();
    let ran = sandbox.run(&["allow", "a.example", "--from", list, "--daemon", "sshd"]);
    assert_eq!(ran.code, Some(0), "{}", ran.err);
    assert_eq!(sandbox.tables().0, "sshd: a.example 10.1.2.3 10.0.0.6/31\n");
    let ran = with_input(&sandbox, &["deny", "@-"], "192.0.2.1\n2001:db8::1\n");
    assert_eq!(ran.code, Some(0), "{}", ran.err);
    assert_eq!(sandbox.tables().1, "ALL: 192.0.2.1 [2001:db8::1]\n");
    let ran = with_input(
        &sandbox,
        &["revoke", "--from", "-"],
        "192.0.2.1\n2001:db8::1\n",
    );
    assert_eq!(ran.code, Some(0), "{}", ran.err);
    assert_eq!(sandbox.tables().1, "");
    assert_eq!(sandbox.run(&["history"]).out.lines().count(), 3);
}

#[test]
fn one_wrong_line_and_nothing_is_changed() {
    let sandbox = Sandbox::new("", "");
    let ran = with_input(&sandbox, &["allow", "@-"], "10.1.2.3\n300.1.1.1\n1.2.3\n");
    assert_eq!(ran.code, Some(2));
    assert!(ran.err.contains("standard input:2: "), "{}", ran.err);
    assert!(
        ran.err.contains("and 1 more lines are wrong"),
        "{}",
        ran.err
    );
    let ran = with_input(&sandbox, &["allow", "@-"], "# nobody\n");
    assert!(ran.err.contains("names no client"), "{}", ran.err);
    let ran = sandbox.run(&["allow", "--from", "/nowhere"]);
    assert!(
        ran.err.contains("cannot read the list /nowhere"),
        "{}",
        ran.err
    );
    let ran = with_input(&sandbox, &["allow", "@-"], "10.1.2.3\0\n\u{1b}[2J\n");
    assert!(!ran.err.contains('\u{1b}'), "{}", ran.err);
    assert_eq!(sandbox.tables(), (String::new(), String::new()));
}

#[test]
fn many_clients_are_listed_and_held() {
    let sandbox = Sandbox::new("", "ALL: ALL\n");
    let lines = (0..20_000).map(|n| format!("10.{}.{}.1\n", n / 250, n % 250));
    let list = lines.collect::<Vec<_>>().concat();
    let ran = with_input(&sandbox, &["allow", "@-"], &list);
    assert_eq!(ran.code, Some(0), "{}", ran.err);
    let (allow, _) = sandbox.tables();
    assert!(allow.lines().all(|line| line.len() <= 2046));
    assert_eq!(
        allow
            .split_whitespace()
            .filter(|word| *word != "ALL:")
            .count(),
        20_000
    );
    let ran = with_input(&sandbox, &["allow", "@-"], &list);
    assert!(
        ran.out.ends_with("more of this kind\nnothing to change\n"),
        "{}",
        ran.out
    );
    let ran = with_input(&sandbox, &["revoke", "@-", "--force"], &list);
    assert_eq!(ran.code, Some(0), "{}", ran.err);
    assert_eq!(sandbox.tables().0, "");
}

#[test]
fn a_rule_of_tcpw_grows_and_networks_are_merged() {
    let sandbox = Sandbox::new("# mine\nsshd: 10.9.9.9\n", "ALL: ALL\n");
    let allow = |clients: &[&str], by: &str| {
        let mut words = vec!["allow", "--daemon", "sshd", "--by", by];
        words.extend(clients);
        let ran = sandbox.run(&words);
        assert_eq!(ran.code, Some(0), "{}", ran.err);
        let (allow, _) = sandbox.tables();
        let rules: Vec<String> = allow
            .lines()
            .filter(|line| !line.starts_with('#'))
            .map(str::to_owned)
            .collect();
        rules
    };
    assert_eq!(
        allow(&["10.0.0.0/25"], "ann"),
        ["sshd: 10.9.9.9", "sshd: 10.0.0.0/25"]
    );
    assert_eq!(
        allow(&["10.0.0.128/25", "10.1.1.1"], "ann"),
        ["sshd: 10.9.9.9", "sshd: 10.0.0.0/24 10.1.1.1"]
    );
    // Somebody else's rule is another one.
    assert_eq!(
        allow(&["10.2.2.2"], "bob"),
        [
            "sshd: 10.9.9.9",
            "sshd: 10.0.0.0/24 10.1.1.1",
            "sshd: 10.2.2.2"
        ]
    );
    // No line is wider than `tcpw fmt` leaves it, and a full one is followed by another.
    let many: Vec<String> = (0..200).map(|n| format!("10.3.{n}.1")).collect();
    let many: Vec<&str> = many.iter().map(String::as_str).collect();
    let rules = allow(&many, "bob");
    assert!((20..30).contains(&rules.len()), "{rules:#?}");
    assert!(rules.iter().all(|rule| rule.len() <= 100));
    let words = rules.iter().flat_map(|rule| rule.split(' '));
    assert_eq!(words.filter(|word| word.starts_with("10.3.")).count(), 200);
}

#[test]
fn a_rule_that_runs_out_is_renewed_or_followed_by_another() {
    let sandbox = Sandbox::new("", "");
    let deny = |words: &[&str]| {
        let ran = sandbox.run(&[&["deny", "192.0.2.1"], words].concat());
        assert_eq!(ran.code, Some(0), "{}", ran.err);
        sandbox.tables().1
    };
    let rules = |deny: &str| deny.matches("ALL: 192.0.2.1\n").count();
    let first = deny(&["--for", "1h", "--by", "a"]);
    let renewed = deny(&["--for", "2h", "--by", "a"]);
    assert!(rules(&renewed) == 1 && renewed != first, "{renewed}");
    // Another author's ban outlives the first.
    let both = deny(&["--for", "1h", "--by", "b"]);
    assert_eq!(rules(&both), 2, "{both}");
    let ran = sandbox.run(&["revoke", "192.0.2.1", "--by", "a"]);
    assert_eq!(ran.code, Some(0), "{}", ran.err);
    let left = sandbox.tables().1;
    assert!(rules(&left) == 1 && left.contains("by=b"), "{left}");
    // For good, beside the one that runs out.
    let good = deny(&[]);
    assert_eq!(rules(&good), 2, "{good}");
    assert_eq!(deny(&[]), good);
}
