//! Repairs that do what is meant and nothing else: field cases, and every repair linted again.

use super::super::world::World;
use super::super::{Stage, folders, name_of};
use crate::engine::{Source, case_from};
use crate::sandbox::Sandbox;
use std::collections::BTreeSet;
use tcpw::diagnostic::Severity;
use tcpw::engine::TableName;
use tcpw::lint::{Boldness, Policy, Site, repair, run};
use tcpw::policy::DEBIAN_12;
use tcpw::syntax::parse;

/// Random tables that are repaired and asked about; `TCPW_FIXES` names another number.
const TABLES: u64 = 400;
/// Mutations of fixtures that are repaired and linted again, for each table asked about.
const MUTATIONS: u64 = 4;

pub(super) fn count() -> u64 {
    std::env::var("TCPW_FIXES").map_or(TABLES, |text| text.parse().unwrap())
}

pub(super) const SITE: Site<'static> = Site {
    world: &World::of(&DEBIAN_12),
    ..Site::NOWHERE
};

/// Both tables after all repairs.
fn repaired(allow: &str, deny: &str, boldness: Boldness) -> (String, String) {
    let done = repair(
        Some(allow.as_bytes()),
        Some(deny.as_bytes()),
        &SITE,
        boldness,
    );
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (text(done.allow), text(done.deny))
}

const CLOSED: &str = "ALL: ALL\n";

#[test]
fn what_is_evidently_meant_is_written_and_nothing_else() {
    for (allow, fixed) in [
        // Brackets, wherever the address stands in its list.
        ("sshd: 127.0.0.1, ::1\n", "sshd: 127.0.0.1, [::1]\n"),
        ("sshd: ::1 127.0.0.1\n", "sshd: [::1] 127.0.0.1\n"),
        ("sshd: ALL EXCEPT ::1\n", "sshd: ALL EXCEPT [::1]\n"),
        (
            "sshd: 2001:db8::1, 2001:db8::2\n",
            "sshd: [2001:db8::1], [2001:db8::2]\n",
        ),
        ("ALL: 2405:b500::/32\n", "ALL: [2405:b500::]/32\n"),
        ("sshd: root@2001:db8::1\n", "sshd: root@[2001:db8::1]\n"),
        ("sshd: ::ffff:192.0.2.7\n", "sshd: 192.0.2.7\n"),
        // A network with spaces in it is one word.
        ("sshd: 192.0.2.0 / 24\n", "sshd: 192.0.2.0/24\n"),
        ("sshd: 192.0.2.0/ 24\n", "sshd: 192.0.2.0/24\n"),
        (
            "sshd: 192.0.2.0 /255.255.255.0\n",
            "sshd: 192.0.2.0/255.255.255.0\n",
        ),
        // Quotes protect no colon, so all that they hold are escaped.
        (
            "nrpe: ALL : spawn (/bin/true \"Go away: %a\" 'a:b') &\n",
            "nrpe: ALL : spawn (/bin/true \"Go away\\: %a\" 'a\\:b') &\n",
        ),
        (
            "nrpe: ALL : spawn (/bin/true \"x: deny\") & : allow\n",
            "nrpe: ALL : spawn (/bin/true \"x\\: deny\") & : allow\n",
        ),
        // Every percent sign of a format, or none.
        (
            "sshd: ALL: spawn (/bin/date +%Y-%m-%d) & : allow\n",
            "sshd: ALL: spawn (/bin/date +%%Y-%%m-%%d) & : allow\n",
        ),
        (
            "sshd: ALL: spawn (/bin/date +%H\\:%M) & : allow\n",
            "sshd: ALL: spawn (/bin/date +%%H\\:%%M) & : allow\n",
        ),
        (
            "sshd: ALL: spawn (/bin/date \"+%d %s\") & : allow\n",
            "sshd: ALL: spawn (/bin/date \"+%%d %%s\") & : allow\n",
        ),
        // The colon after EXCEPT.
        (
            "sshd: ALL EXCEPT: 192.0.2.7\n",
            "sshd: ALL EXCEPT 192.0.2.7\n",
        ),
        (
            "sshd: ALL EXCEPT:192.0.2.7\n",
            "sshd: ALL EXCEPT 192.0.2.7\n",
        ),
        // A list of commands goes into the background as a whole.
        (
            "sshd: ALL: spawn /bin/true a; /bin/true b\n",
            "sshd: ALL: spawn (/bin/true a; /bin/true b) &\n",
        ),
    ] {
        let (allow, _) = repaired(allow, CLOSED, Boldness::Unsafe);
        assert_eq!(allow, fixed);
    }
}

