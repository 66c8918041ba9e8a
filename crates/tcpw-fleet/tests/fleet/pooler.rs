//! A pooler between the hosts and the database: Debian's `PgBouncer`, as it should be configured and as
//! it should not.

use super::host::Host;
use super::journal::{NOON, SECOND};
use super::push::many;
use super::run::good;
use super::server::Server;
use super::toolkit::wait_until;
use std::fs::{self, Permissions};
use std::net::{TcpListener, TcpStream};
use std::os::unix::fs::PermissionsExt as _;
use std::process::{Child, Command, Stdio};

const PROGRAM: &str = "/usr/sbin/pgbouncer";

/// A running pooler.
struct Pooler {
    child: Child,
    port: u16,
}

impl Pooler {
    /// Starts one that asks the server by its socket: `tcpw` keeps the login of each host and a
    /// connection for each session, `shared` one for each transaction, and `lent` logs in everybody as
    /// `borrowed`.
    fn start(server: &Server, passwords: &[(&str, String)], borrowed: &str) -> Self {
        let free = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = free.local_addr().unwrap().port();
        drop(free);
        let users: Vec<String> = passwords
            .iter()
            .map(|(name, word)| format!("\"{name}\" \"{word}\""))
            .collect();
        let users = users.join("\n") + "\n";
        let run = server.path("run");
        let (run, key) = (run.display(), server.path("localhost"));
        let way = format!("host={run} port={} dbname=tcpw", server.port);
        let text = format!(
            "[databases]\ntcpw = {way}\nshared = {way} pool_mode=transaction\nlent = {way} user={borrowed}\n\
             [pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = {port}\nunix_socket_dir =\nuser = postgres\n\
             auth_type = scram-sha-256\nauth_file = {run}/users\npool_mode = session\n\
             client_tls_sslmode = require\nclient_tls_key_file = {0}.key\nclient_tls_cert_file = {0}.pem\n\
             logfile = {run}/pooler.log\n",
            key.display()
        );
        for (name, text) in [("users", users), ("pooler.ini", text)] {
            let path = server.path("run").join(name);
            fs::write(&path, text).unwrap();
            fs::set_permissions(&path, Permissions::from_mode(0o644)).unwrap();
        }
        let child = Command::new(PROGRAM)
            .arg("--quiet")
            .arg(server.path("run/pooler.ini"))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("PgBouncer is not installed: apt-get install pgbouncer");
        wait_until("the pooler listens", || {
            TcpStream::connect(("127.0.0.1", port)).is_ok()
        });
        Self { child, port }
    }
}

impl Drop for Pooler {
    fn drop(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

/// Lets a host come through the pooler to this database of it, or directly with the port of the server.
fn go_by(host: &Host, server: &Server, port: u16, database: &str) {
    let text = fs::read_to_string(host.path("tcpw.toml")).unwrap();
    let lines = text.lines().map(|line| {
        if !line.starts_with("database") {
            return format!("{line}\n");
        }
        let url = server.url("web17");
        let url = url.replace(
            &format!(":{}/tcpw", server.port),
            &format!(":{port}/{database}"),
        );
        format!("database = \"{url}\"\n")
    });
    let text: String = lines.collect();
    fs::write(host.path("tcpw.toml"), text).unwrap();
}

#[test]
fn a_pooler_that_lends_the_login_of_another_host_is_refused() {
    let server = Server::start();
    good(&["init", &server.admin()]);
    let host = Host::add(&server, "web17", 1000);
    let other = Host::add(&server, "db4", 1000);
    let word = |host: &Host| {
        let text = fs::read_to_string(host.path("password")).unwrap();
        text.trim().to_owned()
    };
    let passwords = [("web17", word(&host)), ("db4", word(&other))];
    let pooler = Pooler::start(&server, &passwords, "db4");
    host.book.add(&many(10, NOON, "203.0.113.9"));

    go_by(&host, &server, pooler.port, "lent");
    let (code, out, err) = host.pushed();
    assert_eq!((code, out.as_str()), (1, ""), "{err}");
    assert!(err.contains("this login is that of another host"), "{err}");
    assert!(err.contains("the events stay in the journal"), "{err}");
    assert_eq!(server.ask("SELECT count(*) FROM tcpw.event"), "0");

    // One that keeps logins and sessions apart is as good as none.
    go_by(&host, &server, pooler.port, "tcpw");
    for round in 0..3 {
        let sent = host.sent();
        assert!(sent.contains(" as web17"), "{sent}");
        host.book
            .add(&many(10, NOON + (round + 1) * 60 * SECOND, "203.0.113.9"));
    }
    // One that takes a connection away between two statements may not work; nothing is lost or doubled.
    go_by(&host, &server, pooler.port, "shared");
    let ends = [host.pushed().0, host.pushed().0];
    assert!(ends.iter().all(|end| [0, 1].contains(end)), "{ends:?}");
    // What it keeps open counts for the login, which may have two connections.
    drop(pooler);
    let sessions = "SELECT count(*) FROM pg_stat_activity WHERE usename = 'web17'";
    wait_until("the pooler is gone", || server.ask(sessions) == "0");
    go_by(&host, &server, server.port, "tcpw");
    host.sent();
    let totals = "SELECT count(*), count(DISTINCT seq), (SELECT sum(n) FROM tcpw.hourly),
        count(DISTINCT host) FROM tcpw.event";
    assert_eq!(server.ask(totals), "40|40|40|1");
}
