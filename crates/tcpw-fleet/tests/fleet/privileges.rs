//! What the login of a host may not do, tried one by one.

use super::host::Host;
use super::journal::{NOON, knock};
use super::run::{good, outcome};
use super::server::Server;
use std::fs;

/// A call of the function with one event, as `host`.
fn call(host: &str) -> String {
    format!(
        "SELECT status, added FROM tcpw.ingest('{host}', 1, 0, NULL, gen_random_uuid(), false, '1', 0, 1, now(),
             ARRAY[1], ARRAY[now()], ARRAY['203.0.113.9'::inet], ARRAY['203.0.113.9'], ARRAY['sshd'],
             ARRAY['denied'], ARRAY['ALL: ALL'], ARRAY[0], NULL, NULL, NULL, NULL, NULL, NULL, NULL)"
    )
}

/// Each of these must fail.
const FORBIDDEN: &[&str] = &[
    "SELECT * FROM tcpw.event",
    "SELECT * FROM tcpw.event_default",
    "SELECT * FROM tcpw.hourly",
    "SELECT * FROM tcpw.host",
    "SELECT * FROM tcpw.chain",
    "SELECT * FROM tcpw.setting",
    "SELECT * FROM tcpw.version",
    "SELECT * FROM tcpw.source_day",
    "SELECT * FROM tcpw.mark",
    "DELETE FROM tcpw.mark",
    "INSERT INTO tcpw.summed_day VALUES (now())",
    "SELECT * FROM tcpw.slot FOR UPDATE",
    "INSERT INTO tcpw.event (host, seq, at, source, daemon, verdict) VALUES ('web17', 1, now(), 'a', 'b', 'denied')",
    "INSERT INTO tcpw.event_default (host, seq, at, source, daemon, verdict) VALUES ('web17', 1, now(), 'a', 'b', 'denied')",
    "INSERT INTO tcpw.host (name) VALUES ('evil')",
    "UPDATE tcpw.event SET host = 'web17'",
    "UPDATE tcpw.setting SET most = 1",
    "UPDATE tcpw.chain SET seq = 0",
    "DELETE FROM tcpw.event",
    "DELETE FROM tcpw.hourly",
    "TRUNCATE tcpw.event",
    "TRUNCATE tcpw.hourly",
    "DROP TABLE tcpw.event",
    "DROP FUNCTION tcpw.ingest",
    "DROP SCHEMA tcpw CASCADE",
    "ALTER TABLE tcpw.event ADD COLUMN evil text",
    "ALTER FUNCTION tcpw.ingest SET search_path = public",
    "CREATE INDEX ON tcpw.event (host)",
    "DO $$ BEGIN LOCK TABLE tcpw.event IN ACCESS EXCLUSIVE MODE; END $$",
    "COPY tcpw.event TO STDOUT",
    "COPY tcpw.event FROM STDIN",
    "COPY (SELECT 1) TO PROGRAM 'id'",
    "COPY (SELECT 1) TO '/tmp/tcpw-fleet-evil'",
    "CREATE TABLE tcpw.evil (x int)",
    "CREATE TABLE public.evil (x int)",
    "CREATE TABLE pg_temp.evil (x int)",
    "CREATE TEMP TABLE evil (x int)",
    "CREATE SCHEMA evil",
    "CREATE DATABASE evil",
    "CREATE ROLE evil",
    "CREATE EXTENSION dblink",
    "CREATE FUNCTION tcpw.evil() RETURNS int LANGUAGE sql AS 'SELECT 1'",
    "CREATE FUNCTION public.evil() RETURNS int LANGUAGE sql AS 'SELECT 1'",
    "SET ROLE tcpw_owner",
    "SET ROLE tcpw_reader",
    "SET ROLE db4",
    "SET ROLE admin",
    "SET SESSION AUTHORIZATION db4",
    "ALTER ROLE web17 SUPERUSER",
    "ALTER ROLE web17 CONNECTION LIMIT 1000",
    "ALTER ROLE db4 PASSWORD 'x'",
    "ALTER ROLE admin SET search_path = evil",
    "ALTER SYSTEM SET max_connections = 1",
    "GRANT tcpw_owner TO web17",
    "GRANT tcpw_host TO db4",
    "SELECT tcpw.forget('0 days', '0 days')",
    "SELECT tcpw.make_ahead()",
    "SELECT tcpw.sum_day(now())",
    "SELECT tcpw.forget_sums(now(), now())",
    "SELECT tcpw.make_day(now() + interval '9 years')",
    "SELECT tcpw.make_month(now())",
    "SELECT tcpw.make_partition('event', 'evil', now(), now())",
    "SELECT rolpassword FROM pg_authid",
    "SELECT passwd FROM pg_shadow",
    "SELECT * FROM pg_hba_file_rules",
    "SELECT pg_read_file('/etc/passwd')",
    "SELECT pg_ls_dir('/')",
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()",
    "SELECT pg_reload_conf()",
    "SELECT lo_create(0)",
    "SELECT lo_from_bytea(0, 'x')",
    "SELECT lo_import('/etc/passwd')",
    "SELECT pg_advisory_lock(1)",
    "SELECT pg_try_advisory_lock(1)",
    "SELECT pg_advisory_xact_lock(1)",
    "DO LANGUAGE plpgsql $$ BEGIN DELETE FROM tcpw.event; END $$",
    "LOAD '/tmp/evil.so'",
];

