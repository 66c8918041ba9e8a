//! Hosts that leave their mail to the fleet, from their journals to one inbox: the database goes
//! away and comes back, and no alert is lost.

use super::run::{fleet, good};
use super::server::Server;
use super::toolkit::{Inbox, said, tcpw, toolkit, wait_until};
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;
use std::process::Command;
use tempfile::TempDir;

/// A host: a journal, a configuration that leaves its mail to the fleet, and a state.
struct Member {
    place: TempDir,
    name: &'static str,
}

impl Member {
    fn new(server: &Server, inbox: &Inbox, name: &'static str) -> Self {
        let place = TempDir::with_prefix("tcpw-member-").unwrap();
        let member = Self { place, name };
        for directory in ["etc", "dev", "var/lib/tcpw-fleet", "var/spool"] {
            fs::create_dir_all(member.path(directory)).unwrap();
        }
        let password = member.path("etc/word");
        good(&[
            "add-host",
            name,
            "--database",
            &server.admin(),
            "--out",
            &password.display().to_string(),
        ]);
        let config = format!(
            "[mail]\nfrom = '{name}@example.org'\nto = 'a@example.org'\nreverse_dns = false\n\
             [mail.smtp]\nhost = '127.0.0.1'\nport = {}\ntls = 'none'\n\
             [journal]\npath = '/var/lib/tcpw/journal.db'\n\
             [fleet]\nmail = 'fleet'\nown_after = '10s'\n",
            inbox.port
        );
        fs::write(member.path("etc/tcpw.toml"), config).unwrap();
        // The program of the fleet is given all paths as they are.
        let base = member.path("").display().to_string();
        let push = format!(
            "[journal]\npath = '{base}/var/lib/tcpw/journal.db'\n\
             [fleet]\nmail = 'fleet'\ndatabase = '{}'\npassword_file = '{}'\n",
            server.url(name),
            password.display()
        );
        fs::write(member.path("etc/push.toml"), push).unwrap();
        member
    }

    fn path(&self, below: &str) -> PathBuf {
        self.place.path().join(below)
    }

    /// A refusal by sshd, as its rule reports it.
    fn refuse(&self, addr: &str) {
        let root = self.path("").display().to_string();
        let words = [
            "--root", &root, "notify", "--addr", addr, "-d", "sshd", "--", addr,
        ];
        let (code, out, err) = said(&tcpw(&words).output().unwrap());
        assert_eq!(code, 0, "{out}{err}");
        wait_until("the event is in the journal", || {
            self.queue().contains(addr)
        });
    }

    /// What waits or gathers on this host.
    fn queue(&self) -> String {
        let root = self.path("").display().to_string();
        said(&tcpw(&["--root", &root, "queue"]).output().unwrap()).1
    }

    /// A push; whether it succeeded.
    fn push(&self) -> bool {
        let config = self.path("etc/push.toml").display().to_string();
        let state = self.path("var/lib/tcpw-fleet").display().to_string();
        let mut command = Command::new("sh");
        command
            .args(["-c", "umask 077; exec \"$0\" \"$@\""])
            .arg(env!("CARGO_BIN_EXE_tcpw-fleet"))
            .args(["--config", &config, "push", "--now", "--state", &state]);
        let is_done = command.output().unwrap().status.success();
        let found = fs::metadata(self.path("var/lib/tcpw-fleet/pushed")).unwrap();
        assert_eq!(
            found.permissions().mode() & 0o777,
            0o644,
            "the deliverer reads it"
        );
        is_done
    }
}

/// Three hosts, their database, and the machine that mails for all.
struct Fleet {
    server: Server,
    inbox: Inbox,
    place: TempDir,
    hosts: [Member; 3],
}

impl Fleet {
    fn new() -> Self {
        assert!(toolkit().exists());
        let server = Server::start();
        good(&["init", &server.admin()]);
        let inbox = Inbox::start();
        let hosts = ["web1", "web2", "web3"].map(|name| Member::new(&server, &inbox, name));
        Self {
            server,
            inbox,
            place: TempDir::with_prefix("tcpw-mailer-").unwrap(),
            hosts,
        }
    }

