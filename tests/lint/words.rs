//! Words that no client can bear, swapped lists and guessed daemons: lines as people write them,
//! wrong and right ones, and the names that glibc returns before the real libwrap.

use crate::oracle::{Oracle, Tables as Files};
use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use std::collections::BTreeSet;
use std::io::Write as _;
use std::process::{Command, Stdio};
use tcpw::diagnostic::Severity;
use tcpw::engine::TableName;
use tcpw::lint::{Boldness, Finding, Harm, Policy, Report, Site, repair, run};
use tcpw::syntax::parse;

/// The codes about words and lists that are not what they were meant to be.
const CODES: [&str; 14] = [
    "TW105", "TW217", "TW218", "TW310", "TW311", "TW314", "TW315", "TW316", "TW317", "TW318",
    "TW319", "TW327", "TW328", "TW407",
];

fn report(allow: &str, deny: &str) -> Report {
    let (allow, deny) = (parse(allow.as_bytes()), parse(deny.as_bytes()));
    let policy = Policy {
        allow: Some(&allow),
        deny: Some(&deny),
    };
    run(&policy, &Site::NOWHERE, usize::MAX)
}

/// What is found about one table beside a usual other one, from warnings on.
fn found(table: TableName, text: &str) -> Vec<Finding> {
    let report = match table {
        TableName::Allow => report(text, "ALL: ALL\n"),
        TableName::Deny => report("", &format!("{text}ALL: ALL\n")),
    };
    let grave = report.findings.into_iter();
    grave
        .filter(|one| one.table == table && one.diagnostic.severity > Severity::Info)
        .collect()
}

