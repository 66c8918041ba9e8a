//! `tcpw-fleet init`: made once, again without a change, refused where it is newer or not allowed.

use super::run::{good, outcome};
use super::server::Server;

/// All that the schema is: tables, columns, functions, privileges.
const SHAPE: &str = "
    SELECT c.relname, c.relkind, c.relacl, a.attname, format_type(a.atttypid, a.atttypmod)
    FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
    WHERE relnamespace = 'tcpw'::regnamespace AND attnum > 0 ORDER BY 1, 4";

#[test]
fn it_makes_the_schema_once() {
    let server = Server::start();
    assert!(
        good(&["init", &server.admin()])
            .contains(&format!("version {}", tcpw_fleet::database::VERSION))
    );
    let made = server.ask(SHAPE);
    assert!(
        made.contains("event_default") && made.contains("hourly"),
        "{made}"
    );
    assert!(good(&["init", &server.admin()]).contains("as before"));
    assert_eq!(server.ask(SHAPE), made);

    server.ask("INSERT INTO tcpw.version (number) VALUES (99)");
    let (code, out, err) = outcome(&["init", &server.admin()]);
    assert_eq!((code, out.as_str()), (2, ""));
    assert!(err.contains("version 99"), "{err}");
    assert_eq!(server.ask(SHAPE), made);
}

#[test]
fn who_may_not_do_it_changes_nothing() {
    let server = Server::start();
    server.ask("CREATE ROLE weak LOGIN PASSWORD 'w'");
    let weak = server.url("weak");
    let output = super::run::fleet(&["init", &weak])
        .env("PGPASSWORD", "w")
        .output()
        .unwrap();
    let (code, _, err) = super::run::told(&output);
    assert_eq!(code, 2, "{err}");
    assert_eq!(
        server.ask("SELECT count(*) FROM pg_namespace WHERE nspname = 'tcpw'"),
        "0"
    );
    assert_eq!(
        server.ask("SELECT count(*) FROM pg_roles WHERE rolname ~ '^tcpw'"),
        "0"
    );
}

#[test]
fn an_owner_who_is_not_a_superuser_can_do_it() {
    let server = Server::start();
    server.ask("CREATE ROLE keeper LOGIN CREATEROLE PASSWORD 'k'");
    server.sql("postgres", "CREATE DATABASE own OWNER keeper");
    let url = server.url("keeper").replace("/tcpw?", "/own?");
    let output = super::run::fleet(&["init", &url])
        .env("PGPASSWORD", "k")
        .output()
        .unwrap();
    let (code, out, err) = super::run::told(&output);
    assert_eq!(code, 0, "{out}{err}");
    assert_eq!(
        server.sql(
            "own",
            "SELECT has_database_privilege('public', 'own', 'TEMPORARY')"
        ),
        "f"
    );
}

#[test]
fn a_wrong_certificate_or_none_is_refused() {
    let server = Server::start();
    let right = server.url("admin");
    let try_it = |url: &str| {
        let output = super::run::fleet(&["init", url])
            .env("PGPASSWORD", "admin's own")
            .output()
            .unwrap();
        super::run::told(&output)
    };
    let (code, _, err) = try_it(&right.replace("ca.pem", "other.pem"));
    assert_eq!(code, 2);
    assert!(err.contains("certificate"), "{err}");
    let (code, _, err) = try_it(&right.replace("localhost", "127.0.0.1"));
    assert_eq!(code, 2);
    assert!(err.contains("certificate"), "{err}");
    let (code, _, err) = try_it(&format!("{right}&sslmode=disable"));
    assert_eq!(code, 2, "the server asks for TLS");
    assert!(
        err.contains("pg_hba") || err.contains("encryption"),
        "{err}"
    );
    let (code, _, err) = try_it(&right);
    assert_eq!(code, 0, "{err}");
}

#[test]
fn a_killed_server_comes_back() {
    let mut server = Server::start();
    good(&["init", &server.admin()]);
    server.kill();
    let (code, _, err) = outcome(&["init", &server.admin()]);
    assert_eq!(code, 2, "{err}");
    server.run();
    assert!(good(&["init", &server.admin()]).contains("as before"));
    server.stop();
    assert!(server.log().contains("shut down"));
}