    /// Two passes of the mail of all.
    fn mail(&self) {
        let base = self.place.path().display();
        let config = self.place.path().join("tcpw.toml");
        let text = format!(
            "[mail]\nfrom = 'fleet@example.org'\nto = 'a@example.org'\nreverse_dns = false\n\
             [mail.smtp]\nhost = '127.0.0.1'\nport = {}\ntls = 'none'\n\
             [journal]\npath = '{base}/journal/journal.db'\n\
             [drop]\npath = '{base}/drop'\nroot = '{base}/root'\n[fleet]\ngather = '0s'\n",
            self.inbox.port
        );
        fs::write(&config, text).unwrap();
        for _ in 0..2 {
            let url = self.server.admin();
            let mut command = fleet(&["mail", "--once", "--database", &url, "--config"]);
            let (code, out, err) = said(&command.arg(&config).output().unwrap());
            assert_eq!(code, 0, "{out}{err}");
        }
    }

    /// Hosts leave their mail to a program that runs: as if it had just looked, however busy this machine is.
    fn is_mailing(&self) {
        self.server
            .ask("UPDATE tcpw.mail_state SET passed = now() + interval '1 minute'");
    }

    fn from(&self, sender: &str) -> usize {
        let line = format!("From: {sender}@example.org");
        let mails = self.inbox.mails();
        mails.iter().filter(|mail| mail.contains(&line)).count()
    }

    /// One scanner at three hosts: one mail, of the fleet.
    fn scan(&self) {
        self.is_mailing();
        for host in &self.hosts {
            assert!(host.push(), "{}", host.name);
            host.refuse("203.0.113.9");
            assert!(host.push(), "{}", host.name);
        }
        self.mail();
        wait_until("the mail of the fleet", || self.inbox.mails().len() == 1);
        let subjects = self.inbox.subjects();
        assert!(
            subjects.join(" ").contains("203.0.113.9 tried 3 servers"),
            "{subjects:?}"
        );
        for host in &self.hosts {
            wait_until("nothing gathers", || !host.queue().contains("203.0.113.9"));
        }
    }

    /// The database is stopped: a host mails by itself, within the time.
    fn outage(&mut self) {
        let host = &self.hosts[0];
        self.is_mailing();
        assert!(host.push());
        self.server.stop();
        host.refuse("203.0.113.10");
        assert!(!host.push());
        wait_until("the mail of the host", || self.from("web1") == 1);
    }

    /// It is back: the fleet mails again.
    fn recovery(&mut self) {
        self.server.run();
        self.is_mailing();
        for host in &self.hosts {
            assert!(host.push(), "{}", host.name);
        }
        let host = &self.hosts[1];
        host.refuse("203.0.113.11");
        assert!(host.push());
        self.mail();
        wait_until("the mail of the fleet", || {
            let mails = self.inbox.mails();
            mails.iter().any(|mail| mail.contains("203.0.113.11"))
        });
        wait_until("nothing gathers", || !host.queue().contains("203.0.113.11"));
        assert_eq!(self.from("web2") + self.from("web3"), 0);
    }
}

#[test]
fn while_the_database_is_away_hosts_mail_by_themselves_and_nothing_is_lost() {
    let mut fleet = Fleet::new();
    fleet.scan();
    fleet.outage();
    fleet.recovery();
    let mails = fleet.inbox.mails().join("\n");
    for addr in ["203.0.113.9", "203.0.113.10", "203.0.113.11"] {
        assert!(mails.contains(addr), "{addr} was told");
    }
    assert_eq!(
        fleet
            .server
            .ask("SELECT count(*), count(DISTINCT host) FROM tcpw.event"),
        "5|3",
        "every event once"
    );
    let words = ["report", "--from", &fleet.server.admin()];
    let (_, out, err) = said(&tcpw(&words).output().unwrap());
    for part in [
        "Report for 3 servers",
        "web1",
        "web2",
        "web3",
        "203.0.113.9",
    ] {
        assert!(out.contains(part), "{part}: {out}{err}");
    }
    crate::proof::say(
        "fleet: one scanner at 3 servers is one mail; without a database a server mails by itself, 0 lost",
    );
}
