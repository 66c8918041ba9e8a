//! Words that no client can bear, swapped lists and guessed daemons: lines as people write them,
//! wrong and right ones.

use tcpw::diagnostic::Severity;
use tcpw::engine::TableName;
use tcpw::lint::{Boldness, Finding, Harm, LintReport, Policy, Site, repair, run};
use tcpw::syntax::parse;

/// The codes about words and lists that are not what they were meant to be.
const CODES: [&str; 14] = [
    "TW105", "TW217", "TW218", "TW310", "TW311", "TW314", "TW315", "TW316", "TW317", "TW318",
    "TW319", "TW327", "TW328", "TW407",
];

pub(super) fn report(allow: &str, deny: &str) -> LintReport {
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
    ("sshd: 192.0.2.0 /24", "TW206"),
    ("sshd: 192.0.2.0/ 24", "TW206"),
    ("sshd: 192.0.2.0 / 24", "TW206"),
    ("sshd: 192.0.2.0 netmask 255.255.255.0", "TW317"),
    ("sshd: 192.0.2.0 mask 255.255.255.0", "TW317"),
    ("sshd: 192.0.2.0, 255.255.255.0", "TW317"),
    ("sshd: 192.0.2.0 0.0.0.255", "TW317"),
    ("sshd: [2001:db8::] /32", "TW206"),
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
    ("sshd: 192.0.2.1 - 192.0.2.9", "TW310"),
    ("sshd: 192.0.2.1 to 192.0.2.9", "TW310"),
    ("sshd: 192.168.1.%", "TW316"),
    ("LOCAL: sshd", "TW217"),
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
fn swapped_lists_are_written_the_right_way_round() {
    for (line, meant) in [
        ("192.0.2.7: sshd", "`sshd: 192.0.2.7`"),
        ("192.0.2.7: ssh", "`sshd: 192.0.2.7`"),
        ("192.0.2.7: 22", "`sshd: 192.0.2.7`"),
        (
            "192.0.2.0/24, 198.51.100.7: ALL",
            "`ALL: 192.0.2.0/24, 198.51.100.7`",
        ),
        ("LOCAL: vsftpd", "`vsftpd: LOCAL`"),
        ("2001:db8::1: sshd", "`sshd: [2001:db8::1]`"),
        ("ALL: sshd", "`sshd: ALL`"),
    ] {
        let found = found(TableName::Allow, &format!("{line}\n"));
        let help = &found[0].diagnostic.help;
        assert!(help.ends_with(meant), "{line}: {help}");
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

#[test]
fn what_the_shell_does_itself_is_not_looked_for() {
    for command in [
        "spawn while read x; do :; done &",
        "spawn set -e; /bin/true",
        "spawn . /etc/profile",
        "spawn case %d in *) ;; esac",
        "spawn until true; do :; done",
        "spawn { trap : 1; } &",
        "spawn eval true",
        "aclexec ! true",
        "aclexec ! /bin/false",
    ] {
        let report = report(&format!("sshd: ALL: {command}\n"), "ALL: ALL\n");
        let mut found = report.findings.iter();
        let is_said = found.any(|one| one.diagnostic.code == "TW603");
        assert!(!is_said, "{command}");
    }
    let report = report("sshd: ALL: aclexec ! filter\n", "ALL: ALL\n");
    let mut found = report.findings.iter();
    assert!(found.any(|one| one.diagnostic.code == "TW603"));
}

#[test]
fn a_command_that_is_not_there_does_not_always_succeed() {
    let stage = || {
        let sandbox = crate::sandbox::Sandbox::new();
        sandbox
            .allow("sshd: 192.0.2.7: aclexec /bin/true\n")
            .deny("ALL: ALL\n")
    };
    let run = stage().run(&["lint"]);
    let text = run.stdout_text().to_owned();
    assert!(
        text.contains("[TW604]") && !text.contains("[TW521]"),
        "{text}"
    );
    drop(run.unchecked());
    let run = stage().file("bin/true", "#!/bin/sh\n");
    std::fs::set_permissions(
        run.path().join("bin/true"),
        std::os::unix::fs::PermissionsExt::from_mode(0o755),
    )
    .unwrap();
    let run = run.run(&["lint"]);
    let text = run.stdout_text().to_owned();
    assert!(
        text.contains("[TW521]") && !text.contains("[TW604]"),
        "{text}"
    );
    drop(run.unchecked());
}
