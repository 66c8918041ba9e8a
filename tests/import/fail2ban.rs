//! The real fail2ban bans, and its database says whom.

use crate::editor::Sandbox;
use crate::fail2ban::{Fail2ban, Jail};
use crate::proof::say;
use std::collections::BTreeSet;
use std::process::Command;

fn banned(server: &Fail2ban, jail: &str) -> BTreeSet<String> {
    let text = server.client(&["get", jail, "banip"]).unwrap();
    text.split_whitespace().map(str::to_owned).collect()
}

/// The clients of rules below comments with these words.
fn clients(table: &str, words: &str) -> BTreeSet<String> {
    let lines: Vec<&str> = table.lines().collect();
    lines
        .windows(2)
        .filter(|pair| pair[0].starts_with("# tcpw: ") && pair[0].contains(words))
        .flat_map(|pair| pair[1].split_once(": ").unwrap().1.split(' '))
        .map(|word| word.replace(['[', ']'], ""))
        .collect()
}

/// Bans four clients in two jails, and one that is let go again.
fn ban(server: &Fail2ban) {
    for (jail, verb, client) in [
        ("sshd", "banip", "192.0.2.7"),
        ("sshd", "banip", "198.51.100.0/28"),
        ("sshd", "banip", "2001:db8::7"),
        ("for-ever", "banip", "203.0.113.9"),
        ("sshd", "banip", "192.0.2.99"),
        ("sshd", "unbanip", "192.0.2.99"),
    ] {
        let answer = server.client(&["set", jail, verb, client]);
        assert!(answer.is_some(), "{jail} {verb} {client}");
    }
}

/// A ban is in the database a moment after the client has its answer.
fn wait_for_bans(server: &Fail2ban, sandbox: &Sandbox, database: &str) {
    server.wait("bans", |_| {
        let ran = sandbox.run(&["import", "fail2ban", database, "--print"]);
        let rows = ran.out.split("\"clients\":\"").skip(1);
        let clients = rows.flat_map(|row| row.split('"').next().unwrap().split(' '));
        let clients: BTreeSet<&str> = clients.collect();
        clients.len() == 4 && !clients.contains("192.0.2.99")
    });
}

/// Who names the daemon of one jail has not said that the others are for ALL.
fn assert_asks_for_the_others(sandbox: &Sandbox, words: &[&str]) {
    let ran = sandbox.run(words);
    let said = "no --daemon NAME=for-ever says which daemon";
    assert!(ran.code == Some(2) && ran.err.contains(said), "{}", ran.err);
    assert_eq!(sandbox.tables(), (String::new(), String::new()));
}

#[test]
fn the_bans_of_a_running_fail2ban_become_rules() {
    let sandbox = Sandbox::new("", "");
    let jail = |name, ban_time| Jail {
        name,
        ban_time,
        action: String::new(),
    };
    let server = Fail2ban::start(
        sandbox.path("fail2ban"),
        &[jail("sshd", 3600), jail("for-ever", -1)],
        &[],
    );
    let database = sandbox.path("fail2ban/bans.sqlite3");
    let database = database.to_str().unwrap();
    ban(&server);
    wait_for_bans(&server, &sandbox, database);
    let one = ["import", "fail2ban", database, "-d", "sshd=sshd"];
    assert_asks_for_the_others(&sandbox, &one);
    let ran = sandbox.run(&[&one[..], &["-d", "ALL"]].concat());
    assert_eq!(ran.code, Some(0), "{}", ran.err);
    let (allow, deny) = sandbox.tables();
    assert_eq!(allow, "");
    assert_eq!(clients(&deny, " by=fail2ban/sshd"), banned(&server, "sshd"));
    assert_eq!(
        clients(&deny, " by=fail2ban/for-ever"),
        banned(&server, "for-ever")
    );
    assert_eq!(clients(&deny, " until="), banned(&server, "sshd"));
    let has = |daemon: &str, client: &str| {
        let mut lines = deny.lines();
        lines.any(|line| line.starts_with(daemon) && line.contains(client))
    };
    assert!(
        has("sshd: ", "192.0.2.7") && has("ALL: ", "203.0.113.9"),
        "{deny}"
    );
    // What is there is not added again; the database is not changed.
    let ran = sandbox.run(&[&one[..], &["-d", "ALL", "--check"]].concat());
    assert_eq!(
        (ran.code, &*ran.out),
        (Some(0), "nothing to change\n"),
        "{}",
        ran.err
    );
    say("import: fail2ban: the bans of two jails are the rules, with their ends");
    drop(server);
    damaged(&sandbox, database);
}

/// Whatever bytes are changed, there is an answer, and no table changes.
fn damaged(sandbox: &Sandbox, database: &str) {
    let whole = std::fs::read(database).unwrap();
    let tables = sandbox.tables();
    let path = sandbox.path("damaged.sqlite3");
    let shown = path.to_str().unwrap();
    let mut dice = super::model::Dice::new(3);
    let length = u64::try_from(whole.len()).unwrap();
    for round in 0..24 {
        let mut bytes = whole.clone();
        for _ in 0..=dice.roll(200) {
            let at = usize::try_from(dice.roll(length)).unwrap();
            bytes[at] = u8::try_from(dice.roll(256)).unwrap();
        }
        if round % 4 == 0 {
            bytes.truncate(usize::try_from(dice.roll(length)).unwrap());
        }
        std::fs::write(&path, bytes).unwrap();
        let ran = sandbox.run(&["import", "fail2ban", shown, "--print"]);
        assert!(matches!(ran.code, Some(0 | 2)), "{ran:?}");
        assert!(!ran.err.contains("panicked"), "{}", ran.err);
    }
    // A view in the place of the table could run what its author likes.
    let script = "import sqlite3, sys; d = sqlite3.connect(sys.argv[1]); \
                  d.execute('create view bips as select 1 as ip, 2 as jail, 3 as timeofban, 4 as bantime'); \
                  d.commit()";
    std::fs::remove_file(&path).unwrap();
    let made = Command::new("/usr/bin/python3")
        .args(["-c", script, shown])
        .status()
        .unwrap();
    assert!(made.success());
    let ran = sandbox.run(&["import", "fail2ban", shown]);
    assert!(
        ran.code == Some(2) && ran.err.contains("not an ordinary table"),
        "{}",
        ran.err
    );
    assert_eq!(sandbox.tables(), tables);
}
