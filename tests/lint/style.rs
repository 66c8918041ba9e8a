//! `tcpw fmt`: one style, the same verdicts.

use crate::oracle::{Oracle, case};
use crate::sandbox::Sandbox;
use tcpw::lint::formatted;
use tcpw::syntax::parse;

/// Pairs of tables whose verdicts the library is asked for before and after.
const PAIRS: u64 = 600;

#[test]
fn rules_get_one_style_and_the_rest_stays() {
    for (old, new) in [
        ("sshd:10.0.0.1 ,10.0.0.2\n", "sshd: 10.0.0.1 10.0.0.2\n"),
        (
            "  sshd\t,  vsftpd :ALL:deny\r\n",
            "sshd vsftpd: ALL : deny\n",
        ),
        (
            "a: [::1]:spawn echo a\\:b  c & :  allow \n",
            "a: [::1] : spawn echo a\\:b  c & : allow\n",
        ),
        ("#a :b\n\n a b\n", "#a :b\n\n a b\n"),
        ("a:b \\\n c\n", "a:b \\\n c\n"),
        ("a:b\nc:d", "a: b\nc:d"),
        ("a:b:\n", "a: b :\n"),
    ] {
        let once = formatted(&parse(old.as_bytes()));
        assert_eq!(String::from_utf8_lossy(&once), new);
        assert_eq!(formatted(&parse(&once)), once);
    }
}

#[test]
fn the_library_decides_alike_before_and_after() {
    let directory = tempfile::tempdir().unwrap();
    let mut oracle = Oracle::start();
    let mut changed = 0;
    for seed in 0..PAIRS {
        let mut case = case(seed, directory.path().to_str().unwrap());
        case.queries.truncate(10);
        let tables = case.lay(directory.path());
        let mut ask = || {
            let answers = oracle.ask(&tables, &case.queries);
            answers
                .into_iter()
                .map(|answer| answer.text)
                .collect::<Vec<_>>()
        };
        let before = ask();
        for (path, bytes) in [(&tables.allow, &case.allow), (&tables.deny, &case.deny)] {
            let Some(bytes) = bytes else {
                continue;
            };
            let once = formatted(&parse(bytes));
            assert_eq!(
                formatted(&parse(&once)),
                once,
                "pair {seed}\n{}",
                case.show()
            );
            changed += u64::from(once != *bytes);
            std::fs::write(path, once).unwrap();
        }
        assert_eq!(before, ask(), "pair {seed}\n{}", case.show());
    }
    assert!(changed > PAIRS / 2, "{changed} tables changed");
}

#[test]
fn fmt_writes_through_the_editor_and_check_only_says() {
    let stage = Sandbox::new().allow("sshd:10.0.0.1\n").deny("ALL: ALL\n");
    let run = stage.run(&["fmt", "--check"]);
    let text = run.stdout_text().to_owned();
    assert!(text.contains("+sshd: 10.0.0.1\n"), "{text}");
    let run = run.stdout(&text).code(1).done().run(&["fmt"]);
    let text = run.stdout_text().to_owned();
    let stage = run
        .stdout(&text)
        .leaves("etc/hosts.allow", "sshd: 10.0.0.1\n")
        .ignoring("var/lib/tcpw/history")
        .done();
    stage
        .run(&["fmt", "--check"])
        .stdout("nothing to change\n")
        .done();
}
