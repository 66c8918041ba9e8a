//! `docs/fleet.md` followed literally: what stands in its blocks is done in their order, with what
//! differs on this machine replaced by the table below and nothing else.

use super::host::Host;
use super::journal::{SECOND, knock};
use super::run::good;
use super::server::{ADMIN, Server};
use super::toolkit::toolkit;
use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::SystemTime;

const PAGE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/fleet.md");
/// The password of everybody who is asked for one.
const WORD: &str = "a password of the page";

/// A block of the page: its language, and its text.
struct Block {
    language: String,
    text: String,
}

fn blocks() -> Vec<Block> {
    let page = fs::read_to_string(PAGE).unwrap();
    let parts: Vec<&str> = page.split("```").collect();
    assert!(parts.len() % 2 == 1, "a fence is not closed");
    let block = |part: &&str| {
        let (language, text) = part.split_once('\n').unwrap();
        Block {
            language: language.to_owned(),
            text: text.to_owned(),
        }
    };
    parts.iter().skip(1).step_by(2).map(block).collect()
}

/// One machine that is all of them: the database, the host, whoever looks.
struct Machine {
    server: Server,
    host: Host,
}

impl Machine {
    /// What the page says, and what it is here.
    fn substitutions(&self) -> Vec<(&'static str, String)> {
        let (config, state) = (self.path("tcpw.toml"), self.path("state"));
        let (config, state) = (config.display(), state.display());
        let authority = self.server.path("ca.pem");
        let place = format!(
            "@localhost:{}/tcpw?sslrootcert={}",
            self.server.port,
            authority.display()
        );
        vec![
            // The name of the database's machine, its port and the authority that signed for it.
            ("@db.example.org/tcpw", place),
            ("192.0.2.0/24", "127.0.0.1/32".to_owned()),
            ("'...'", format!("'{WORD}'")),
            // Files of the host.
            (
                "/etc/tcpw-fleet.password",
                self.path("password").display().to_string(),
            ),
            (
                "/etc/tcpw-mailer.password",
                self.path("mailer").display().to_string(),
            ),
            ("tcpw report", format!("tcpw --config {config} report")),
            ("tcpw events", format!("tcpw --config {config} events")),
            (
                "tcpw-fleet prune",
                format!("tcpw-fleet --config {config} prune"),
            ),
            // It runs until it is ended.
            (
                "tcpw-fleet mail",
                format!("tcpw-fleet --config {config} mail --once"),
            ),
            // There is not a user of this name, and nothing that starts units.
            ("--owner tcpw-fleet ", String::new()),
            (
                "systemctl enable --now tcpw-fleet-push.path tcpw-fleet-push.timer",
                format!("tcpw-fleet --config {config} push --state {state}"),
            ),
        ]
    }

    fn path(&self, name: &str) -> PathBuf {
        self.host.path(name)
    }

    /// The text of a block as it is here; notes which substitutions were needed.
    fn here(&self, text: &str, used: &mut [bool]) -> String {
        let mut text = text.to_owned();
        for ((from, to), is_used) in self.substitutions().iter().zip(used) {
            *is_used |= text.contains(from);
            text = text.replace(from, to);
        }
        text
    }

    /// Runs a command line by a shell, on the machine of the database as its administrator.
    fn shell(&self, line: &str) -> String {
        let programs = toolkit();
        let path = format!("{}:/usr/bin:/bin", programs.parent().unwrap().display());
        let answers = self.path("answers");
        // Who is asked for a password is asked twice.
        fs::write(&answers, format!("{WORD}\n{WORD}\n")).unwrap();
        let output = Command::new("setsid")
            .args(["--wait", "sh", "-euc", line])
            .current_dir(self.path(""))
            .env("PATH", path)
            .env("LC_ALL", "C.UTF-8")
            .env("PGHOST", self.server.path("run"))
            .env("PGPORT", self.server.port.to_string())
            .env("PGUSER", ADMIN)
            .env("PGPASSWORD", WORD)
            .stdin(Stdio::from(fs::File::open(answers).unwrap()))
            .output()
            .unwrap();
        let said = [output.stdout, output.stderr].concat();
        let said = String::from_utf8_lossy(&said).into_owned();
        assert!(output.status.success(), "{line}: {said}");
        said
    }

    /// Runs statements as `keeper`.
    fn sql(&self, statements: &str) -> String {
        fs::write(self.path("statements"), statements).unwrap();
        self.shell("psql --username keeper --dbname tcpw --set ON_ERROR_STOP=1 --file statements")
    }

    /// Adds lines of a block to the section of the configuration that it names.
    fn configure(&self, text: &str) {
        let path = self.path("tcpw.toml");
        let old = fs::read_to_string(&path).unwrap();
        let new = if old.contains("[fleet]\n") {
            old.replace("[fleet]\n", text)
        } else {
            old + text
        };
        fs::write(path, new).unwrap();
    }

    /// Lets hosts in by these lines, in place of those that let everybody in by TLS.
    fn let_in(&self, text: &str) {
        let path = self.server.path("data/pg_hba.conf");
        let old = fs::read_to_string(&path).unwrap();
        let kept = old
            .lines()
            .filter(|line| !line.starts_with("hostssl all all"));
        let kept: Vec<&str> = kept.chain([text]).collect();
        fs::write(path, kept.join("\n")).unwrap();
    }

