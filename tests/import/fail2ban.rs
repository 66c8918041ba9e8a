//! The real fail2ban bans, and its database says whom.

use crate::editor::Sandbox;
use crate::proof::say;
use std::collections::BTreeSet;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

/// fail2ban with two jails that ban whom they are told to, and a database.
struct Server<'s> {
    child: Child,
    sandbox: &'s Sandbox,
}

impl<'s> Server<'s> {
    fn start(sandbox: &'s Sandbox) -> Self {
        let root = sandbox.path("fail2ban");
        for folder in ["action.d", "filter.d"] {
            std::fs::create_dir_all(root.join(folder)).unwrap();
        }
        let write = |name: &str, text: String| std::fs::write(root.join(name), text).unwrap();
        let at = root.display();
        write(
            "fail2ban.conf",
            format!(
                "[Definition]\nloglevel = INFO\nlogtarget = {at}/log\nsyslogsocket = auto\nsocket = {at}/socket\n\
                 pidfile = {at}/pid\ndbfile = {at}/bans.sqlite3\ndbpurgeage = 1d\ndbmaxmatches = 1\n\
                 [Thread]\nstacksize = 0\n"
            ),
        );
        write(
            "filter.d/never.conf",
            "[Definition]\nfailregex = ^never <HOST>$\n".to_owned(),
        );
        write("empty.log", String::new());
        let jail = |name: &str, time: i64| {
            format!(
                "[{name}]\nenabled = true\nfilter = never\nbackend = polling\nlogpath = {at}/empty.log\n\
                 bantime = {time}\nfindtime = 60\nmaxretry = 1\nignoreip = \nusedns = no\naction = \n"
            )
        };
        write("jail.conf", jail("sshd", 3600) + &jail("for-ever", -1));
        let child = Command::new("fail2ban-server")
            .arg("-c")
            .arg(&root)
            .args(["-f", "-x", "start"])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("fail2ban is installed");
        let server = Self { child, sandbox };
        let start = Instant::now();
        while server.client(&["status", "for-ever"]).is_none() {
            assert!(
                start.elapsed() < Duration::from_secs(120),
                "fail2ban does not answer"
            );
            thread::sleep(Duration::from_millis(100));
        }
        server
    }

    fn client(&self, words: &[&str]) -> Option<String> {
        let output = Command::new("fail2ban-client")
            .arg("-c")
            .arg(self.sandbox.path("fail2ban"))
            .args(words)
            .output()
            .unwrap();
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        output.status.success().then_some(text)
    }

    fn banned(&self, jail: &str) -> BTreeSet<String> {
        let text = self.client(&["get", jail, "banip"]).unwrap();
        text.split_whitespace().map(str::to_owned).collect()
    }
}

impl Drop for Server<'_> {
    fn drop(&mut self) {
        self.client(&["stop"]);
        drop(self.child.kill());
        drop(self.child.wait());
    }
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
fn ban(server: &Server<'_>) {
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
fn wait_for_bans(sandbox: &Sandbox, database: &str) {
    let start = Instant::now();
    loop {
        let ran = sandbox.run(&["import", "fail2ban", database, "--print"]);
        let rows = ran.out.split("\"clients\":\"").skip(1);
        let clients = rows.flat_map(|row| row.split('"').next().unwrap().split(' '));
        let clients: BTreeSet<&str> = clients.collect();
        if clients.len() == 4 && !clients.contains("192.0.2.99") {
            return;
        }
        assert!(
            start.elapsed() < Duration::from_secs(120),
            "{}{}",
            ran.out,
            ran.err
        );
        thread::sleep(Duration::from_millis(100));
    }
}

#[test]
fn the_bans_of_a_running_fail2ban_become_rules() {
    let sandbox = Sandbox::new("", "");
    let server = Server::start(&sandbox);
    let database = sandbox.path("fail2ban/bans.sqlite3");
    let database = database.to_str().unwrap();
    ban(&server);
    wait_for_bans(&sandbox, database);
    let ran = sandbox.run(&["import", "fail2ban", database, "-d", "sshd=sshd"]);
    assert_eq!(ran.code, Some(0), "{}", ran.err);
    let (allow, deny) = sandbox.tables();
    assert_eq!(allow, "");
    assert_eq!(clients(&deny, " by=fail2ban/sshd"), server.banned("sshd"));
    assert_eq!(
        clients(&deny, " by=fail2ban/for-ever"),
        server.banned("for-ever")
    );
    assert_eq!(clients(&deny, " until="), server.banned("sshd"));
    let has = |daemon: &str, client: &str| {
        let mut lines = deny.lines();
        lines.any(|line| line.starts_with(daemon) && line.contains(client))
    };
    assert!(
        has("sshd: ", "192.0.2.7") && has("ALL: ", "203.0.113.9"),
        "{deny}"
    );
    // What is there is not added again; the database is not changed.
    let ran = sandbox.run(&["import", "fail2ban", database, "-d", "sshd=sshd", "--check"]);
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
