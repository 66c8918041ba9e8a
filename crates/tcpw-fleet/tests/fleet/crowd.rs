//! More hosts than the server has connections, all at once, after an outage.

use super::host::Host;
use super::journal::NOON;
use super::push::many;
use super::run::good;
use super::server::Server;
use std::process::Stdio;

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
