//! More hosts than the server has connections, all at once, after an outage.

use super::host::Host;
use super::journal::NOON;
use super::push::many;
use super::run::good;
use super::server::Server;
use super::trouble::change;
use nix::sys::signal::Signal;
use std::io;
use std::net::{SocketAddr, TcpStream};
use std::process::Stdio;
use std::time::Duration;

const HOSTS: usize = 40;

#[test]
fn more_hosts_than_connections_send_every_event_once() {
    let mut server = Server::start();
    good(&["init", &server.admin()]);
    let hosts: Vec<Host> = (0..HOSTS)
        .map(|one| Host::add(&server, &format!("web{one}"), 1000))
        .collect();
    for host in &hosts {
        host.book.add(&many(25, NOON, "203.0.113.9"));
    }
    server.ask("ALTER SYSTEM SET max_connections = 10");
    server.stop();
    server.run();
    let runs: Vec<_> = hosts
        .iter()
        .map(|host| host.push(&["--now"]).stdout(Stdio::null()).spawn().unwrap())
        .collect();
    for mut run in runs {
        assert!(run.wait().unwrap().success());
    }
    let log = server.log();
    let refused = log.matches("too many clients").count()
        + log.matches("connection slots are reserved").count();
    assert!(refused > 0, "it was not crowded: {log}");
    let totals = "SELECT count(*), count(DISTINCT (host, seq)), (SELECT sum(n) FROM tcpw.hourly)
        FROM tcpw.event";
    assert_eq!(server.ask(totals), "1000|1000|1000");
    crate::proof::say(&format!(
        "fleet: {HOSTS} hosts pushed at once into 10 connections, {refused} tries were refused: 1000 of 1000 events are there once"
    ));
}

/// The kernel queues so many connections for a server and drops what comes then: whoever tries to
/// connect is not refused, but hears nothing. That is a crowd too, and no reason to leave it to a later
/// run.
#[test]
fn a_queue_that_is_full_is_tried_again() {
    let server = Server::start();
    good(&["init", &server.admin()]);
    let host = Host::add(&server, "web1", 5);
    host.book.add(&many(3, NOON, "203.0.113.9"));
    change(&host, "hostaddr=", "connect_timeout=1&hostaddr=");
    server.signal(Signal::SIGSTOP);
    let place = SocketAddr::from(([127, 0, 0, 1], server.port));
    let mut queue = Vec::new();
    let full = loop {
        match TcpStream::connect_timeout(&place, Duration::from_secs(2)) {
            Ok(stream) => queue.push(stream),
            Err(error) => break error,
        }
    };
    let mut run = host.push(&["--now"]).stdout(Stdio::null()).spawn().unwrap();
    // Until its first try is over.
    std::thread::sleep(Duration::from_secs(3));
    let ended = run.try_wait().unwrap();
    drop(queue);
    server.signal(Signal::SIGCONT);
    assert_eq!(full.kind(), io::ErrorKind::TimedOut);
    assert_eq!(ended, None, "it gave up");
    assert!(run.wait().unwrap().success());
    assert_eq!(server.ask("SELECT count(*) FROM tcpw.event"), "3");
}