/// What PostgreSQL passes over with a warning, and what it must not have changed.
const WITHOUT_EFFECT: &[&str] = &[
    "GRANT EXECUTE ON FUNCTION tcpw.ingest TO PUBLIC",
    "GRANT SELECT ON tcpw.event TO web17",
    "REVOKE EXECUTE ON FUNCTION tcpw.ingest FROM tcpw_host",
    "GRANT TEMPORARY ON DATABASE tcpw TO web17",
    "VACUUM FULL tcpw.event",
    "ANALYZE tcpw.event",
];

/// How PostgreSQL says that somebody may not do something.
const REFUSALS: &[&str] = &[
    "permission denied",
    "must be owner",
    "must be superuser",
    "must be a superuser",
    "must have",
    "must be a member",
    "access to library",
    "cannot set parameter",
];

#[test]
fn a_host_may_send_its_events_and_nothing_else() {
    let server = Server::start();
    good(&["init", &server.admin()]);
    let host = Host::add(&server, "web17", 5);
    let _other = Host::add(&server, "db4", 5);
    host.book.add(&[knock(NOON, "203.0.113.9")]);
    host.sent();
    let password = fs::read_to_string(host.path("password")).unwrap();
    let password = password.trim();
    let shape = "SELECT string_agg(relname || coalesce(relacl::text, ''), ' ' ORDER BY relname)
        || (SELECT string_agg(proname || coalesce(proacl::text, ''), ' ' ORDER BY proname)
            FROM pg_proc WHERE pronamespace = 'tcpw'::regnamespace)
        || (SELECT datacl::text FROM pg_database WHERE datname = 'tcpw')
        FROM pg_class WHERE relnamespace = 'tcpw'::regnamespace";
    let before = server.ask(shape);
    let mut unrefused = Vec::new();
    for statement in FORBIDDEN {
        let result = server.try_as("web17", password, statement);
        let is_word = |text: &String| REFUSALS.iter().any(|word| text.contains(word));
        if !result.as_ref().is_err_and(is_word) {
            unrefused.push((statement, result));
        }
    }
    assert!(unrefused.is_empty(), "{unrefused:#?}");
    for statement in WITHOUT_EFFECT {
        drop(server.try_as("web17", password, statement));
    }
    assert_eq!(server.ask(shape), before);
    assert_eq!(server.ask("SELECT count(*) FROM tcpw.event"), "1");

    let refused = server.try_as("web17", password, &call("db4")).unwrap_err();
    assert!(refused.contains("that of another host"), "{refused}");
    // What it sends is its own, whatever the batch says; the same number does not overwrite.
    let fine = server.try_as("web17", password, &call("web17")).unwrap();
    assert_eq!(fine, "other|0", "it is told what was written last");
    assert_eq!(
        server.ask("SELECT count(*) FROM tcpw.event WHERE host <> 'web17'"),
        "0"
    );
    crate::proof::say(&format!(
        "fleet: the login of a host was refused {} of {} things, and the name of another host",
        FORBIDDEN.len(),
        FORBIDDEN.len()
    ));
}

