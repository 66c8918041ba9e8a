//! The mail server is down while a thousand clients knock, and the deliverer is killed again and
//! again: each event is told by exactly one letter, and a letter that comes twice can be told by
//! its Message-ID.

use super::delivery::smtp;
use super::server::Server;
use super::stage::{Stage, wait_until};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use std::collections::BTreeSet;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread::{self, sleep};
use std::time::{Duration, Instant};

const EVENTS: usize = 1000;
const SOURCES: usize = 40;
const THREADS: usize = 4;
const KILLS: usize = 10;

/// Kills the deliverers that work below the stage's root; gives how many there were.
fn kill_deliverers(stage: &Stage) -> usize {
    let root = stage.path("").display().to_string();
    let root = root.trim_end_matches('/');
    let mut killed = 0;
    for entry in std::fs::read_dir("/proc").unwrap().flatten() {
        let Some(pid) = entry
            .file_name()
            .to_str()
            .and_then(|name| name.parse().ok())
        else {
            continue;
        };
        let line = std::fs::read(entry.path().join("cmdline")).unwrap_or_default();
        let line = String::from_utf8_lossy(&line).into_owned();
        if line.contains("deliver")
            && line.contains(root)
            && kill(Pid::from_raw(pid), Signal::SIGKILL).is_ok()
        {
            killed += 1;
        }
    }
    killed
}

/// A thousand clients knock, five deliverers or more are killed; gives how many.
fn knock_and_kill(stage: &Stage) -> usize {
    let left = AtomicUsize::new(EVENTS);
    let next = || {
        left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| {
            left.checked_sub(1)
        })
    };
    let mut kills = 0;
    let begin = Instant::now();
    thread::scope(|scope| {
        for _ in 0..THREADS {
            scope.spawn(|| {
                while let Ok(left) = next() {
                    let addr = format!("--addr=10.0.0.{}", left % SOURCES);
                    let host = format!("host{left}.example");
                    stage
                        .run(&["notify", &addr, "--daemon=sshd", "--", &host])
                        .says(0, &[]);
                }
            });
        }
        let mut pause = 37;
        while left.load(Ordering::SeqCst) > 0 || kills < KILLS / 2 {
            pause = pause * 7 % 401;
            sleep(Duration::from_millis(100 + pause));
            kills += kill_deliverers(stage);
            assert!(
                begin.elapsed() < Duration::from_secs(240),
                "nobody is there to be killed"
            );
        }
    });
    kills
}

/// Kills deliverers while they send, until there were `KILLS` in all; gives how many.
fn kill_while_sending(stage: &Stage, mut kills: usize) -> usize {
    let mut pause = 11;
    while kills < KILLS {
        stage.change("UPDATE dispatches SET next_due = 0 WHERE state = 'waiting'");
        let mut deliverer = stage.command(&["deliver"]).spawn().unwrap();
        pause = pause * 7 % 97;
        sleep(Duration::from_millis(20 + pause));
        kills += kill_deliverers(stage);
        deliverer.wait().unwrap();
    }
    kills
}

#[test]
fn a_thousand_events_survive_an_outage_and_ten_kills() {
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = free.local_addr().unwrap().port();
    drop(free);
    let politeness = "[alert]\nquiet = '1s'\nmax_mails_per_hour = 10000\n";
    let stage = Stage::configured(&smtp(port, &format!("tls = 'none'\n{politeness}")));
    let kills = knock_and_kill(&stage);
    let server = Server::start(&["--port", &port.to_string()]);
    let kills = kill_while_sending(&stage, kills);
    let mut most = i64::MAX;
    while most > 0 {
        // A thousand letters take their time on a busy machine; each of these waits sees some leave.
        wait_until("more is told", || {
            stage.run(&["deliver"]);
            let open = "SELECT count(*) FROM letters WHERE state = 'open'";
            let waiting = "SELECT count(*) FROM dispatches WHERE state <> 'delivered'";
            let drops = i64::try_from(stage.drops().len()).unwrap();
            let left = drops + stage.count(open) + stage.count(waiting);
            let has_progress = left < most;
            most = most.min(left);
            has_progress
        });
    }
    let hosts: Vec<Vec<u8>> = stage.query("SELECT host FROM readable");
    assert_eq!(hosts.len(), EVENTS);
    assert_eq!(hosts.into_iter().collect::<BTreeSet<_>>().len(), EVENTS);
    let untold = "SELECT count(*) FROM events LEFT JOIN letters ON letters.id = letter
        WHERE letters.state IS NOT 'sent'";
    assert_eq!(stage.count(untold), 0);
    let events = i64::try_from(EVENTS).unwrap();
    assert_eq!(stage.count("SELECT sum(count) FROM letters"), events);
    let letters: Vec<String> = stage.query("SELECT message_id FROM letters");
    let mails = server.mails();
    let arrived: BTreeSet<String> = mails.iter().map(|mail| message_id(mail)).collect();
    assert_eq!(arrived, letters.iter().cloned().collect::<BTreeSet<_>>());
    crate::proof::say(&format!(
        "outage: {EVENTS} events, {kills} kills, {} letters in {} mails, each event told by one letter",
        letters.len(),
        mails.len()
    ));
}

fn message_id(mail: &str) -> String {
    let line = mail
        .lines()
        .find_map(|line| line.strip_prefix("Message-ID: "));
    line.unwrap().trim().to_owned()
}
