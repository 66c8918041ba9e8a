//! The shipped action in fail2ban itself: one jail bans while another lifts its bans.

use super::sandbox::Sandbox;
use crate::proof::say;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

const ACTION: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/packaging/fail2ban/tcpw.conf");
const COUNT: usize = 300;
/// A rule of the administrator about an address that is also banned.
const OWN: &str = "# mine\nvsftpd: 198.51.100.7\n";

/// fail2ban with a configuration and a socket of its own.
struct Server<'s> {
    child: Child,
    sandbox: &'s Sandbox,
}

impl<'s> Server<'s> {
    fn start(sandbox: &'s Sandbox) -> Self {
        let at = |name: &str| sandbox.path(&format!("fail2ban/{name}"));
        for folder in ["action.d", "filter.d"] {
            std::fs::create_dir_all(at(folder)).unwrap();
        }
        std::fs::copy(ACTION, at("action.d/tcpw.conf")).unwrap();
        let root = sandbox.directory.path().display();
        let write = |name: &str, text: String| std::fs::write(at(name), text).unwrap();
        write(
            "fail2ban.conf",
            format!(
                "[Definition]\nloglevel = INFO\nlogtarget = {root}/fail2ban/log\nsyslogsocket = auto\n\
                 socket = {root}/fail2ban/socket\npidfile = {root}/fail2ban/pid\ndbfile = None\n\
                 dbpurgeage = 1d\ndbmaxmatches = 1\n[Thread]\nstacksize = 0\n"
            ),
        );
        write(
            "filter.d/never.conf",
            "[Definition]\nfailregex = ^never <HOST>$\n".to_owned(),
        );
        write("empty.log", String::new());
        let jail = |name: &str| {
            format!(
                "[{name}]\nenabled = true\nfilter = never\nbackend = polling\n\
                 logpath = {root}/fail2ban/empty.log\nbantime = 3600\nfindtime = 60\nmaxretry = 1\n\
                 ignoreip = \nusedns = no\naction = tcpw[name={name}, daemon=sshd, tcpw=\"{} --root {root}\"]\n",
                env!("CARGO_BIN_EXE_tcpw")
            )
        };
        write("jail.conf", jail("one") + &jail("two"));
        let child = Command::new("fail2ban-server")
            .arg("-c")
            .arg(at(""))
            .args(["-f", "-x", "start"])
            .env("SSH_CONNECTION", "0.0.0.1 1 0.0.0.2 22")
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("fail2ban is installed");
        let server = Self { child, sandbox };
        server.wait("its socket", |server| {
            server.client(&["status", "two"]).is_some()
        });
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

    fn log(&self) -> String {
        std::fs::read_to_string(self.sandbox.path("fail2ban/log")).unwrap_or_default()
    }

    fn wait(&self, what: &str, mut is_there: impl FnMut(&Self) -> bool) {
        let start = Instant::now();
        while !is_there(self) {
            assert!(
                start.elapsed() < Duration::from_secs(120),
                "no {what}: {}",
                self.log()
            );
            thread::sleep(Duration::from_millis(100));
        }
    }
}

impl Drop for Server<'_> {
    fn drop(&mut self) {
        self.client(&["stop"]);
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

fn addresses(net: &str) -> Vec<String> {
    (0..COUNT)
        .map(|n| format!("{net}.{}.{}", n / 200, n % 200 + 1))
        .collect()
}

/// The clients of the rules that a jail wrote.
fn banned(table: &Path, jail: &str) -> Vec<String> {
    let text = std::fs::read_to_string(table).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    let mut found: Vec<String> = lines
        .windows(2)
        .filter(|pair| pair[0].contains(&format!(" by=fail2ban/{jail} ")))
        .flat_map(|pair| pair[1].trim_start_matches("sshd: ").split(' '))
        .map(str::to_owned)
        .collect();
    found.sort();
    found
}

#[test]
fn three_hundred_bans_while_three_hundred_are_lifted() {
    let sandbox = Sandbox::new("", OWN);
    let table = sandbox.path("etc/hosts.deny");
    let server = Server::start(&sandbox);
    let ask = |verb: &str, jail: &str, addresses: &[String]| {
        let mut words = vec!["set", jail, verb];
        words.extend(addresses.iter().map(String::as_str));
        assert!(server.client(&words).is_some(), "{}", server.log());
    };
    let (mut ones, mut twos) = (addresses("192.0"), addresses("10.20"));
    twos[0] = "198.51.100.7".to_owned();
    ask("banip", "two", &twos);
    let count = COUNT;
    server.wait("bans", |_| banned(&table, "two").len() == count);
    thread::scope(|scope| {
        scope.spawn(|| ask("banip", "one", &ones));
        scope.spawn(|| ask("unbanip", "two", &twos));
    });
    server.wait("end", |_| {
        banned(&table, "one").len() == count && banned(&table, "two").is_empty()
    });
    ones.sort();
    assert_eq!(banned(&table, "one"), ones);
    let text = std::fs::read_to_string(&table).unwrap();
    assert!(text.starts_with(OWN), "{text}");
    assert!(tcpw::syntax::parse(text.as_bytes()).broken_line().is_none());
    let log = server.log();
    assert!(!log.contains(" ERROR "), "{log}");
    // The time that fail2ban gives is in every rule, for the case that it is gone by then.
    assert_eq!(
        text.matches(" until=").count(),
        text.matches("\nsshd: ").count()
    );
    say(&format!(
        "fail2ban: {COUNT} of {COUNT} bans there and {COUNT} of {COUNT} lifted at the same time"
    ));
}