#[test]
fn what_may_be_meant_otherwise_stays() {
    for allow in [
        // A length, a port, the head of another address.
        "sshd: 24\n",
        "ALL: 2001\n",
        "sshd: alice@\n",
        // Masks with holes are a question.
        "sshd: 192.0.2.7/0.0.0.255\n",
        "sshd: 192.0.2.7/255.0.255.0\n",
        // Daemons that may exist.
        "httpd: 192.0.2.7\n",
        "ssh: 192.0.2.7\n",
        "vsfptd: 192.0.2.7\n",
        // Percent signs of both kinds in one word.
        "sshd: ALL: spawn (/bin/sh -c 'date +%Y-%d') & : allow\n",
        // A word that is not an option, and whatever follows it.
        "sshd: ALL: allow from 192.0.2.7\n",
        // The end of a command that is not whole.
        "sshd: ALL: spawn /bin/true \"a\n",
        // What is in a range that is none.
        "sshd: 192.168.[1-5].\n",
        "sshd: 10.1.2.0/0\n",
        // Nothing is known of the exceptions, or of a word; the colon is not all that is wrong.
        "sshd: ALL EXCEPT :\n",
        "sshd: 192.0.2.0/33 :\n",
        "sshd: ALL EXCEPT\n",
        "sshd: ALL NOT 192.0.2.7\n",
    ] {
        for boldness in [Boldness::Safe, Boldness::Unsafe] {
            let (after, deny) = repaired(allow, CLOSED, boldness);
            assert_eq!((&*after, &*deny), (allow, CLOSED));
        }
    }
}

#[test]
fn a_safe_repair_deletes_only_what_has_no_other_meaning() {
    for (allow, deny) in [
        // The only trace of an exception, or of a word that is not a pattern.
        ("sshd: ALL EXCEPT: 192.0.2.7\n", CLOSED),
        ("", "ALL: ALL\nALL: ALL NOT 192.0.2.7\n"),
        ("sshd: 10.\nsshd: 10. EXCEPT 10.1.\n", CLOSED),
        ("sshd: ALL\nsshd: ALL BUT 192.0.2.7\n", CLOSED),
        ("sshd: 10.\nsshd: 10.1.2.3 !10.1.2.4\n", CLOSED),
        ("sshd: [2001:db8::17]/32\n", CLOSED),
        // What tcpw keeps about a rule would be about the next one.
        (
            "sshd: 10.\n# tcpw: since=2026-01-01T00:00:00Z\nsshd: 10.1.2.3\nsshd: 192.0.2.7\n",
            CLOSED,
        ),
        (
            "",
            "ALL: ALL : severity info\n# tcpw: since=2026-01-01T00:00:00Z\n",
        ),
        // A reason of somebody, and a code that may be misspelt.
        ("# tcpw: ignore=TW301 the office\nsshd: 192.0.2.7\n", CLOSED),
        ("# tcpw: ignore=TW999\nsshd: 192.0.2.7\n", CLOSED),
        // Not everybody is denied.
        ("", "ALL: ALL EXCEPT 192.0.2.0/24 .example.org\n"),
        ("", "ALL EXCEPT sshd: ALL\n"),
        ("", "ALL: ALL EXCEPT bob@ALL : severity info\n"),
        ("sshd: ALL: aclexec false\n", "ALL: ALL : severity info\n"),
    ] {
        assert_eq!(
            repaired(allow, deny, Boldness::Safe),
            (allow.to_owned(), deny.to_owned())
        );
    }
    // An audit finds the words also where options follow them.
    let all = repaired("", "ALL: ALL : severity info\n", Boldness::Safe);
    assert_eq!(all.1, "ALL: ALL : severity info\n");
}