    fn follow(&self, block: &Block, used: &mut [bool]) -> String {
        let text = self.here(&block.text, used);
        match block.language.as_str() {
            "sh" => {
                let joined = text.replace("\\\n", " ");
                joined.lines().map(|line| self.shell(line)).collect()
            }
            "sql" => self.sql(&text),
            "toml" => {
                self.configure(&text);
                String::new()
            }
            "conf" => {
                self.let_in(&text);
                String::new()
            }
            other => unreachable!("the page has a block of {other:?}"),
        }
    }
}

/// A server that knows nothing of tcpw, and a host that has been tried.
fn machine() -> Machine {
    let server = Server::start();
    server.sql("postgres", "DROP DATABASE tcpw");
    let host = Host::of(&server, "web17", 5);
    let journal = host.book.path.display();
    let base = host.path("");
    let config = format!(
        "[mail]\nfrom = 'a@example.org'\nto = 'b@example.org'\n[mail.smtp]\nhost = '127.0.0.1'\n\
         port = 9\ntls = 'none'\n[journal]\npath = '{journal}'\n[drop]\npath = '{0}/drop'\n\
         root = '{0}/root'\n",
        base.display()
    );
    fs::write(host.path("tcpw.toml"), config).unwrap();
    fs::write(host.path("mailer"), format!("{WORD}\n")).unwrap();
    fs::set_permissions(host.path("mailer"), Permissions::from_mode(0o600)).unwrap();
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    let now = i64::try_from(now.unwrap().as_secs()).unwrap();
    let knock = |one: i64| knock((now - 600 + one) * SECOND, "203.0.113.9");
    host.book.add(&(0..7).map(knock).collect::<Vec<_>>());
    Machine { server, host }
}

#[test]
fn the_page_is_followed_to_its_end() {
    let machine = machine();
    let blocks = blocks();
    let mut used = vec![false; machine.substitutions().len()];
    let mut commands = 0;
    for block in &blocks {
        let said = machine.follow(block, &mut used);
        let has = |words: &str| block.text.contains(words);
        if block.language == "sh" || block.language == "sql" {
            commands += block.text.replace("\\\n", " ").lines().count();
        }
        // What each of them is for.
        if has("systemctl enable") {
            assert!(said.starts_with("Sent 7 events as web17"), "{said}");
            assert_eq!(machine.server.ask("SELECT count(*) FROM tcpw.event"), "5");
        } else if has("tcpw report") {
            assert!(
                said.contains("web17") && said.contains("203.0.113.9"),
                "{said}"
            );
        } else if has("tcpw-fleet rotate") {
            assert!(said.contains("its sessions are ended"), "{said}");
        } else if has("DELETE FROM") {
            assert_eq!(machine.server.ask("SELECT count(*) FROM tcpw.event"), "0");
        } else if has("tcpw-fleet remove-host") {
            let gone = "SELECT count(*) FROM pg_roles WHERE rolname = 'web17'";
            assert_eq!(machine.server.ask(gone), "0");
        }
    }
    let unused: Vec<_> = machine
        .substitutions()
        .into_iter()
        .zip(used)
        .filter(|(_, is_used)| !is_used)
        .collect();
    assert!(
        unused.is_empty(),
        "the page does not say any more: {unused:?}"
    );
    crate::proof::say(&format!(
        "fleet: docs/fleet.md was followed: {commands} commands in {} blocks, each ended well",
        blocks.len()
    ));
}

#[test]
fn sessions_that_go_on_are_named() {
    let server = Server::start();
    let admin = server.admin();
    good(&["init", &admin]);
    good(&["add-host", "web17", "--database", &admin]);
    server.ask(&format!(
        "CREATE ROLE weak LOGIN CREATEROLE PASSWORD '{WORD}' IN ROLE tcpw_owner;
         ALTER ROLE web17 PASSWORD '{WORD}'"
    ));
    std::thread::scope(|scope| {
        // The stolen login is in use.
        let thief = scope.spawn(|| server.try_as("web17", WORD, "SELECT pg_sleep(50)"));
        super::toolkit::wait_until("the session has begun", || {
            let sessions = "SELECT count(*) FROM pg_stat_activity WHERE usename = 'web17'
                AND query ~ 'pg_sleep'";
            server.ask(sessions) == "1"
        });
        let weak = server.url("weak");
        let output = super::run::fleet(&["rotate", "web17", "--database", &weak])
            .env("PGPASSWORD", WORD)
            .output()
            .unwrap();
        let (code, out, err) = super::run::told(&output);
        assert_eq!(code, 2, "{out}{err}");
        assert!(out.starts_with("password: "), "{out}");
        assert!(
            err.contains("has another login, but sessions of it go on (1)"),
            "{err}"
        );
        let said = good(&["rotate", "web17", "--database", &admin]);
        assert!(said.contains("its sessions are ended"), "{said}");
        let ended = thief.join().unwrap().unwrap_err();
        assert!(ended.contains("terminating connection"), "{ended}");
    });
}
