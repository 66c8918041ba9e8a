//! Other writers of the same tables: who appends without a lock loses nothing and takes nothing,
//! who locks is waited for, and a file with other names or a mount on it is written where it is.

use super::sandbox::Sandbox;
use crate::proof::say;
use nix::fcntl::{Flock, FlockArg};
use std::collections::HashMap;
use std::fs::{File, OpenOptions};
use std::io::{Read as _, Write as _};
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

const ROUNDS: usize = 20;
const PROCESSES: usize = 50;

/// Appends lines as scripts do, one file opened for each, until it is told to stop; gives their
/// number.
fn append_lines(table: &Path, round: usize, stop: &AtomicBool) -> u32 {
    let mut number = 0_u32;
    while !stop.load(Ordering::Relaxed) {
        let mut file = OpenOptions::new().append(true).open(table).unwrap();
        // Between opening and writing the table may be replaced.
        thread::sleep(Duration::from_micros(500) * (number % 7));
        // In one call, as shells do it: nobody can append a line in two without a lock.
        let (high, low) = (number / 250 % 250, number % 250);
        let line = format!("foreign: 198.{round}.{high}.{low} {number}.example\n");
        file.write_all(line.as_bytes()).unwrap();
        number += 1;
        // Open as much of the time as closed, and more seldom in a table that has grown: where changes
        // take long, lines would come faster than changes, which take the longer for it.
        let pause = if number < 500 { 2_500 } else { 50_000 };
        thread::sleep(Duration::from_micros(pause));
    }
    number
}

/// Stops the appender, also if the test fails before its end.
struct Stopping<'s>(&'s AtomicBool);

impl Drop for Stopping<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

fn wait(child: Child) {
    let output = child.wait_with_output().unwrap();
    let err = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{err}");
}

#[test]
fn fifty_at_once_and_one_who_appends_lose_nothing() {
    let mut foreign = 0;
    for round in 0..ROUNDS {
        let sandbox = Sandbox::new("# mine\n", "");
        let table = sandbox.path("etc/hosts.allow");
        let clients: Vec<_> = (0..PROCESSES)
            .map(|n| format!("10.0.{round}.{n}"))
            .collect();
        let stop = AtomicBool::new(false);
        let lines = thread::scope(|scope| {
            let appender = scope.spawn(|| append_lines(&table, round, &stop));
            let start = |client: &String| {
                let mut command = sandbox.command(&["allow", client, "--daemon", "sshd"]);
                command.stdout(Stdio::null()).stderr(Stdio::piped());
                command.spawn().unwrap()
            };
            let stopping = Stopping(&stop);
            let children: Vec<_> = clients.iter().map(start).collect();
            children.into_iter().for_each(wait);
            drop(stopping);
            appender.join().unwrap()
        });
        foreign += lines;
        let (allow, _) = sandbox.tables();
        let mut words = HashMap::new();
        for word in allow.split_whitespace() {
            *words.entry(word).or_insert(0) += 1;
        }
        for client in &clients {
            assert_eq!(words.get(&**client), Some(&1), "{client}, round {round}");
        }
        for number in 0..lines {
            let name = format!("{number}.example");
            assert_eq!(
                words.get(&*name),
                Some(&1),
                "{name} of {lines}, round {round}"
            );
        }
        let tree = tcpw::syntax::parse(allow.as_bytes());
        assert!(tree.broken_line().is_none());
        assert_eq!(allow.lines().next(), Some("# mine"));
        assert_eq!(sandbox.names(), ["hosts.allow", "hosts.deny"]);
    }
    say(&format!(
        "writers: {ROUNDS} rounds, {} changes by {PROCESSES} processes at once, {foreign} lines \
         appended meanwhile, 0 lost",
        ROUNDS * PROCESSES
    ));
}

#[test]
fn who_locks_the_table_is_waited_for() {
    let sandbox = Sandbox::new("# mine\n", "");
    let table = sandbox.path("etc/hosts.allow");
    let lock = Flock::lock(File::open(&table).unwrap(), FlockArg::LockExclusive).unwrap();
    let mut command = sandbox.command(&["allow", "10.1.2.3"]);
    command.stdout(Stdio::null()).stderr(Stdio::piped());
    let child = command.spawn().unwrap();
    thread::sleep(Duration::from_millis(300));
    assert_eq!(sandbox.tables().0, "# mine\n");
    std::fs::write(&table, "# mine\n# more\n").unwrap();
    drop(lock);
    wait(child);
    assert_eq!(sandbox.tables().0, "# mine\n# more\nALL: 10.1.2.3\n");
}