/// Lines of an allow table as they are found in the field, and the one code that says why.
const WRONG: &[(&str, &str)] = &[
    ("sshd: 192.0.2.1; 192.0.2.2", "TW315"),
    ("sshd: 192.0.2.3|192.0.2.4", "TW315"),
    ("sshd: \"192.0.2.5\"", "TW315"),
    ("sshd: '192.0.2.5'", "TW315"),
    ("sshd: `192.0.2.5`", "TW315"),
    ("sshd: “192.0.2.5”", "TW315"),
    ("sshd: ‘192.0.2.5’", "TW315"),
    ("sshd: «192.0.2.5»", "TW315"),
    ("sshd: \"192.0.2.0/24\"", "TW315"),
    ("sshd: <192.0.2.6>", "TW315"),
    ("sshd: (192.0.2.6)", "TW315"),
    ("sshd: {192.0.2.6}", "TW315"),
    ("sshd: 192.0.2.8，192.0.2.9", "TW315"),
    ("sshd: 192.0.2.10、192.0.2.11", "TW315"),
    ("sshd: 192.0.2.10；192.0.2.11", "TW315"),
    ("sshd:\u{3000}192.0.2.12", "TW315"),
    ("sshd: .example.org\u{a0}: allow", "TW315"),
    ("sshd:\u{a0}192.0.2.12", "TW315"),
    ("sshd: 192.0.2.12\u{200b}", "TW315"),
    ("sshd: \u{feff}192.0.2.12", "TW315"),
    ("sshd: host\u{ad}.example.org", "TW315"),
    ("sshd: １９２.0.2.12", "TW315"),
    ("sshd: 192.0.2．12", "TW315"),
    ("sshd: ＡＬＬ", "TW315"),
    ("sshd: 192.0.2.1–192.0.2.9", "TW315"),
    ("sshd: münchen.example", "TW315"),
    ("sshd: 192.0.2.1+192.0.2.2", "TW315"),
    ("sshd: 192.0.2.1&192.0.2.2", "TW315"),
    ("sshd: ~192.0.2.1", "TW315"),
    ("sshd: host[1-5].example.org", "TW315"),
    ("sshd: 192.0.2.1 (Ada)", "TW315"),
    ("sshd: 192.0.2.1 (Ada Lovelace)", "TW315"),
    ("sshd: \"192.0.2.1 192.0.2.2\"", "TW315"),
    ("sshd: “192.0.2.1, 192.0.2.2”", "TW315"),
    ("sshd: 192.0.2.x", "TW316"),
    ("sshd: 10.0.X.X", "TW316"),
    ("sshd: x.x.x.x", "TW316"),
    ("sshd: xxx.xxx.xxx.xxx", "TW316"),
    ("sshd: $IP", "TW316"),
    ("sshd: ${ADMIN_IP}", "TW316"),
    ("sshd: $(hostname -i)", "TW316"),
    ("sshd: {{ ip }}", "TW316"),
    ("sshd: {{trusted_hosts}}", "TW316"),
    ("sshd: <IP>", "TW316"),
    ("sshd: <your IP address>", "TW316"),
    ("sshd: %IP%", "TW316"),
    ("sshd: {RANGE}", "TW316"),
    ("sshd: [IP]", "TW316"),
    ("sshd: IP-Address1", "TW316"),
    ("sshd: your.ip.here", "TW316"),
    ("sshd: YOUR_IP_ADDRESS", "TW316"),
    ("sshd: $NETWORK/24", "TW316"),
    ("sshd: 192.0.2.0 255.255.255.0", "TW317"),
    ("sshd: 192.0.2.0 /24", "TW317"),
    ("sshd: 192.0.2.0/ 24", "TW317"),
    ("sshd: 192.0.2.0 / 24", "TW317"),
    ("sshd: 192.0.2.0 netmask 255.255.255.0", "TW317"),
    ("sshd: 192.0.2.0 mask 255.255.255.0", "TW317"),
    ("sshd: 192.0.2.0, 255.255.255.0", "TW317"),
    ("sshd: 192.0.2.0 0.0.0.255", "TW317"),
    ("sshd: [2001:db8::] /32", "TW317"),
    ("192.0.2.7: sshd", "TW217"),
    ("192.0.2.0/24: ALL", "TW217"),
    ("192.0.2.: sshd, vsftpd", "TW217"),
    ("[2001:db8::1]: sshd", "TW217"),
    ("2001:db8::1: sshd", "TW217"),
    ("192.0.2.7: allow", "TW217"),
    ("192.0.2.7 sshd: ALL", "TW217"),
    ("host.example.org: sshd", "TW217"),
    ("10.0.0.0/255.0.0.0: ALL: allow", "TW217"),
    ("ALL: sshd", "TW318"),
    ("ALL: vsftpd : allow", "TW318"),
    ("sshd: 192.0.2.7:22", "TW319"),
    ("sshd: host.example.org:22", "TW319"),
    ("sshd: [2001:db8::1]:22", "TW319"),
    ("sshd: https://host.example.org/", "TW319"),
    ("sshd: 00:11:22:33:44:55", "TW319"),
    ("sshd: 00-11-22-33-44-55", "TW319"),
    ("sshd: 192.0.2.0:255.255.255.0", "TW319"),
    ("sshd: ALL NOT 192.0.2.7", "TW327"),
    ("sshd: ALL BUT 192.0.2.7", "TW327"),
    ("sshd: ALL but not 192.0.2.7", "TW327"),
    ("sshd: ALL EXEPT 192.0.2.7", "TW327"),
    ("sshd: ALL EXCETP 192.0.2.7", "TW327"),
    ("sshd: ALL EXPECT 192.0.2.7", "TW327"),
    ("sshd: ALL -192.0.2.7", "TW327"),
    ("ALL NOT sshd: 192.0.2.7", "TW327"),
    ("sshd: ALL !192.0.2.7", "TW311"),
    ("sshd: ANY", "TW314"),
    ("sshd: alice@", "TW328"),
    ("sshd: 192.0.2.7 spawn /usr/bin/logger %a", "TW218"),
    ("sshd: ALL twist /bin/echo closed", "TW218"),
    ("\"sshd\": 192.0.2.13", "TW407"),
    ("sshd; vsftpd: 192.0.2.14", "TW407"),
    ("sshd|vsftpd: 192.0.2.14", "TW407"),
    ("tcp/22: 192.0.2.14", "TW407"),
    ("ssh/tcp: 192.0.2.14", "TW407"),
    ("<daemon>: 192.0.2.14", "TW407"),
    ("daemon_list: client_list", "TW407"),
    ("!sshd: 192.0.2.14", "TW407"),
    ("ANY: 192.0.2.14", "TW407"),
    ("allow: 192.0.2.14", "TW407"),
    ("ｓｓｈｄ: 192.0.2.14", "TW407"),
    ("ｓｓｈｄ: \"192.0.2.14\"", "TW407"),
    ("sshd： 192.0.2.14", "TW105"),
    ("192.0.2.14", "TW105"),
    ("sshd: 192.0.2.1-192.0.2.9", "TW310"),
    ("sshd: 192.168.[1-5].", "TW310"),
];