#[test]
fn the_function_is_all_that_the_role_was_given() {
    let server = Server::start();
    good(&["init", &server.admin()]);
    let granted = "SELECT p.proname FROM pg_proc p WHERE pronamespace = 'tcpw'::regnamespace
        AND has_function_privilege('tcpw_host', p.oid, 'EXECUTE')";
    assert_eq!(server.ask(granted), "ingest");
    let tables = "SELECT count(*) FROM pg_class WHERE relnamespace = 'tcpw'::regnamespace
        AND relkind IN ('r', 'p') AND has_any_column_privilege('tcpw_host', oid, 'SELECT, INSERT, UPDATE')";
    assert_eq!(server.ask(tables), "0");
    let definers = "SELECT proname, proconfig FROM pg_proc
        WHERE pronamespace = 'tcpw'::regnamespace AND prosecdef";
    assert!(
        server
            .ask(definers)
            .starts_with("ingest|{\"search_path=pg_catalog, pg_temp\"")
    );
}

#[test]
fn passwords_are_shown_once_and_changed() {
    let server = Server::start();
    let admin = server.admin();
    good(&["init", &admin]);
    let shown = good(&["add-host", "web17", "--database", &admin]);
    let password = shown
        .lines()
        .find_map(|line| line.strip_prefix("password: "))
        .unwrap();
    assert_eq!(server.try_as("web17", password, "SELECT 1").unwrap(), "1");
    let stored = server.ask("SELECT rolpassword FROM pg_authid WHERE rolname = 'web17'");
    assert!(stored.starts_with("SCRAM-SHA-256$"), "{stored}");
    assert!(!server.log().contains(password));

    let (code, _, err) = outcome(&["add-host", "web17", "--database", &admin]);
    assert_eq!(code, 2);
    assert!(err.contains("there is a role"), "{err}");
    let (code, _, err) = outcome(&["rotate", "admin", "--database", &admin]);
    assert_eq!(code, 2);
    assert!(err.contains("there is not a host"), "{err}");

    let again = good(&["rotate", "web17", "--database", &admin]);
    let next = again
        .lines()
        .find_map(|line| line.strip_prefix("password: "))
        .unwrap();
    assert!(server.try_as("web17", password, "SELECT 1").is_err());
    assert_eq!(server.try_as("web17", next, "SELECT 1").unwrap(), "1");
    good(&["remove-host", "web17", "--database", &admin]);
    assert!(server.try_as("web17", next, "SELECT 1").is_err());
    good(&["add-host", "web17", "--database", &admin]);
}

#[test]
fn a_certificate_takes_the_place_of_a_password() {
    let server = Server::start();
    let admin = server.admin();
    good(&["init", &admin]);
    server.sign("cert-a", "extendedKeyUsage=clientAuth");
    server.sign("cert-b", "extendedKeyUsage=clientAuth");
    good(&["add-host", "cert-a", "--certificate", "--database", &admin]);
    let host = Host::of(&server, "cert-a", 5);
    let toml = fs::read_to_string(host.path("tcpw.toml")).unwrap();
    let with = |name: &str| {
        let files = format!(
            "&sslcert={}&sslkey={}\"\n",
            server.path(&format!("{name}.pem")).display(),
            server.path(&format!("{name}.key")).display()
        );
        let lines = toml.lines().filter(|line| !line.starts_with("password"));
        let lines = lines.map(|line| {
            if line.starts_with("database") {
                line.trim_end_matches('"').to_owned() + &files
            } else {
                line.to_owned() + "\n"
            }
        });
        fs::write(host.path("tcpw.toml"), lines.collect::<String>()).unwrap();
        host.pushed()
    };
    let (code, out, err) = with("cert-a");
    assert_eq!(code, 0, "{out}{err}");
    let (code, _, err) = with("cert-b");
    assert_eq!(code, 1, "the certificate of another host");
    assert!(err.contains("certificate authentication failed"), "{err}");
}
