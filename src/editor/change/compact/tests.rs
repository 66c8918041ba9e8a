//! What packing makes of tables, and that no verdict changes by it.

use super::*;
use crate::engine::{Bare, differences};
use crate::metadata::{Label, identity};
use crate::policy::{Rule, rules};
use proptest::prelude::*;

/// What becomes of both tables; the plan is checked, and a second one has nothing to do.
fn compacted(allow: &str, deny: &str) -> [String; 2] {
    let trees = [allow, deny].map(|text| parse(text.as_bytes()));
    let [a, d] = &trees;
    let before = Ground::new(a, d, &Bare);
    let (change, _) = compact(&before, PackForm::Lines).unwrap();
    let new = [(allow, &change.edits.allow), (deny, &change.edits.deny)]
        .map(|(text, edits)| apply(text.as_bytes(), edits).unwrap());
    let trees = [&new[0], &new[1]].map(|text| parse(text));
    let [a, d] = &trees;
    let after = Ground::new(a, d, &Bare);
    verify_compact(&before, &after).unwrap();
    let found = differences(&before.tables(), &after.tables(), &[], &Bare);
    assert!(found.claims.is_empty(), "{found:?}: {allow} {deny}");
    let (again, _) = compact(&after, PackForm::Lines).unwrap();
    assert!(again.edits.is_empty(), "{:?}: {allow} {deny}", again.edits);
    new.clone().map(|text| String::from_utf8(text).unwrap())
}

fn labelled(words: &Label, rule: &str) -> String {
    let tree = parse(rule.as_bytes());
    let identity = identity(rules(&tree).next().unwrap());
    format!("{}{rule}", words.line(&identity))
}

/// Deny tables, and what they become.
const CASES: &[(&str, &str)] = &[
    ("", ""),
    ("ALL: 10.0.0.1\n", "ALL: 10.0.0.1\n"),
    ("ALL: 10.0.0.4\nALL: 10.0.0.2\n", "ALL: 10.0.0.2 10.0.0.4\n"),
    ("ALL: 10.0.0.2\nALL: 10.0.0.3\n", "ALL: 10.0.0.2/31\n"),
    ("ALL: 10.0.0.2, 10.0.0.2\n", "ALL: 10.0.0.2\n"),
    // Spellings that no network needs stay, where nothing is won.
    ("ALL: 10.1.\n", "ALL: 10.1.\n"),
    (
        "ALL: 10.0.0.0/255.0.0.0\nALL: 10.1.2.3\n",
        "ALL: 10.0.0.0/8\n",
    ),
    (
        "sshd: 10.1.\nsshd: 10.1.2.3\nsshd: 9.9.9.9\n",
        "sshd: 9.9.9.9 10.1.0.0/16\n",
    ),
    (
        "ALL: [2001:db8::2]\nALL: 10.0.0.9 [2001:db8::3]\n",
        "ALL: 10.0.0.9 [2001:db8::2]/127\n",
    ),
    ("ALL: [::]/1\nALL: [8000::]/1\n", "ALL: [::]/0\n"),
    (
        "ALL: 255.255.255.254\nALL: 255.255.255.255\n",
        "ALL: 255.255.255.254\nALL: 255.255.255.255\n",
    ),
    (
        "ALL: 0.0.0.0/0.0.0.0\nALL: 10.0.0.1\n",
        "ALL: 0.0.0.0/0.0.0.0\nALL: 10.0.0.1\n",
    ),
    // Other daemons stand between, and all daemons hold each.
    (
        "sshd: 10.0.0.1\nvsftpd: 10.0.0.1\nsshd: 10.0.0.9\n",
        "sshd: 10.0.0.1 10.0.0.9\nvsftpd: 10.0.0.1\n",
    ),
    ("sshd: 10.0.0.1\nALL: 10.0.0.0/30\n", "ALL: 10.0.0.0/30\n"),
    (
        "ALL EXCEPT sshd: 10.0.0.1\nsshd: 10.0.0.1\n",
        "ALL EXCEPT sshd: 10.0.0.1\nsshd: 10.0.0.1\n",
    ),
    // What only decides may stand in any order, however it is said.
    (
        "ALL: 10.0.0.1\nALL: .x.org\nALL: 10.0.0.3: deny\nALL: 10.0.0.5\n",
        "ALL: 10.0.0.1 10.0.0.5\nALL: .x.org\nALL: 10.0.0.3: deny\n",
    ),
    (
        "ALL: 10.0.0.1\nALL: 10.0.0.0/24: allow\nALL: 10.0.0.3\n",
        "ALL: 10.0.0.1\nALL: 10.0.0.0/24: allow\nALL: 10.0.0.3\n",
    ),
    // Effects are the same only word for word.
    (
        "ALL: 10.0.0.1: spawn x\nALL: 10.0.0.9: spawn x\n",
        "ALL: 10.0.0.1 10.0.0.9 : spawn x\n",
    ),
    (
        "ALL: 10.0.0.1: spawn x\nALL: 10.0.0.9: spawn y\n",
        "ALL: 10.0.0.1: spawn x\nALL: 10.0.0.9: spawn y\n",
    ),
    (
        "ALL: 10.0.0.1: spawn x\nALL: .x.org\nALL: 10.0.0.9: spawn x\n",
        "ALL: 10.0.0.1: spawn x\nALL: .x.org\nALL: 10.0.0.9: spawn x\n",
    ),
    // Users, names and exceptions stay, and doubles of them go.
    (
        "ALL: bob@10.0.0.1\nALL: 10.0.0.1 x.org\nALL: 10.0.0.1 x.org\n",
        "ALL: bob@10.0.0.1\nALL: 10.0.0.1 x.org\n",
    ),
    (
        "ALL: 10. EXCEPT 10.1.\nALL: 10.0.0.1\nALL: 10.0.0.1\n",
        "ALL: 10. EXCEPT 10.1.\nALL: 10.0.0.1\n",
    ),
    (
        "ALL: 10.0.0.1/24\nALL: 10.0.0.1\n",
        "ALL: 10.0.0.1/24\nALL: 10.0.0.1\n",
    ),
    (
        "ALL: 10.0.0.1\r\nALL: 10.0.0.3\r\n",
        "ALL: 10.0.0.1 10.0.0.3\r\n",
    ),
    (
        "ALL: 10.0.0.1 \\\n  10.0.0.3\nALL: 10.0.0.2\n",
        "ALL: 10.0.0.1 10.0.0.2/31\n",
    ),
    // What libwrap does not read stays, too.
    (
        "ALL: 10.0.0.1\nALL: 10.0.0.1",
        "ALL: 10.0.0.1\nALL: 10.0.0.1",
    ),
];

