//! What holds of any two tables: nothing makes the linter panic, and what it calls unreachable
//! never decides.

use super::super::world::World;
use proptest::prelude::*;
use tcpw::engine::{Cause, Host, HostName, Request, Table, TableName, Tables, decide};
use tcpw::lint::{Policy, Site, run};
use tcpw::span::index;
use tcpw::syntax::parse;

/// Rules whose patterns contain one another often.
fn rules() -> impl Strategy<Value = String> {
    let daemon = prop::sample::select(vec!["sshd", "SSHD", "ALL", "ftpd", "*", "ftpd sshd", "s*"]);
    let client = prop::sample::select(vec![
        "ALL",
        "*",
        "10.",
        "10.1.",
        "10.0.0.0/8",
        "10.1.0.0/16",
        "10.1.2.3",
        "10.1.2.3/32",
        "10.0.0.0/255.0.0.255",
        "1.2.3.4/24",
        "[2001:db8::]/32",
        "[2001:db8::1]",
        "[::]/0",
        "[2001:DB8:0::1]/128",
        ".example.org",
        "a.example.org",
        "A.example.org",
        ".a.example.org",
        "a.example.",
        "a.",
        "KNOWN",
        "UNKNOWN",
        "LOCAL",
        "bob@ALL",
        "bob@10.1.2.3",
        ".2.3",
        "h.2.3",
        "ALL EXCEPT 10.1.2.3",
        "10. EXCEPT 10.1.",
        "10*",
        "10.1.2.3 a.example.org",
        "0.0.0.0/0.0.0.0",
        "[10.1.2.3]",
    ]);
    let options = prop::sample::select(vec![
        "",
        "",
        "",
        "",
        ": deny",
        ": allow",
        ": severity info",
        ": aclexec x",
        ": bogus",
        ": aclexec x : allow",
        ": severity info : deny",
    ]);
    let rule = (daemon, client, options).prop_map(|(d, c, o)| format!("{d}: {c}{o}\n"));
    prop::collection::vec(rule, 0..9).prop_map(|rules| rules.concat())
}

/// Requests that tell the patterns above apart.
fn requests() -> Vec<Request> {
    let mut requests = Vec::new();
    for daemon in ["sshd", "ftpd", "smtpd"] {
        for address in [
            "10.1.2.3",
            "10.1.9.9",
            "10.9.9.3",
            "2001:db8::1",
            "fe80::1",
            "1.2.3.4",
            "unknown",
        ] {
            for name in [
                "unknown",
                "a.example.org",
                "b.a.example.org",
                "h.2.3",
                "10.x",
                "short",
            ] {
                for user in ["bob", "unknown"] {
                    let host = Host::new(address, HostName::new(name));
                    requests.push(Request::new(daemon, host).with_user(user));
                }
            }
        }
    }
    requests
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
        for finding in run(&policy, &Site::NOWHERE, 50).findings {
            let source = match finding.table {
                TableName::Allow => &allow,
                TableName::Deny => &deny,
            };
            let span = finding.diagnostic.span;
            prop_assert!(span.start <= span.end, "{finding:?}");
            prop_assert!(index(span.end) <= source.len(), "{finding:?}");
            prop_assert!(!finding.diagnostic.message.is_empty() && !finding.diagnostic.help.is_empty());
        }
    }

    #[test]
    fn a_rule_called_unreachable_never_decides(allow in rules(), deny in rules(), success: bool) {
        let (allow_tree, deny_tree) = (parse(allow.as_bytes()), parse(deny.as_bytes()));
        let policy = Policy { allow: Some(&allow_tree), deny: Some(&deny_tree) };
        let findings = run(&policy, &Site::NOWHERE, 50).findings;
        let dead: Vec<_> = findings
            .iter()
            .filter(|found| ["TW522", "TW701", "TW702", "TW706"].contains(&found.diagnostic.code))
            .map(|found| (found.table, found.diagnostic.span.start))
            .collect();
        if dead.is_empty() {
            return Ok(());
        }
        let tables = Tables { allow: Table::Read(&allow_tree), deny: Table::Read(&deny_tree) };
        for request in requests() {
            if let Cause::Rule { matched, .. } = decide(&tables, &request, &World::where_commands(success)).cause {
                let tree = if matched.table == TableName::Allow { &allow_tree } else { &deny_tree };
                let start = tree.line(matched.line).unwrap().span().start;
                prop_assert!(
                    !dead.contains(&(matched.table, start)),
                    "{request:?} is decided at {:?}:{}\n{allow}--\n{deny}", matched.table, matched.number
                );
            }
        }
    }
}
