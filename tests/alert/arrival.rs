//! `tcpw doctor --mail`: whether mail can arrive, as a DNS server says it, and what the clock does to it.

use super::server::Server;
use super::stage::Stage;
use crate::name_server::{Act, NameServer};
use crate::proof;
use std::fs::{self, File, FileTimes};
use std::time::{Duration, Instant, SystemTime};

/// A machine with a mail server that takes everything, or without one, and a resolver.
fn stage(people: &str, way: &str, dns: &NameServer) -> Stage {
    let stage = Stage::configured(&format!("[mail]\n{people}{way}"));
    let resolv = format!(
        "nameserver {}\noptions timeout:1 attempts:1\n",
        dns.address.ip()
    );
    fs::write(stage.path("etc/resolv.conf"), resolv).unwrap();
    stage
}

fn by_server(server: &Server) -> String {
    format!(
        "[mail.smtp]\nhost = '127.0.0.1'\nport = {}\ntls = 'none'\ntimeout = 5\n",
        server.port
    )
}

const MAIL: &[&str] = &["doctor", "--mail"];
const FROM: &str = "from = 'tcpw@sender.example'\n";

/// What a domain says in DNS, whether mail to it arrives, and what is said.
fn routes() -> Vec<(Act, i32, &'static str)> {
    let address = vec!["192.0.2.25".parse().unwrap()];
    vec![
        (
            Act::Exchanges(vec![(20, "mx2.example.net"), (10, "mx1.example.net")]),
            0,
            "ok: to.example (recipients): its mail servers are mx1.example.net and 1 more (MX)\n",
        ),
        (
            Act::Exchanges(vec![(10, "gone.example.net"), (20, "mx2.example.net")]),
            0,
            "its mail servers are mx2.example.net and 1 more (MX)\n",
        ),
        (
            Act::Tells(address, 300),
            0,
            "ok: to.example (recipients): it has no MX, so mail goes to its own address\n",
        ),
        (
            Act::Exchanges(vec![(0, "")]),
            1,
            "problem: to.example (recipients): it says that it takes no mail (null MX): mails to it \
             come back, unless the mail server knows another way\n  help: correct mail.to, mail.cc or mail.bcc\n",
        ),
        (
            Act::Exchanges(vec![(10, "gone.example.net")]),
            1,
            "no mail server of it has an address (MX: gone.example.net): mails to it come back, unless the mail \
             server knows another way\n",
        ),
        (
            Act::Exchanges(Vec::new()),
            1,
            "it has neither MX nor address: mails to it come back, unless the mail \
             server knows another way\n",
        ),
        (
            Act::NoSuchName,
            1,
            "there is no such domain (NXDOMAIN): mails to it come back, unless the mail \
             server knows another way\n",
        ),
    ]
}

#[test]
fn each_way_that_dns_gives_a_mail_is_told_from_the_others() {
    let (server, dns) = (Server::start(&[]), NameServer::at_its_port());
    let people = format!("to = 'ops@TO.example'\n{FROM}");
    let stage = stage(&people, &by_server(&server), &dns);
    let address = || vec!["2001:db8::25".parse().unwrap()];
    for host in ["sender.example", "mx1.example.net", "mx2.example.net"] {
        dns.does(host, Act::Tells(address(), 300));
    }
    let cases = routes();
    for (act, code, said) in &cases {
        // As it is written in the configuration, DNS has no capitals.
        dns.does("to.example", act.clone());
        stage.run(MAIL).says(*code, &[said]);
    }
    dns.does("to.example", Act::Tells(address(), 300));
    dns.does("sender.example", Act::Exchanges(vec![(0, "")]));
    stage.run(MAIL).says(
        1,
        &[
            "ok: to.example",
            "problem: sender.example (sender): it says that it takes no mail (null MX): replies and \
             bounces do not arrive, and many servers refuse such a sender\n  help: set mail.from",
        ],
    );
    assert!(server.mails().is_empty());
    proof::say(&format!(
        "doctor: {} ways that DNS gives mail to a domain are told from each other, and no mail is sent",
        cases.len()
    ));
}