/// Holds a lock on a file as a user who can only read it, until it is killed.
fn locked_by_nobody(table: &Path, kind: &str) -> Child {
    let mut command = Command::new("setpriv");
    command
        .args([
            "--reuid=65534",
            "--regid=65534",
            "--clear-groups",
            "flock",
            kind,
        ])
        .arg(table)
        .args(["sh", "-c", "echo held; exec sleep 300"])
        .stdout(Stdio::piped());
    let mut child = command.spawn().expect("setpriv and flock are needed");
    let mut word = [0; 5];
    child
        .stdout
        .as_mut()
        .unwrap()
        .read_exact(&mut word)
        .unwrap();
    assert_eq!(&word, b"held\n");
    child
}

/// Whoever can read the tables can hold locks on both for ever: together they cost two seconds.
#[test]
fn a_lock_that_another_user_holds_for_ever_costs_two_seconds() {
    assert!(nix::unistd::geteuid().is_root(), "this test needs root");
    for kind in ["-s", "-x"] {
        let sandbox = Sandbox::new("# mine\n", "# theirs\n");
        for path in [sandbox.directory.path().to_owned(), sandbox.path("etc")] {
            let mode = std::fs::Permissions::from_mode(0o755);
            std::fs::set_permissions(path, mode).unwrap();
        }
        let mut holders = Vec::new();
        for table in ["etc/hosts.allow", "etc/hosts.deny"] {
            let path = sandbox.path(table);
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o644)).unwrap();
            holders.push(locked_by_nobody(&path, kind));
        }
        // How long this machine takes at the moment.
        let start = Instant::now();
        assert_eq!(sandbox.run(&["list"]).code, Some(0));
        let slack = start.elapsed() * 4 + Duration::from_millis(500);
        let start = Instant::now();
        let ran = sandbox.run(&["allow", "10.1.2.3"]);
        let took = start.elapsed();
        assert_eq!(ran.code, Some(0), "{}", ran.err);
        for table in ["/etc/hosts.allow", "/etc/hosts.deny"] {
            let words = format!("another program holds a lock (flock) on {table}");
            assert!(ran.err.contains(&words), "{}", ran.err);
        }
        assert!(took >= Duration::from_secs(2), "{took:?}");
        assert!(
            took < Duration::from_secs(2) + slack,
            "{took:?}, slack {slack:?}"
        );
        assert_eq!(sandbox.tables().0, "# mine\nALL: 10.1.2.3\n");
        for mut holder in holders {
            holder.kill().unwrap();
            holder.wait().unwrap();
        }
        say(&format!(
            "writers: flock {kind} of another user on both tables cost {took:.1?}"
        ));
    }
}

/// A table that is exchanged all the time is no reason to wait, and none to spin.
#[test]
fn a_table_that_is_replaced_again_and_again_holds_nobody_up() {
    let sandbox = Sandbox::new("# mine\n", "");
    let (table, other) = (sandbox.path("etc/hosts.deny"), sandbox.path("etc/other"));
    let is_over = AtomicBool::new(false);
    thread::scope(|scope| {
        scope.spawn(|| {
            while !is_over.load(Ordering::Relaxed) {
                std::fs::write(&other, "").unwrap();
                std::fs::rename(&other, &table).unwrap();
            }
        });
        let start = Instant::now();
        let ran = sandbox.run(&["allow", "10.1.2.3"]);
        is_over.store(true, Ordering::Relaxed);
        let took = start.elapsed();
        assert!(took < Duration::from_secs(30), "{took:?}");
        let said = "hosts.deny was changed by another program meanwhile";
        if ran.code == Some(0) {
            assert_eq!(sandbox.tables().0, "# mine\nALL: 10.1.2.3\n");
        } else {
            // The table was another one each time before it could be written.
            assert!(ran.code == Some(2) && ran.err.contains(said), "{}", ran.err);
            assert_eq!(sandbox.tables().0, "# mine\n");
        }
    });
}

#[test]
fn a_file_with_other_names_keeps_them() {
    let sandbox = Sandbox::new("# mine\nALL: 10.9.9.9\n", "");
    let (table, other) = (sandbox.path("etc/hosts.allow"), sandbox.path("other"));
    std::fs::hard_link(&table, &other).unwrap();
    let inode = |path: &Path| std::fs::metadata(path).unwrap().ino();
    let before = inode(&table);
    assert_eq!(sandbox.run(&["allow", "10.1.2.3"]).code, Some(0));
    assert_eq!((inode(&table), inode(&other)), (before, before));
    let text = std::fs::read_to_string(&other).unwrap();
    assert!(text.contains("10.1.2.3"), "{text}");
    // A shorter content leaves no end of the longer one.
    assert_eq!(sandbox.run(&["undo"]).code, Some(0));
    assert_eq!(
        std::fs::read_to_string(&other).unwrap(),
        "# mine\nALL: 10.9.9.9\n"
    );
    assert_eq!(sandbox.names(), ["hosts.allow", "hosts.deny"]);
}