#[test]
fn rules_that_say_the_same_become_one() {
    for (deny, expected) in CASES {
        assert_eq!(compacted("", deny), ["", *expected]);
    }
}

#[test]
fn comments_stay_with_the_rules_below_them() {
    let label = |reason: &str| Label {
        reason: Some(reason.to_owned()),
        until: Some("2036-11-23T19:30:00Z".to_owned()),
        ..Label::default()
    };
    let own = labelled(&label("mine"), "ALL: 10.0.0.1\n");
    let foreign = "# DenyHosts: Tue Jan  6 10:00:00 2026 | ALL: 10.0.0.1\nALL: 10.0.0.1\n";
    let guard = "###sshguard###\nALL: 10.0.0.1 10.0.0.1\n###sshguard###\n";
    let block = "# BEGIN ANSIBLE MANAGED BLOCK\nALL: 10.0.0.1\nALL: 10.0.0.1\n# END x\n";
    for kept in [&own, foreign, guard, block] {
        let text = format!("ALL: 10.0.0.1\n{kept}ALL: 10.0.0.1\nALL: 10.0.0.5\n");
        let after = format!("ALL: 10.0.0.1\n{kept}ALL: 10.0.0.5\n");
        let commented = kept == guard || kept == block;
        // Below the last mark the rules are those of a comment.
        let after = if commented {
            text.replace("ALL: 10.0.0.1\nALL: 10.0.0.5\n", "ALL: 10.0.0.1 10.0.0.5\n")
        } else {
            after
        };
        let after = if commented {
            after.replacen("ALL: 10.0.0.1\n", "", 1)
        } else {
            after
        };
        assert_eq!(compacted("", &text), ["", &after], "{kept}");
    }
    for (text, after) in [
        (
            "# a\nALL: 10.0.0.1\nALL: 10.0.0.3\n# b\nALL: 10.0.0.3\nALL: 10.0.0.5\n",
            "# a\nALL: 10.0.0.1 10.0.0.3\n# b\nALL: 10.0.0.3 10.0.0.5\n",
        ),
        (
            "# a\nALL: 10.0.0.1\n\nALL: 10.0.0.1\n\nALL: 10.0.0.3\n\nALL: 10.0.0.5\n\n# c\n",
            "# a\nALL: 10.0.0.1\n\nALL: 10.0.0.3 10.0.0.5\n\n# c\n",
        ),
        (
            "ALL: 10.0.0.0/24\n# a\nALL: 10.0.0.3\n",
            "ALL: 10.0.0.0/24\n# a\nALL: 10.0.0.3\n",
        ),
        (
            "ALL: 10.0.0.3\n# a\nALL: 10.0.0.0/24\n",
            "# a\nALL: 10.0.0.0/24\n",
        ),
        (
            "# tcpw: until=2036-11-23T19:30:00Z\nALL: 10.0.0.1: deny\nALL: 10.0.0.2\nALL: 10.0.0.2\n",
            "# tcpw: until=2036-11-23T19:30:00Z\nALL: 10.0.0.1: deny\nALL: 10.0.0.2\n",
        ),
        (
            "ALL: x.org\n# a\nALL: x.org\n",
            "ALL: x.org\n# a\nALL: x.org\n",
        ),
        (
            "garbage\nALL: 10.0.0.1\ngarbage\nALL: 10.0.0.1\n",
            "garbage\nALL: 10.0.0.1\ngarbage\nALL: 10.0.0.1\n",
        ),
    ] {
        assert_eq!(compacted(text, text), [after, after]);
    }
}

