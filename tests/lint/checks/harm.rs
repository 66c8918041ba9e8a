//! What a mistake does depends on its table, on `EXCEPT` before it, and on what the rest of the
//! tables says: each line here says what must be told, and the library confirms it.

use crate::engine::{Oracle, Tables};
use tcpw::engine::TableName;
use tcpw::lint::{Policy, Site, run};
use tcpw::syntax::parse;

/// A code, two tables, what it does there, and a query with the library's verdict that shows it.
type Row = (
    &'static str,
    [&'static str; 2],
    &'static str,
    (&'static str, &'static str),
);

const CLOSED: &str = "ALL: ALL\n";
const STRANGER: &str = "sshd\t203.0.113.7\tunknown";

const ROOT: &str = "sshd\t203.0.113.7\tunknown\troot";
const NOTHING: &str = "does nothing";

const IN: &str = "lets people in";
const OUT: &str = "locks people out";

#[rustfmt::skip]
const ROWS: &[Row] = &[
    ("TW302", ["sshd: 0.0.0.0/0\n", CLOSED], OUT, (STRANGER, "denied")),
    ("TW302", ["", "sshd: 0.0.0.0/0\n"], IN, (STRANGER, "granted")),
    ("TW302", ["sshd: ALL EXCEPT 0.0.0.0/0\n", CLOSED], IN, (STRANGER, "granted")),
    ("TW302", ["", "sshd: ALL EXCEPT 0.0.0.0/0\n"], OUT, (STRANGER, "denied")),
    ("TW321", ["sshd: 10.1.4.*\n", CLOSED], IN, ("sshd\t203.0.113.7\t10.1.4.evil", "granted")),
    ("TW321", ["", "sshd: 10.1.4.*\n"], OUT, ("sshd\t203.0.113.7\t10.1.4.evil", "denied")),
    ("TW321", ["", "sshd: ALL EXCEPT 10.1.4.*\n"], IN, ("sshd\t203.0.113.7\t10.1.4.evil", "granted")),
    ("TW321", ["sshd: ALL EXCEPT 10.1.4.*\n", CLOSED], OUT, ("sshd\t203.0.113.7\t10.1.4.evil", "denied")),
    ("TW322", ["", "sshd: *example.org\n"], OUT, ("sshd\t203.0.113.7\tevilexample.org", "denied")),
    ("TW323", ["", "sshd: .113.7\n"], OUT, (STRANGER, "denied")),
    ("TW324", ["", "sshd: a.example.org.\n"], OUT, ("sshd\t203.0.113.7\ta.example.org.x", "denied")),
    ("TW325", ["", "sshd: [2001:db8::5]/32\n"], OUT, ("sshd\t2001:db8::9\tunknown", "denied")),
    ("TW306", ["", "sshd: [fe80::]/abc\n"], OUT, ("sshd\t2001:db8::9\tunknown", "denied")),
    ("TW306", ["", "sshd: ALL EXCEPT [fe80::]/abc\n"], IN, ("sshd\t2001:db8::9\tunknown", "granted")),
    ("TW108", ["", " # sshd: ALL\n"], OUT, ("#\t203.0.113.7\tunknown", "denied")),
    ("TW110", ["", "sshd: 10. # ALL of us\n"], OUT, (STRANGER, "denied")),
    ("TW203", ["sshd: ALL deny\n", CLOSED], IN, (STRANGER, "granted")),
    ("TW203", ["", "sshd: ALL allow\n"], OUT, (STRANGER, "denied")),
    ("TW203", ["", "sshd: ALL deny\n"], "does nothing", (STRANGER, "denied")),
    ("TW203", ["sshd: ALL allow\n", CLOSED], "does nothing", (STRANGER, "granted")),
    ("TW202", ["sshd: ALL [ : deny\n", CLOSED], IN, (STRANGER, "granted")),
    ("TW202", ["", "sshd: ALL [ : allow\n"], OUT, (STRANGER, "denied")),
    ("TW501", ["sshd: ALL: bogus\n", ""], OUT, (STRANGER, "denied")),
    ("TW501", ["", "sshd: ALL: bogus\n"], "breaks a service", (STRANGER, "denied")),
    ("TW508", ["", "sshd: ALL: umask 999: allow\n"], OUT, (STRANGER, "denied")),
    ("TW101", ["sshd: 203.0.113.7", CLOSED], OUT, (STRANGER, "denied")),
    ("TW101", ["sshd: 203.0.113.7: deny", ""], IN, (STRANGER, "granted")),
    ("TW101", ["# the end", CLOSED], "does nothing", (STRANGER, "denied")),
    ("TW101", ["", "# the end"], OUT, (STRANGER, "denied")),
    ("TW112", ["sshd: 203.0.113.7\r", CLOSED], OUT, (STRANGER, "denied")),
    ("TW112", ["sshd: ALL: deny\r", ""], IN, (STRANGER, "granted")),
    ("TW520", ["sshd: ALL: aclexec false: allow\n", CLOSED], IN, (STRANGER, "granted")),
    ("TW520", ["sshd: ALL: aclexec true: deny\n", ""], OUT, (STRANGER, "denied")),
    ("TW521", ["sshd: ALL: aclexec false &\n", CLOSED], IN, (STRANGER, "granted")),
    ("TW521", ["", "sshd: ALL: aclexec false &\n"], OUT, (STRANGER, "denied")),
    ("TW526", ["sshd: ALL: aclexec false: aclexec true\n", CLOSED], IN, (STRANGER, "granted")),
    ("TW526", ["", "sshd: ALL: aclexec false: aclexec true\n"], OUT, (STRANGER, "denied")),
    ("TW527", ["sshd: ALL: aclexec false\nALL: 203.0.113.7\n", CLOSED], OUT, (STRANGER, "denied")),
    ("TW527", ["sshd: 203.0.113.: aclexec false\nsshd: ALL\n", CLOSED], OUT, (STRANGER, "denied")),
    ("TW720", ["ALL: KNOWN EXCEPT .example.org\n", CLOSED], IN, ("sshd\t203.0.113.7\ta.example.net", "granted")),
    ("TW720", ["sshd: *.*\n", CLOSED], IN, (STRANGER, "granted")),
    ("TW720", ["", "sshd: UNKNOWN: allow\nALL: ALL\n"], IN, (STRANGER, "granted")),
    ("TW721", ["sshd: *@ALL\n", CLOSED], IN, (STRANGER, "granted")),
    ("TW721", ["sshd: UNKNOWN@ALL\n", CLOSED], IN, (STRANGER, "granted")),
    ("TW721", ["", "ALL: ALL EXCEPT root@ALL\n"], IN, (ROOT, "granted")),
    ("TW721", ["", "ALL: ALL EXCEPT 192.0.2.7 KNOWN@ALL\n"], IN, (ROOT, "granted")),
    ("TW721", ["ALL: ALL EXCEPT root@ALL : deny\n", ""], IN, (ROOT, "granted")),
    ("TW204", ["sshd: ALL EXCEPT 2001:db8::1\n", ""], OUT, (STRANGER, "denied")),
    ("TW204", ["sshd: ALL EXCEPT ::1\n", ""], OUT, (STRANGER, "denied")),
    ("TW204", ["sshd: ALL EXCEPT 10.0.0.1 2001:db8::1\n", ""], OUT, (STRANGER, "denied")),
    ("TW204", ["sshd: 203.0.113.7 2001:db8::1\n", ""], OUT, (STRANGER, "denied")),
    ("TW204", ["sshd: 2001:db8::1\n", CLOSED], OUT, ("sshd\t2001:db8::1\tunknown", "denied")),
    ("TW204", ["", "sshd: ALL EXCEPT 2001:db8::1\n"], OUT, ("sshd\t2001:db8::1\tunknown", "denied")),
    ("TW204", ["", "sshd: 10.0.0.1 2001:db8::1\n"], IN, ("sshd\t2001:db8::1\tunknown", "granted")),
    ("TW214", ["sshd: 10.0.0.0/8 EXCEPT 10.0.0.0/8\n", CLOSED], NOTHING, ("sshd\t10.1.1.1\tunknown", "denied")),
    ("TW214", ["in.ftpd: 10.1.2.3 EXCEPT 10.\n", CLOSED], NOTHING, ("in.ftpd\t10.1.2.3\tunknown", "denied")),
    ("TW214", ["x: ALL EXCEPT *\n", CLOSED], NOTHING, ("x\t203.0.113.7\tunknown", "denied")),
    ("TW214", ["sshd EXCEPT sshd: ALL\n", CLOSED], NOTHING, (STRANGER, "denied")),
    ("TW214", ["", "ALL: 192.0.2.0/24 EXCEPT 192.0.2.\n"], NOTHING, ("sshd\t192.0.2.7\tunknown", "granted")),
    ("TW219", ["sshd: allow: 203.0.113.7\n", CLOSED], OUT, (STRANGER, "denied")),
    ("TW219", ["sshd: deny: 203.0.113.7\n", ""], IN, (STRANGER, "granted")),
    ("TW219", ["", "sshd: deny: ALL\n"], IN, (STRANGER, "granted")),
];

#[test]
fn harm_is_what_the_library_shows() {
    let mut oracle = Oracle::start();
    let dir = tempfile::tempdir().unwrap();
    for (code, [allow, deny], harm, (query, verdict)) in ROWS {
        let (allow_tree, deny_tree) = (parse(allow.as_bytes()), parse(deny.as_bytes()));
        let policy = Policy {
            allow: Some(&allow_tree),
            deny: Some(&deny_tree),
        };
        let report = run(&policy, &Site::NOWHERE, 50);
        let found = report.findings.iter().find(|f| f.diagnostic.code == *code);
        let found = found.unwrap_or_else(|| panic!("{code} is not found in {allow}--\n{deny}"));
        assert_eq!(found.harm.as_str(), *harm, "{found:?}\n{allow}--\n{deny}");
        let tables = Tables::within(dir.path());
        std::fs::write(&tables.allow, allow).unwrap();
        std::fs::write(&tables.deny, deny).unwrap();
        let answer = &oracle.ask(&tables, &[query.as_bytes().to_vec()])[0].text;
        assert!(
            answer.starts_with(verdict),
            "{code}: {answer}\n{allow}--\n{deny}"
        );
    }
}

/// Tables about which a sentence would be false, and which code must not say it.
#[rustfmt::skip]
const FALSE: &[(&str, [&str; 2], &str)] = &[
    // The stranger with a name is let in, and not "refused in silence".
    ("TW710", ["ALL: UNKNOWN: spawn true & : deny\n", ""], "no default refuses anybody"),
    ("TW710", ["ALL: UNKNOWN: spawn true & : deny\nALL: KNOWN\n", CLOSED], "a later rule lets in who has a name"),
    // Nobody fails there, or nobody is let in by it.
    ("TW520", ["sshd: ALL: aclexec filter\n", CLOSED], "no option after it decides"),
    ("TW521", ["sshd: ALL: aclexec filter && true\n", CLOSED], "the filter can fail"),
    ("TW521", ["sshd: ALL: aclexec 'filter &'\n", CLOSED], "the ampersand is quoted"),
    ("TW522", ["sshd: 10.: aclexec filter\nsshd: 192.0.2.7\n", CLOSED], "other clients"),
    ("TW522", ["sshd: ALL: aclexec filter\nvsftpd: 192.0.2.7\n", CLOSED], "another daemon"),
    ("TW522", ["sshd: ALL: aclexec filter &\nsshd: 192.0.2.7\n", CLOSED], "nobody fails, so TW701 or TW706 says it"),
    ("TW527", ["sshd: 10.: aclexec filter\nALL: 192.0.2.7\n", CLOSED], "other clients"),
    ("TW527", ["sshd: ALL: aclexec filter\nALL: 192.0.2.7\n", ""], "who fails gets in all the same"),
    ("TW527", ["ALL: 192.0.2.7\nsshd: ALL: aclexec filter\n", CLOSED], "the rule comes first"),
    ("TW527", ["sshd: ALL: aclexec filter\nsshd: 192.0.2.7\n", CLOSED], "TW522 says it"),
    ("TW523", ["", "sshd: ALL: aclexec filter\n"], "no later rule would refuse them"),
    ("TW523", ["", "sshd: ALL: aclexec filter\nvsftpd: ALL\n"], "the later rule is about another daemon"),
    ("TW523", ["", "sshd: ALL: aclexec filter: deny\nALL: ALL\n"], "the command decides nothing"),
    ("TW523", ["sshd: ALL\n", "sshd: ALL: aclexec filter\nALL: ALL\n"], "the allow table lets them in before"),
    ("TW524", ["sshd: ALL: spawn logger %a\n", CLOSED], "a logger"),
    ("TW524", ["sshd: ALL: spawn filter %a\n", ""], "they get in anyway"),
    ("TW524", ["ALL: UNKNOWN: spawn tcpw notify --addr %a -- %h: deny\n", CLOSED], "it refuses"),
    ("TW525", ["sshd: ALL: aclexec filter\n", "sshd: ALL\n"], "the deny table refuses them"),
    ("TW525", ["sshd: ALL: aclexec filter\n", "ALL: ALL: spawn true &\n"], "TW512 says why"),
    ("TW512", ["vsftpd: ALL: aclexec filter\n", "sshd: ALL: spawn true &\n"], "another daemon asks no command"),
    ("TW512", ["sshd: 10.: aclexec filter\n", "sshd: 192.0.2.: spawn true &\n"], "other clients"),
    ("TW512", ["sshd: ALL: aclexec filter &\n", "ALL: ALL: spawn true &\n"], "nobody fails"),
    ("TW720", ["ALL: KNOWN\n", ""], "everybody gets in anyway"),
    ("TW720", ["ALL: ALL EXCEPT KNOWN\n", CLOSED], "it takes them out"),
    ("TW720", ["ALL: KNOWN: deny\n", ""], "it refuses"),
    ("TW720", ["", "ALL: KNOWN\n"], "it refuses"),
    ("TW720", ["ALL: LOCAL\n", CLOSED], "a name without a dot must lead back to the address"),
    ("TW720", ["ALL: KNOWN ALL\n", CLOSED], "ALL says it already"),
    ("TW721", ["sshd: bob@192.0.2.7\n", CLOSED], "only one address may say so"),
    ("TW721", ["sshd: root@ALL\n", ""], "everybody gets in anyway"),
    ("TW721", ["", "sshd: root@ALL\n"], "it refuses"),
    ("TW721", ["", "ALL: ALL EXCEPT bob@192.0.2.7\n"], "only one address may say so"),
    ("TW721", ["", "ALL: ALL EXCEPT root@ALL\nALL: ALL\n"], "the next rule refuses them"),
    ("TW212", ["sshd: ALL EXCEPT ::1\n", CLOSED], "an address stands after it"),
    ("TW214", ["sshd: 10. EXCEPT 10.1.\n", CLOSED], "the rest of the network gets in"),
    ("TW214", ["sshd: 10. EXCEPT 10. EXCEPT 10.1.\n", CLOSED], "the exception has one of its own"),
    ("TW214", ["sshd: 10. EXCEPT bob@10.\n", CLOSED], "everybody but bob gets in"),
    ("TW203", ["sshd: allow: 203.0.113.7\n", CLOSED], "TW219 says it"),
    ("TW501", ["sshd: allow: 203.0.113.7\n", CLOSED], "it follows from TW219"),
    ("TW219", ["sshd: allow: severity auth.info\n", CLOSED], "a host may be called so"),
    ("TW708", ["sshd: 10. EXCEPT .example.org\n", CLOSED], "nobody gets in by the name"),
    ("TW705", ["", "ALL: ALL\n"], "everybody is refused"),
    ("TW701", ["sshd: 10.1.\nsshd: 10.\n", CLOSED], "some are left for it"),
    ("TW706", ["sshd: 10.1.\nsshd: 10.2.\n", CLOSED], "others"),
];

#[test]
fn what_would_be_false_is_not_said() {
    for (code, [allow, deny], why) in FALSE {
        let (allow_tree, deny_tree) = (parse(allow.as_bytes()), parse(deny.as_bytes()));
        let policy = Policy {
            allow: Some(&allow_tree),
            deny: Some(&deny_tree),
        };
        let report = run(&policy, &Site::NOWHERE, 50);
        let found = report.findings.iter().find(|f| f.diagnostic.code == *code);
        assert!(found.is_none(), "{why}: {found:?}\n{allow}--\n{deny}");
    }
}

/// No example is about a word of a comment, or a word that is not a client.
#[test]
fn comments_give_no_examples() {
    let allow = "# /etc/hosts.allow: list of hosts that are allowed to access the system.\n";
    let deny = "# /etc/hosts.deny: list of hosts that are _not_ allowed to access the system.\n\
                ALL: 198.51.100.7\nALL: 198.51.100.7\n  # see: the manual\n";
    let (allow, deny) = (parse(allow.as_bytes()), parse(deny.as_bytes()));
    let policy = Policy {
        allow: Some(&allow),
        deny: Some(&deny),
    };
    let report = run(&policy, &Site::NOWHERE, 50);
    let example = |code: &str| {
        let found = report.findings.iter().find(|f| f.diagnostic.code == code);
        let witness = found.and_then(|found| found.witness.as_ref());
        let file = |table| match table {
            TableName::Allow => "hosts.allow".to_owned(),
            TableName::Deny => "hosts.deny".to_owned(),
        };
        witness.map(|witness| witness.clause(file))
    };
    let expected = "198.51.100.7 is refused at sshd by hosts.deny:2";
    assert_eq!(example("TW702").as_deref(), Some(expected));
    let expected = "203.0.113.7 reaches sshd: no rule refuses it";
    assert_eq!(example("TW705").as_deref(), Some(expected));
    for found in &report.findings {
        if let Some(witness) = &found.witness {
            assert!(witness.name.is_none(), "{found:?}");
        }
    }
}

/// Words that miss a client, and lines in which strangers are rightly refused.
const MISSED: [&str; 9] = [
    "sshd: 192.0.2.7\u{a0}\n",
    "sshd: 192.0.2.7;\n",
    "sshd: １９２.0.2.7\n",
    "sshd: \"192.0.2.7\"\n",
    "sshd: 192.0.2.7\u{200b}\n",
    "sshd: 192.0.2.7; 10.1.2.3\n",
    "sshd: .example.org 192.0.2.x\n",
    "sshd: 192.0.2.6 / 31\n",
    "sshd: 192.0.2.7 255.255.255.0\n",
];

#[test]
fn an_example_is_one_of_those_whom_the_word_means() {
    let mut oracle = Oracle::start();
    let dir = tempfile::tempdir().unwrap();
    let tables = Tables::within(dir.path());
    let mut shown = 0;
    for allow in MISSED {
        let (allow_tree, deny_tree) = (parse(allow.as_bytes()), parse(CLOSED.as_bytes()));
        let policy = Policy {
            allow: Some(&allow_tree),
            deny: Some(&deny_tree),
        };
        let report = run(&policy, &Site::NOWHERE, 50);
        assert!(!report.findings.is_empty(), "{allow}");
        std::fs::write(&tables.allow, allow).unwrap();
        std::fs::write(&tables.deny, CLOSED).unwrap();
        let missed = |found: &&tcpw::lint::Finding| found.diagnostic.code < "TW700";
        for found in report.findings.iter().filter(missed) {
            let Some(witness) = &found.witness else {
                continue;
            };
            assert!(witness.address.starts_with("192.0.2."), "{allow}{found:?}");
            let query = format!("sshd\t{}\tunknown", witness.address);
            let answer = &oracle.ask(&tables, &[query.into_bytes()])[0].text;
            assert!(answer.starts_with("denied"), "{allow}{answer}");
            shown += 1;
        }
    }
    assert!(shown >= 6, "{shown} examples only");
}