#[test]
fn wrong_lines_have_one_error_that_says_why() {
    let mut wrong = Vec::new();
    for (line, code) in WRONG {
        let found = found(TableName::Allow, &format!("{line}\n"));
        let codes: Vec<_> = found
            .iter()
            .map(|one| (one.diagnostic.code, one.diagnostic.severity))
            .collect();
        if codes != [(*code, Severity::Error)] {
            wrong.push(format!("{line}: {code}, not {codes:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(WRONG.len() >= 60);
}

/// Lines of the field that are right, as far as words and lists go.
const RIGHT: &[&str] = &[
    "sshd: 192.0.2.7",
    "sshd,vsftpd: 192.0.2.7",
    "SSHD: 192.0.2.7",
    "sshd: 192.0.2.7, 192.0.2.8 192.0.2.9",
    "sshd: 192.0.2.0/24",
    "sshd: 192.0.2.0/255.255.255.0",
    "sshd: 192.0.2.",
    "sshd: 192.0.2.*",
    "sshd: 192.0.?.7",
    "sshd: .example.org",
    "sshd: *.example.org",
    "sshd: host_1.example.org",
    "sshd: my-host.example.org",
    "sshd: xn--mnchen-3ya.example",
    "sshd: ip-10-0-0-1.ec2.internal",
    "sshd: x.org www.x.org",
    "sshd: client-server.example.org",
    "sshd: address.example.org",
    "sshd: not.example.org but.example.org",
    "sshd: but",
    "sshd: except.example.org",
    "sshd: mail imap ftp backup rsync",
    "sshd: [2001:db8::1]",
    "sshd: [2001:db8::]/32",
    "sshd: [fe80::1%eth0]",
    "sshd: alice@192.0.2.7",
    "sshd: alice@.example.org",
    "sshd: @admins",
    "sshd: /etc/hosts.trusted",
    "sshd@192.0.2.1: 192.0.2.7",
    "sshd@[2001:db8::1]: 192.0.2.7",
    "sshd: LOCAL",
    "sshd: ALL EXCEPT 192.0.2.7",
    "sshd: ALL except .example.org",
    "ALL EXCEPT vsftpd: 192.0.2.7",
    "in.ftpd: 192.0.2.7",
    "rpc.statd, rpc.mountd: 192.0.2.0/24",
    "imaps: 192.0.2.7",
    "pop3s, ssmtp: 192.0.2.7",
    "https: 192.0.2.7",
    "httpd: 192.0.2.7",
    "sfcbd: 192.0.2.7",
    "openvpn: 192.0.2.7",
    "my-service_2: 192.0.2.7",
    "anyprot: 192.0.2.7",
    "müller: 192.0.2.7",
    "s3.proxy: 192.0.2.7",
    "sshd: 192.0.2.7 : allow",
    "sshd: 192.0.2.7 : severity auth.info : allow",
    "sshd: 192.0.2.7 192.0.2.8 : spawn (/usr/bin/logger \"%a; %d | x\") & : allow",
    "sshd: spawn.example.org",
    "sshd: 172.16.",
    "sshd: 192.0.2.7\r",
    "\tsshd : 192.0.2.7",
    "# sshd: \"192.0.2.7\"; $IP",
];

#[test]
fn right_lines_have_none_of_these_findings() {
    let mut wrong = Vec::new();
    for line in RIGHT {
        let codes: Vec<_> = found(TableName::Allow, &format!("{line}\n"))
            .iter()
            .map(|one| one.diagnostic.code)
            .filter(|code| CODES.contains(code) || ["TW401", "TW403"].contains(code))
            .collect();
        if !codes.is_empty() {
            wrong.push(format!("{line}: {codes:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(RIGHT.len() >= 40);
}

#[test]
fn the_harm_is_what_the_rule_does_with_the_word() {
    let harm = |table, text: &str| found(table, text).first().map(|one| one.harm);
    let (allow, deny) = (TableName::Allow, TableName::Deny);
    assert_eq!(harm(allow, "sshd: \"192.0.2.7\"\n"), Some(Harm::LocksOut));
    assert_eq!(harm(allow, "sshd: ALL \"x\"\n"), Some(Harm::LetsIn));
    assert_eq!(harm(allow, "sshd: ALL NOT 192.0.2.7\n"), Some(Harm::LetsIn));
    assert_eq!(harm(deny, "sshd: \"192.0.2.7\"\n"), Some(Harm::LetsIn));
    assert_eq!(
        harm(deny, "sshd: ALL NOT 192.0.2.7\n"),
        Some(Harm::LocksOut)
    );
    assert_eq!(
        harm(allow, "sshd: ALL EXCEPT \"192.0.2.7\"\n"),
        Some(Harm::LetsIn)
    );
    let report = report("", "ＡＬＬ: ＡＬＬ\n");
    let worst = report.findings.first().unwrap();
    assert_eq!(worst.diagnostic.severity, Severity::Error);
    assert_eq!(worst.harm, Harm::LetsIn);
    let message = &worst.diagnostic.message;
    assert!(message.ends_with("keeps nobody out"), "{message}");
}

#[test]
fn no_safe_repair_touches_what_a_wrong_word_was_to_say() {
    for line in [
        "sshd: ALL NOT 192.0.2.7",
        "sshd: ALL BUT 192.0.2.7",
        "sshd: ALL -192.0.2.7",
    ] {
        for before in ["", "sshd: ALL\n", "ALL: ALL\n"] {
            let allow = format!("{before}{line}\n");
            let repaired = repair(
                Some(allow.as_bytes()),
                Some(b"ALL: ALL\n"),
                &Site::NOWHERE,
                Boldness::Safe,
            );
            assert_eq!(String::from_utf8_lossy(&repaired.allow), allow);
        }
    }
}

#[test]
fn misspelt_daemons_are_warnings_with_a_reason() {
    let one = |line: &str| {
        let found = found(TableName::Allow, &format!("{line}\n"));
        let one = found.into_iter().next().unwrap().diagnostic;
        (one.code, one.severity, one.help)
    };
    for line in ["sftp: ALL", "ssh: ALL", "openssh: ALL", "shsd: ALL"] {
        let (code, severity, help) = one(line);
        assert!(["TW401", "TW403"].contains(&code), "{line}");
        assert_eq!(severity, Severity::Warning, "{line}");
        assert!(help.starts_with("write `sshd`"), "{line}: {help}");
    }
    assert!(one("vsfptd: ALL").2.starts_with("write `vsftpd`"));
}

/// Asks glibc which of these names it would return from DNS.
fn accepted(names: &[String]) -> Vec<bool> {
    let source = "#include <resolv.h>\n#include <stdio.h>\n#include <string.h>\n\
        int main(void) { char line[1024]; while (fgets(line, sizeof line, stdin)) {\n\
        line[strcspn(line, \"\\n\")] = 0; putchar(res_hnok(line) ? '1' : '0'); } }\n";
    let directory = tempfile::tempdir().unwrap();
    let (file, program) = (directory.path().join("a.c"), directory.path().join("a"));
    std::fs::write(&file, source).unwrap();
    let compiler = Command::new("cc")
        .arg("-o")
        .arg(&program)
        .arg(&file)
        .arg("-lresolv")
        .status();
    assert!(compiler.unwrap().success());
    let mut child = Command::new(&program)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let text = names.join("\n") + "\n";
    let mut stdin = child.stdin.take().unwrap();
    let writer = std::thread::spawn(move || stdin.write_all(text.as_bytes()).unwrap());
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap();
    assert_eq!(output.stdout.len(), names.len());
    output.stdout.iter().map(|byte| *byte == b'1').collect()
}

/// Words as recipes have them, and worse ones.
fn word() -> impl Strategy<Value = String> {
    let piece = prop::sample::select(vec![
        "192.0.2.7",
        "192.0.2.",
        ".example.org",
        "host",
        "a_b",
        "-",
        "*",
        "?",
        ";",
        "|",
        "\"",
        "'",
        "“",
        "，",
        "、",
        "\u{3000}",
        "\u{a0}",
        "\u{200b}",
        "Ａ",
        "ü",
        "<",
        ">",
        "{",
        "}",
        "(",
        ")",
        "$IP",
        "{{",
        "}}",
        "%",
        "+",
        "&",
        "~",
        "=",
        "^",
        "!",
        "ALL",
        "x",
        "10.",
        "/24",
        "_",
        "é",
        "[",
        "]",
        "1-5",
        "@",
        "\\",
        "IP",
        "your",
    ]);
    prop::collection::vec(piece, 1..6).prop_map(|pieces| pieces.concat())
}

/// Names that come as close to a word as names can.
fn near(word: &str) -> BTreeSet<String> {
    let kept: String = word
        .chars()
        .filter(|c| c.is_ascii_alphanumeric() || "._-".contains(*c))
        .collect();
    let mut names: BTreeSet<String> = [
        "host.example.org",
        "a",
        "unknown.example",
        "x.y",
        "IP",
        "192.0.2.7",
    ]
    .map(str::to_owned)
    .into();
    names.insert(word.to_owned());
    names.insert(word.trim_matches(['"', '\'', ';', '<', '>']).to_owned());
    names.insert(format!("a{word}"));
    names.insert(format!("{word}a"));
    names.insert(word.replace(['*', '?'], "a"));
    names.insert(kept.clone());
    names.insert(format!("a{kept}"));
    names.insert(format!("{kept}.example.org"));
    names.insert(word.split(|c: char| !c.is_ascii_alphanumeric()).collect());
    names.retain(|name| !name.is_empty() && name.len() < 120 && !name.contains(['\t', '\n']));
    names
}

/// As many words as are tried; `TCPW_WORDS` sets another number.
fn cases() -> u32 {
    let cases = std::env::var("TCPW_WORDS").ok();
    cases.and_then(|cases| cases.parse().ok()).unwrap_or(300)
}

#[test]
fn no_client_that_glibc_names_bears_a_word_that_is_said_to_be_impossible() {
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let strategy = prop::collection::vec(word(), 1..4);
    let directory = tempfile::tempdir().unwrap();
    let files = Files::within(directory.path());
    let mut oracle = Oracle::start();
    let mut words = BTreeSet::new();
    for _ in 0..cases() {
        let line = strategy.new_tree(&mut runner).unwrap().current().join(" ");
        let line = format!("sshd: {line}\n");
        for finding in report(&line, "ALL: ALL\n").findings {
            let is_meant = ["TW315", "TW328"].contains(&finding.diagnostic.code);
            if is_meant && finding.table == TableName::Allow {
                let span = finding.diagnostic.span;
                words.insert(String::from_utf8_lossy(span.of(line.as_bytes())).into_owned());
            }
        }
    }
    assert!(words.len() > 50, "{} words", words.len());
    let names: Vec<(String, String)> = words
        .iter()
        .flat_map(|word| near(word).into_iter().map(|name| (word.clone(), name)))
        .collect();
    let only: Vec<String> = names.iter().map(|(_, name)| name.clone()).collect();
    let accepted = accepted(&only);
    let mut asked = 0;
    std::fs::write(&files.deny, "ALL: ALL\n").unwrap();
    let mut pairs = names.iter().zip(accepted).filter(|(_, is_name)| *is_name);
    let mut pending: Vec<(&String, &String)> = Vec::new();
    pending.extend(pairs.by_ref().map(|((word, name), _)| (word, name)));
    for word in &words {
        std::fs::write(&files.allow, format!("sshd: {word}\n")).unwrap();
        let queries: Vec<Vec<u8>> = pending
            .iter()
            .filter(|(other, _)| *other == word)
            .flat_map(|(_, name)| {
                ["192.0.2.7", "10.1.2.3", "2001:db8::1"]
                    .map(|address| format!("sshd\t{address}\t{name}").into_bytes())
            })
            .collect();
        for (answer, query) in oracle.ask(&files, &queries).iter().zip(&queries) {
            let query = String::from_utf8_lossy(query);
            assert!(
                answer.text.starts_with("denied"),
                "{word}: {query}: {}",
                answer.text
            );
            asked += 1;
        }
    }
    assert!(asked > 1000, "{asked} questions only");
}