#[test]
fn lines_are_as_long_as_libwrap_reads_and_no_longer() {
    let rules = (0..3000_u32).map(|n| format!("sshd: 10.{}.{}.1: deny\n", n / 200, n % 200));
    let [allow, _] = compacted(&rules.collect::<String>(), "");
    let lines: Vec<&str> = allow.lines().collect();
    let longest = lines.iter().map(|line| line.len()).max().unwrap();
    assert!((2030..=LINE_LIMIT).contains(&longest), "{longest}");
    assert!(parse(allow.as_bytes()).broken_line().is_none());
    assert!(lines.len() < 30, "{}", lines.len());
    let long = "d".repeat(2000);
    let text = format!("{long}: 10.0.0.1\n{long}: 10.0.0.3\n");
    assert_eq!(compacted(&text, ""), [&*text, ""]);
}

/// Lines of tables in a small world, in which much is covered, joined and in conflict.
fn line() -> impl Strategy<Value = String> {
    let daemons = prop_oneof![
        4 => Just("ALL"), 4 => Just("sshd"), 1 => Just("vsftpd"), 1 => Just("sshd vsftpd"),
        1 => Just("ALL EXCEPT sshd"), 1 => Just("ss*"),
    ];
    let word = prop_oneof![
        12 => (0..16_u8).prop_map(|n| format!("10.0.0.{n}")),
        4 => (0..4_u8).prop_map(|n| format!("10.0.0.{}/30", n * 4)),
        2 => (0..2_u8).prop_map(|n| format!("10.0.0.{}/255.255.255.248", n * 8)),
        1 => Just("10.0.0.".to_owned()),
        3 => (0..8_u8).prop_map(|n| format!("[2001:db8::{n}]")),
        2 => (0..4_u8).prop_map(|n| format!("[2001:db8::{}]/126", n * 4)),
        1 => Just(".x.org".to_owned()),
        1 => Just("bob@10.0.0.1".to_owned()),
        1 => Just("10.0.0.1?".to_owned()),
        1 => Just("EXCEPT".to_owned()),
    ];
    let tail = prop_oneof![
        8 => Just(""), 2 => Just(": deny"), 1 => Just(": allow"), 1 => Just(" : spawn x"),
    ];
    let rule = (daemons, prop::collection::vec(word, 1..4), tail)
        .prop_map(|(daemons, words, tail)| format!("{daemons}: {}{tail}\n", words.join(" ")));
    prop_oneof![
        16 => rule.clone(),
        1 => rule.prop_map(|rule| labelled(&Label { by: Some("x".to_owned()), ..Label::default() }, &rule)),
        1 => Just("# c\n".to_owned()),
        1 => Just("\n".to_owned()),
        1 => Just("###sshguard###\n".to_owned()),
        1 => Just("# DenyHosts: x\n".to_owned()),
        1 => Just("no rule\n".to_owned()),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    /// Beside what sets say, every client of the small world is asked for.
    #[test]
    fn no_verdict_changes(
        allow in prop::collection::vec(line(), 0..12),
        deny in prop::collection::vec(line(), 0..12),
    ) {
        use crate::engine::{Host, HostName, Request, Table, Tables, decide};
        let (allow, deny) = (allow.concat(), deny.concat());
        let after = compacted(&allow, &deny);
        let trees = [&allow, &deny, &after[0], &after[1]].map(|text| parse(text.as_bytes()));
        let [old_allow, old_deny, new_allow, new_deny] = &trees;
        let tables = |allow, deny| Tables { allow: Table::Read(allow), deny: Table::Read(deny) };
        let (old, new) = (tables(old_allow, old_deny), tables(new_allow, new_deny));
        let addresses = (0..17).flat_map(|n| [format!("10.0.0.{n}"), format!("2001:db8::{n:x}")]);
        for address in addresses {
            for (daemon, name, user) in [
                ("sshd", "unknown", "unknown"), ("vsftpd", "a.x.org", "bob"), ("other", "paranoid", "unknown"),
            ] {
                let request = Request::new(daemon, Host::new(&address, HostName::new(name))).with_user(user);
                let access = [&old, &new].map(|tables| decide(tables, &request, &Bare).access);
                prop_assert_eq!(access[0], access[1], "{} {}: {:?}", daemon, address, after);
            }
        }
        let words = |text: &str| text.matches('#').count();
        prop_assert_eq!(words(&allow) + words(&deny), words(&after[0]) + words(&after[1]));
        let count = |tree| rules(tree).filter(|rule: &Rule<'_, '_>| rule.has_options()).count();
        prop_assert!(count(new_allow) <= count(old_allow));
    }
}
