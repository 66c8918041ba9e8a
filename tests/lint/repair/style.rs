//! `tcpw fmt`: one style, the same verdicts.

use crate::engine::{Answer, Oracle, case};
use crate::sandbox::Sandbox;
use tcpw::lint::{formatted, means_the_same};
use tcpw::syntax::parse;

/// Pairs of tables whose verdicts the library is asked for before and after.
const PAIRS: u64 = 2_000;

#[test]
fn rules_get_one_style_and_the_rest_stays() {
    for (old, new) in [
        ("sshd:10.0.0.1 ,10.0.0.2\n", "sshd: 10.0.0.1 10.0.0.2\n"),
        (
            "  sshd\t,  vsftpd :ALL:deny\r\n",
            "sshd vsftpd: ALL : deny\r\n",
        ),
        (
            "a: [::1]:spawn echo a\\:b  c & :  allow \n",
            "a: [::1] : spawn echo a\\:b  c & : allow\n",
        ),
        ("#a :b\n\n a b\n", "#a :b\n\n a b\n"),
        ("a:b \\\n c\n", "a: b c\n"),
        ("a:b\\\nc,d: al\\\nlow\n", "a: bc d : allow\n"),
        ("a: b\0c\nd\n", "a: b\0c\nd\n"),
        ("a:b\nc:d", "a: b\nc:d"),
        ("a:b:\n", "a: b :\n"),
    ] {
        let once = formatted(&parse(old.as_bytes()));
        assert_eq!(String::from_utf8_lossy(&once), new);
        assert_eq!(formatted(&parse(&once)), once);
    }
}

#[test]
fn long_rules_are_broken_between_words() {
    let list = |count: usize| {
        let words: Vec<_> = (0..count).map(|n| format!("10.1.2.{n}")).collect();
        words.join(" ")
    };
    let old = format!(
        "sshd: {} : spawn /bin/echo {} & : deny\n",
        list(16),
        "x".repeat(90)
    );
    let once = String::from_utf8(formatted(&parse(old.as_bytes()))).unwrap();
    assert_eq!(
        once,
        format!(
            "sshd: {} \\\n    {} : spawn /bin/echo {} & : deny\n",
            list(10),
            list(16).split(' ').skip(10).collect::<Vec<_>>().join(" "),
            "x".repeat(90)
        )
    );
    assert_eq!(formatted(&parse(once.as_bytes())), once.as_bytes());
    // Near the limit of libwrap there is no room for the indents.
    for count in [150, 200, 205, 206, 207, 208] {
        let old = format!("sshd: {}\n", list(count));
        let (before, once) = (parse(old.as_bytes()), formatted(&parse(old.as_bytes())));
        let after = parse(&once);
        assert!(means_the_same(&before, &after), "{count}");
        assert_eq!(
            before.broken_line().is_none(),
            after.broken_line().is_none()
        );
        assert_eq!(formatted(&after), once);
        assert!(
            once.split(|byte| *byte == b'\n')
                .all(|line| line.len() <= 100)
                || count > 150
        );
    }
}

#[test]
fn other_words_are_another_meaning() {
    let same = |a: &str, b: &str| means_the_same(&parse(a.as_bytes()), &parse(b.as_bytes()));
    assert!(same("a: b c : deny\n", "a:b,c:deny\n"));
    for other in [
        "a: b : deny\n",
        "a: b d : deny\n",
        "a: b EXCEPT c : deny\n",
        "a: b c : allow\n",
        "a: b c : deny x\n",
        "a: b c\n",
        "a: b c : deny",
        "# a: b c : deny\n",
        "a: b c : deny\n\n",
    ] {
        assert!(!same("a: b c : deny\n", other), "{other}");
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
            // The numbers of lines change where rules are folded.
            let verdict = |answer: Answer| answer.text.split('\t').next().unwrap().to_owned();
            answers.into_iter().map(verdict).collect::<Vec<_>>()
        };
        let before = ask();
        for (path, bytes) in [(&tables.allow, &case.allow), (&tables.deny, &case.deny)] {
            let Some(bytes) = bytes else {
                continue;
            };
            let once = formatted(&parse(bytes));
            let (old, new) = (parse(bytes), parse(&once));
            assert!(means_the_same(&old, &new), "pair {seed}\n{}", case.show());
            assert_eq!(formatted(&new), once, "pair {seed}\n{}", case.show());
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
