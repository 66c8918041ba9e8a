//! The queries of `docs/log-stores.md` for Grafana, as a login that may only read, with the macros put in
//! as Grafana's documentation describes them.

use super::run::good;
use super::server::Server;
use crate::proof;
use std::fs;

const PAGE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/log-stores.md");
/// The time that is shown, and what one point of a series stands for.
const FROM: &str = "2026-11-20T12:00:00Z";
const TO: &str = "2026-11-20T13:30:00Z";
const INTERVAL: (&str, u32) = ("1h", 3600);
/// A name of a host that would like to be SQL.
const QUOTED: &str = "web'2";

/// The queries of the page, in its order.
fn queries() -> Vec<String> {
    let page = fs::read_to_string(PAGE).unwrap();
    let (_, part) = page.split_once("\n## Grafana on the database").unwrap();
    let part = part.split("\n## ").next().unwrap();
    let blocks = part.split("```sql\n").skip(1);
    blocks
        .map(|block| block.split("```").next().unwrap().to_owned())
        .collect()
}

/// Puts in what stands for `$NAME(ARGUMENTS)`.
fn macro_of(sql: &str, name: &str, put: impl Fn(&[&str]) -> String) -> String {
    let mut done = String::new();
    let mut rest = sql;
    while let Some((before, after)) = rest.split_once(&format!("${name}(")) {
        let (arguments, after) = after.split_once(')').unwrap();
        let arguments: Vec<&str> = arguments.split(',').map(str::trim).collect();
        done += before;
        done += &put(&arguments);
        rest = after;
    }
    done + rest
}

/// What Grafana sends: variables first, then macros ("Macros" in its page about the query editor of
/// PostgreSQL, "Advanced variable format options" in the one about variables).
fn sent(sql: &str, hosts: &[&str]) -> String {
    let list: Vec<String> = hosts
        .iter()
        .map(|host| format!("'{}'", host.replace('\'', "''")))
        .collect();
    let sql = sql
        .replace("${host:sqlstring}", &list.join(","))
        .replace("$__interval", INTERVAL.0);
    let sql = macro_of(&sql, "__timeFilter", |arguments| {
        let column = arguments.first().unwrap();
        format!("{column} BETWEEN '{FROM}' AND '{TO}'")
    });
    let sql = macro_of(&sql, "__timeGroupAlias", |arguments| {
        assert_eq!(arguments.get(1), Some(&INTERVAL.0));
        let (column, length) = (arguments.first().unwrap(), INTERVAL.1);
        format!("floor(extract(epoch from {column})/{length})*{length} AS \"time\"")
    });
    assert!(!sql.contains('$'), "{sql}");
    sql
}

fn stage() -> Server {
    let server = Server::start();
    good(&["init", &server.admin()]);
    server.ask("CREATE ROLE grafana LOGIN PASSWORD 'looks' IN ROLE tcpw_reader");
    server.ask(
        "INSERT INTO tcpw.host (name, seen, version, backlog, removed) VALUES
            ('web1', now(), '1', 0, NULL), ('web''2', now(), '1', 0, NULL), ('web3', now(), '1', 7, NULL),
            ('silent', now() - interval '1 day', '1', 0, NULL), ('new', NULL, NULL, 0, NULL),
            ('old', now() - interval '9 days', '1', 3, now())",
    );
    server.ask(
        "INSERT INTO tcpw.hourly (host, life, hour, source, daemon, verdict, n, first, last)
         SELECT host, life, hour::timestamptz, source, daemon, verdict, n, hour::timestamptz, hour::timestamptz
         FROM (VALUES
            ('web1', 1, '2026-11-20 12:00Z', '203.0.113.9/32', 'sshd', 'denied', 10),
            ('web1', 2, '2026-11-20 12:00Z', '203.0.113.9/32', 'sshd', 'denied', 5),
            ('web''2', 1, '2026-11-20 12:00Z', '203.0.113.9/32', 'sshd', 'denied', 7),
            ('web1', 1, '2026-11-20 13:00Z', '198.51.100.7/32', 'sshd', 'denied', 100),
            ('web3', 1, '2026-11-20 13:00Z', '203.0.113.9/32', 'vsftpd', 'granted', 1),
            ('web1', 1, '2026-11-20 11:00Z', '203.0.113.9/32', 'sshd', 'denied', 1000),
            ('web1', 1, '2026-11-20 14:00Z', '203.0.113.9/32', 'sshd', 'denied', 1000))
            AS given (host, life, hour, source, daemon, verdict, n)",
    );
    server.ask(
        "INSERT INTO tcpw.event (host, seq, at, addr, source, daemon, verdict, rule) VALUES
            ('web1', 1, '2026-11-20 12:00:01Z', '203.0.113.9', '203.0.113.9/32', 'sshd', 'denied', 'one'),
            ('web''2', 1, '2026-11-20 12:00:02Z', NULL, 'a name', 'sshd', 'denied', NULL),
            ('web3', 1, '2026-11-20 12:00:03Z', '2001:db8::1', '2001:db8::/64', 'vsftpd', 'granted', NULL),
            ('web1', 2, '2026-11-20 15:00:00Z', '203.0.113.9', '203.0.113.9/32', 'sshd', 'denied', 'one')",
    );
    server
}

#[test]
fn each_query_gives_what_the_page_says() {
    let server = stage();
    let queries = queries();
    let ask = |index: usize, hosts: &[&str]| {
        let sql = format!("SET timezone = 'UTC'; {}", sent(&queries[index], hosts));
        server.try_as("grafana", "looks", &sql).unwrap()
    };
    let all = ["web1", QUOTED, "web3"];
    assert_eq!(ask(0, &[]), "new\nsilent\nweb'2\nweb1\nweb3");
    // 2026-11-20 12:00 UTC is 1,795,176,000; two lives of one host are added up.
    assert_eq!(
        ask(1, &all),
        "1795176000|web'2|7\n1795176000|web1|15\n1795179600|web1|100"
    );
    assert_eq!(ask(1, &[QUOTED]), "1795176000|web'2|7");
    assert_eq!(
        ask(2, &[]),
        "203.0.113.9/32|3|23|2026-11-20 12:00:00+00|2026-11-20 13:00:00+00\n\
         198.51.100.7/32|1|100|2026-11-20 13:00:00+00|2026-11-20 13:00:00+00"
    );
    assert_eq!(ask(3, &all), "sshd|denied|122\nvsftpd|granted|1");
    assert_eq!(
        ask(4, &["web1", QUOTED]),
        "2026-11-20 12:00:02+00|web'2||a name|sshd|denied|\n\
         2026-11-20 12:00:01+00|web1|203.0.113.9|203.0.113.9/32|sshd|denied|one"
    );
    let troubled = ask(5, &[]);
    let names: Vec<&str> = troubled
        .lines()
        .map(|line| line.split('|').next().unwrap())
        .collect();
    assert_eq!(names, ["new", "silent", "web3"], "{troubled}");
    assert_eq!(queries.len(), 6, "each of them is asked here");
    proof::say("grafana: 6 of 6 queries give what they should, by a login that may only read");
    // The login looks and does no more.
    let refused = server.try_as("grafana", "looks", "DELETE FROM tcpw.event");
    assert!(
        refused
            .as_ref()
            .is_err_and(|why| why.contains("permission denied")),
        "{refused:?}"
    );
}