/// The codes of the mistakes in each table, remarks left out.
fn mistakes(allow: &[u8], deny: &[u8]) -> BTreeSet<(TableName, &'static str)> {
    let (allow, deny) = (parse(allow), parse(deny));
    let policy = Policy {
        allow: Some(&allow),
        deny: Some(&deny),
    };
    let findings = run(&policy, &SITE, usize::MAX).findings;
    let found = findings
        .iter()
        .map(|found| (found.table, &found.diagnostic));
    found
        .filter(|(_, found)| found.severity > Severity::Info)
        .map(|(table, found)| (table, found.code))
        .collect()
}

/// Repairs the tables and says how many repairs were made; no mistake may be new.
fn no_new_mistake(allow: &[u8], deny: &[u8], what: &str) -> usize {
    let before = mistakes(allow, deny);
    let done = repair(Some(allow), Some(deny), &SITE, Boldness::Unsafe);
    let after = mistakes(&done.allow, &done.deny);
    let new: Vec<_> = after.difference(&before).collect();
    let show = |bytes: &[u8]| bytes.escape_ascii().to_string();
    assert!(
        new.is_empty(),
        "{what}: {new:?} after {:?}\n{}\n{}\n{}\n{}",
        done.done,
        show(allow),
        show(deny),
        show(&done.allow),
        show(&done.deny)
    );
    done.done.len()
}

#[test]
fn no_repair_brings_a_new_mistake_into_its_line() {
    let mut repairs = 0;
    for folder in folders() {
        let stage = Stage::of(&folder);
        let read = |kind: &str| std::fs::read(stage.path().join(kind)).unwrap_or_default();
        if !stage.has_dialect() {
            repairs += no_new_mistake(&read("bad.allow"), &read("bad.deny"), name_of(&folder));
        }
    }
    // One line at a time, so that all that is new is in the line that was repaired.
    let mut lines = 0_u64;
    for seed in 0..count() * MUTATIONS {
        let case = case_from(Source::Mutations, seed, "/nowhere");
        let table = case.allow.unwrap_or_default();
        for line in parse(&table).lines() {
            let text = line.span().of(&table);
            repairs += no_new_mistake(text, b"", &format!("mutation {seed}"));
            repairs += no_new_mistake(b"", text, &format!("mutation {seed}"));
            lines += 1;
        }
    }
    assert!(repairs > 100, "{repairs} repairs only");
    crate::proof::say(&format!(
        "lint --unsafe-fixes: {lines} lines of mutated fixtures, each as both tables, {repairs} repairs: no \
         new mistake in a repaired line"
    ));
}

#[test]
fn nothing_to_change_is_said_only_if_nothing_is_to_be_changed() {
    let doubled = "sshd: 192.0.2.7\nsshd: 192.0.2.7\n";
    for (allow, command) in [
        (doubled, &["lint", "--fix", "--diff"][..]),
        (
            "sshd: 192.0.2.7/24\n",
            &["lint", "--unsafe-fixes", "--diff"],
        ),
        ("sshd:192.0.2.7\n", &["fmt", "--diff"]),
    ] {
        let run = Sandbox::new().allow(allow).deny(CLOSED).run(command);
        let text = run.stdout_text().to_owned();
        assert!(!text.contains("nothing to change"), "{text}");
        run.stdout(&text).code(1).done();
    }
    // And it is true where it is said: nothing is left for a second run.
    for command in [
        &["lint", "--fix"][..],
        &["lint", "--unsafe-fixes"],
        &["fmt"],
    ] {
        let stage = Sandbox::new().allow(doubled).deny(CLOSED);
        let run = stage.run(command).unchecked().run(command);
        let text = run.stdout_text();
        assert!(
            text.starts_with("nothing to change\n"),
            "{command:?}: {text}"
        );
        drop(run.unchecked());
    }
}