#[test]
fn a_resolver_that_does_not_answer_is_not_an_answer() {
    let (server, dns) = (Server::start(&[]), NameServer::at_its_port());
    let people = format!("to = 'ops@to.example'\ncc = 'a@[192.0.2.9]'\n{FROM}");
    let by_server = stage(&people, &by_server(&server), &dns);
    let program = by_server.path("sendmail");
    let way = format!(
        "transport = 'sendmail'\nsendmail = '{}'\n",
        program.display()
    );
    let by_program = stage(&format!("{people}{way}"), "", &dns);
    fs::copy("/bin/true", by_program.path("sendmail")).unwrap();
    dns.does("sender.example", Act::Fails);
    for (act, said) in [
        (Act::Silent, "no DNS server answers in time"),
        (Act::Fails, "the DNS server answers SERVFAIL"),
        (Act::Noise, "what the DNS server sends cannot be read"),
        (Act::Circle, "its aliases (CNAME) lead in a circle"),
        (
            Act::Exchanges(vec![(10, "mute.example.net")]),
            "of its mail server mute.example.net: no DNS server answers in time",
        ),
    ] {
        dns.does("to.example", act);
        dns.does("mute.example.net", Act::Silent);
        let said = &[
            &format!("cannot tell: to.example (recipients): {said}")[..],
            "cannot tell: sender.example (sender): the DNS server answers SERVFAIL",
            "cannot tell: [192.0.2.9] (recipients): it is an address",
        ];
        let begin = Instant::now();
        // Its own server asks the DNS that counts.
        by_server.run(MAIL).says(0, said);
        assert!(begin.elapsed() < Duration::from_secs(8), "{said:?}");
        by_program.run(MAIL).says(2, said);
    }
    let nagios = by_program.run(&[MAIL, &["--format", "nagios"]].concat());
    nagios.says(
        3,
        &["TCPW UNKNOWN - ", "to.example (recipients): cannot tell: "],
    );
    let json = by_server.run(&[MAIL, &["--format", "json"]].concat());
    json.says(0, &["\"cannot_tell\":\"the DNS server answers SERVFAIL\""]);
}

#[test]
fn times_that_are_still_to_come_are_a_wrong_clock() {
    let (server, dns) = (Server::start(&[]), NameServer::at_its_port());
    let stage = stage(
        "to = 'a@localhost'\nfrom = 'b@localhost'\n",
        &by_server(&server),
        &dns,
    );
    let table = stage.path("etc/hosts.allow");
    fs::write(&table, "ALL: 192.0.2.1\n").unwrap();
    stage
        .run(MAIL)
        .says(0, &["cannot tell: clock: whether the network sets it: "]);
    let hours = |count: u64| SystemTime::now() + Duration::from_secs(count * 3600);
    let ahead = |path, count| {
        let times = FileTimes::new().set_modified(hours(count));
        File::options()
            .write(true)
            .open(path)
            .unwrap()
            .set_times(times)
            .unwrap();
    };
    ahead(&table, 2);
    let said = format!(
        "problem: clock: {} has a time that is still to come",
        table.display()
    );
    let help = "mails have a wrong Date, TLS certificates may count as expired or not yet valid, and \
                rules with --for end at the wrong time";
    stage.run(MAIL).says(1, &[&said, help]);
    stage
        .run(&["status"])
        .says(1, &["hosts.allow has a time that is still"]);
    // Before the program was built.
    let program = stage.path("tcpw");
    fs::copy(env!("CARGO_BIN_EXE_tcpw"), &program).unwrap();
    ahead(&program, 48);
    let mut command = std::process::Command::new(&program);
    command
        .arg("--root")
        .arg(stage.path(""))
        .args(MAIL)
        .env("NO_COLOR", "1");
    let output = command.output().unwrap();
    let said = String::from_utf8(output.stdout).unwrap();
    let wanted = format!("problem: clock: {} has a time", program.display());
    assert!(said.contains(&wanted), "{said}");
    assert_eq!(output.status.code(), Some(1));
    ahead(&table, 0);
    // Ten years ahead when the event came.
    stage.notify("visitor.example");
    super::stage::wait_until("a mail", || server.mails().len() == 1);
    drop(super::stage::end_deliverer(&stage));
    stage.change("UPDATE events SET time = time + 10 * 8766 * 3600000000000");
    stage.change("UPDATE hours SET hour = hour + 10 * 8766");
    stage
        .run(MAIL)
        .says(1, &["problem: clock: the journal has times up to 20", help]);
}
