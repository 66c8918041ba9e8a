//! Three servers with Debian's sshd and one scanner: one mail, and a report with three servers.

use super::run::{fleet, good};
use super::server::Server;
use super::toolkit::{Inbox, said, tcpw, toolkit, wait_until};
use std::fs;
use std::path::Path;
use std::process::Command;
use std::thread;
use tempfile::TempDir;

const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/sshd/member.sh");
const NAMES: [&str; 3] = ["web1", "web2", "web3"];

/// Adds a host, and plays its part in namespaces of its own: mounts, network, processes.
fn play(server: &Server, name: &str) {
    let place = TempDir::with_prefix("tcpw-member-").unwrap();
    let password = place.path().join("word");
    let (url, out) = (server.admin(), password.display().to_string());
    good(&["add-host", name, "--database", &url, "--out", &out]);
    let stage = place.path().join("stage");
    fs::create_dir(&stage).unwrap();
    let own = url.replace("postgres://admin@", &format!("postgres://{name}@"));
    let output = Command::new("unshare")
        .args(["-m", "-n", "-p", "--fork", "--kill-child", "--mount-proc"])
        .args(["bash", SCRIPT])
        .arg(&stage)
        .arg(toolkit())
        .arg(env!("CARGO_BIN_EXE_tcpw-fleet"))
        .args([name, &own, &out])
        .output()
        .unwrap();
    let (code, log, err) = said(&output);
    assert_eq!(code, 0, "{log}{err}");
    assert!(
        log.contains("\nmember: "),
        "it did not reach its end: {log}"
    );
}

fn mail(server: &Server, config: &Path) {
    let mut command = fleet(&["mail", "--once", "--database", &server.admin(), "--config"]);
    let (code, out, err) = said(&command.arg(config).output().unwrap());
    assert_eq!(code, 0, "{out}{err}");
}

#[test]
fn a_scanner_at_three_real_sshds_is_one_mail_and_one_report() {
    let server = Server::start();
    good(&["init", &server.admin()]);
    let inbox = Inbox::start();
    let place = TempDir::with_prefix("tcpw-mailer-").unwrap();
    let base = place.path().display();
    let config = place.path().join("tcpw.toml");
    let text = format!(
        "[mail]\nfrom = 'fleet@example.org'\nto = 'admin@example.org'\nreverse_dns = false\n\
         [mail.smtp]\nhost = '127.0.0.1'\nport = {}\ntls = 'none'\n\
         [journal]\npath = '{base}/journal/journal.db'\n\
         [drop]\npath = '{base}/drop'\nroot = '{base}/root'\n[fleet]\ngather = '0s'\n",
        inbox.port
    );
    fs::write(&config, text).unwrap();
    // Hosts leave their mail to it once they have seen that it runs.
    mail(&server, &config);
    thread::scope(|scope| {
        for name in NAMES {
            let server = &server;
            scope.spawn(move || play(server, name));
        }
    });
    mail(&server, &config);
    mail(&server, &config);
    wait_until("the mail", || !inbox.mails().is_empty());
    let subjects = inbox.subjects();
    assert_eq!(subjects.len(), 1, "{subjects:?}");
    assert!(
        subjects[0].contains("127.0.0.3 tried 3 servers in"),
        "{subjects:?}"
    );
    let words = ["report", "--from", &server.admin()];
    let (_, out, err) = said(&tcpw(&words).output().unwrap());
    assert!(out.contains("Report for 3 servers"), "{out}{err}");
    assert!(NAMES.iter().all(|name| out.contains(name)), "{out}");
    let words = ["report", "--from", &server.admin(), "--format", "json"];
    let (_, out, _) = said(&tcpw(&words).output().unwrap());
    assert!(out.contains("\"reporting\": 3"), "{out}");
    crate::proof::say(
        "fleet: a scanner at the real sshd of 3 servers is 1 mail, and 1 report names 3 servers",
    );
}
