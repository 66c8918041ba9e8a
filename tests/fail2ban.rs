//! A fail2ban with a configuration, a log and a socket of its own.

use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

/// How long it is waited for.
const PATIENCE: Duration = Duration::from_secs(120);

/// A jail that bans only whom it is told to.
pub(crate) struct Jail {
    pub(crate) name: &'static str,
    /// Seconds, or -1 for ever.
    pub(crate) ban_time: i64,
    /// As the configuration spells it; may be empty.
    pub(crate) action: String,
}

/// It ends with this value.
pub(crate) struct Fail2ban {
    child: Child,
    folder: PathBuf,
}

impl Fail2ban {
    /// Starts it in a new `folder`. Its actions see a session that nobody asks about, which hides the one this may
    /// run in. `actions` are files for `action.d`, by name.
    pub(crate) fn start(folder: PathBuf, jails: &[Jail], actions: &[(&str, &str)]) -> Self {
        for inner in ["action.d", "filter.d"] {
            std::fs::create_dir_all(folder.join(inner)).unwrap();
        }
        let write = |name: &str, text: &str| std::fs::write(folder.join(name), text).unwrap();
        let at = folder.display();
        write(
            "fail2ban.conf",
            &format!(
                "[Definition]\nloglevel = INFO\nlogtarget = {at}/log\nsyslogsocket = auto\nsocket = {at}/socket\n\
                 pidfile = {at}/pid\ndbfile = {at}/bans.sqlite3\ndbpurgeage = 1d\ndbmaxmatches = 1\n\
                 [Thread]\nstacksize = 0\n"
            ),
        );
        write(
            "filter.d/never.conf",
            "[Definition]\nfailregex = ^never <HOST>$\n",
        );
        for (name, text) in actions {
            write(&format!("action.d/{name}"), text);
        }
        write("empty.log", "");
        let jail = |jail: &Jail| {
            let Jail {
                name,
                ban_time,
                action,
            } = jail;
            format!(
                "[{name}]\nenabled = true\nfilter = never\nbackend = polling\nlogpath = {at}/empty.log\n\
                 bantime = {ban_time}\nfindtime = 60\nmaxretry = 1\nignoreip = \nusedns = no\naction = {action}\n"
            )
        };
        write("jail.conf", &jails.iter().map(jail).collect::<String>());
        let child = Command::new("fail2ban-server")
            .arg("-c")
            .arg(&folder)
            .args(["-f", "-x", "start"])
            .env("SSH_CONNECTION", "0.0.0.1 1 0.0.0.2 22")
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("fail2ban is installed");
        let server = Self { child, folder };
        let last = jails.last().expect("a jail").name;
        server.wait("its socket", |server| {
            server.client(&["status", last]).is_some()
        });
        server
    }

    /// What its client answers, if it can.
    pub(crate) fn client(&self, words: &[&str]) -> Option<String> {
        let output = Command::new("fail2ban-client")
            .arg("-c")
            .arg(&self.folder)
            .args(words)
            .output()
            .unwrap();
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        output.status.success().then_some(text)
    }

    pub(crate) fn log(&self) -> String {
        std::fs::read_to_string(self.folder.join("log")).unwrap_or_default()
    }

    /// Waits until something is there.
    pub(crate) fn wait(&self, what: &str, mut is_there: impl FnMut(&Self) -> bool) {
        let start = Instant::now();
        while !is_there(self) {
            assert!(start.elapsed() < PATIENCE, "no {what}: {}", self.log());
            thread::sleep(Duration::from_millis(100));
        }
    }
}

impl Drop for Fail2ban {
    fn drop(&mut self) {
        self.client(&["stop"]);
        drop(self.child.kill());
        drop(self.child.wait());
    }
}
