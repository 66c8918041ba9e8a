//! What a visitor pays for the alarm: `sh -c 'tcpw notify ...'`, as libwrap runs it, while the mail
//! server accepts connections and never says a word, against `sh -c true` and against the classic
//! Python script that sends the mail itself to a healthy server. All in one run, in turn.
//!
//! `cargo bench --bench notify`; needs Debian's python3 and python3-aiosmtpd.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a measurement that cannot go on must stop, and prints its table"
)]

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};
use tempfile::TempDir;

const TCPW: &str = env!("CARGO_BIN_EXE_tcpw");
const PYTHON: &str = "/usr/bin/python3";
const SERVER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/smtp/server.py");
const ROUNDS: usize = 200;
/// Each of these leaves a deliverer behind until its system is removed.
const COLD_ROUNDS: usize = 40;
/// Between two of these.
const CALM: Duration = Duration::from_millis(400);
/// The goals.
const MOST_OVER_SH: f64 = 3.0;
const LEAST_TIMES_FASTER: f64 = 15.0;
/// What administrators run from `spawn` today.
const SCRIPT: &str = r#"
import smtplib, socket, sys, time
from email.mime.multipart import MIMEMultipart
from email.mime.text import MIMEText
mail = MIMEMultipart()
mail["Subject"] = "Refused: " + sys.argv[2]
mail["From"] = "root@localhost"
mail["To"] = "admin@example.org"
mail.attach(MIMEText("%s was refused by %s at %s" % (sys.argv[2], socket.gethostname(), time.ctime())))
with smtplib.SMTP("127.0.0.1", int(sys.argv[1])) as server:
    server.sendmail("root@localhost", ["admin@example.org"], mail.as_string())
"#;

fn main() {
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = silent.local_addr().unwrap().port();
    let inbox = TempDir::new().unwrap();
    let (mut healthy, healthy_port) = start_server(inbox.path());
    let script = inbox.path().join("mailer.py");
    fs::write(&script, SCRIPT).unwrap();
    let mailer = format!("{PYTHON} {} {healthy_port} 192.0.2.7", script.display());

    let warm = system(port);
    let notify_warm = notify(warm.path());
    time(&notify_warm);
    sleep(Duration::from_millis(500));
    let mut floor = Vec::new();
    let mut running = Vec::new();
    let mut classic = Vec::new();
    for round in 0..ROUNDS {
        floor.push(time("true"));
        running.push(time(&notify_warm));
        if round % 5 == 0 {
            classic.push(time(&mailer));
        }
    }
    // Systems that have seen alarms before, on a disk that has nothing else to write.
    let cold_systems: Vec<TempDir> = (0..COLD_ROUNDS).map(|_| system(port)).collect();
    assert!(Command::new("sync").status().unwrap().success());
    let mut starting = Vec::new();
    for cold in &cold_systems {
        starting.push(time(&notify(cold.path())));
        // The deliverer it started makes its journal meanwhile: that is not the next visitor's.
        sleep(CALM);
    }
    let mails = fs::read_dir(inbox.path()).unwrap().count() - 1;
    assert_eq!(mails, classic.len(), "the healthy server took every mail");
    healthy.kill().unwrap();
    healthy.wait().unwrap();
    report(floor, running, starting, classic);
}

fn report(floor: Vec<f64>, running: Vec<f64>, starting: Vec<f64>, classic: Vec<f64>) {
    let (floor, floor_late) = middle_and_late(floor);
    let (classic, classic_late) = middle_and_late(classic);
    println!(
        "{:44} {:>9} {:>9} {:>9} {:>9}",
        "sh -c ...", "median", "p95", "over true", "faster"
    );
    println!("{:44} {floor:>6.2} ms {floor_late:>6.2} ms", "true");
    for (name, times) in [
        ("tcpw notify, a deliverer at work", running),
        ("tcpw notify, which starts a deliverer", starting),
    ] {
        let (middle, late) = middle_and_late(times);
        let (over, faster) = (middle - floor, classic / middle);
        println!("{name:44} {middle:>6.2} ms {late:>6.2} ms {over:>6.2} ms {faster:>8.1}x");
        let verdict = |good| if good { "reached" } else { "MISSED" };
        println!(
            "    goals: at most {MOST_OVER_SH} ms over true {}, at least {LEAST_TIMES_FASTER} times faster {}",
            verdict(over <= MOST_OVER_SH),
            verdict(faster >= LEAST_TIMES_FASTER)
        );
    }
    println!(
        "{:44} {classic:>6.2} ms {classic_late:>6.2} ms",
        "python3 smtplib script, healthy server"
    );
}

/// A system of its own whose mail server never speaks.
fn system(port: u16) -> TempDir {
    let root = TempDir::with_prefix("tcpw-bench-").unwrap();
    // With the directories that the first alarm of a system makes.
    for directory in ["etc", "var/lib/tcpw", "var/spool/tcpw/drop"] {
        fs::create_dir_all(root.path().join(directory)).unwrap();
    }
    let text = format!(
        "[mail]\nto = 'a@example.org'\n[mail.smtp]\nhost = '127.0.0.1'\nport = {port}\ntls = 'none'\ntimeout = 60\n"
    );
    fs::write(root.path().join("etc/tcpw.toml"), text).unwrap();
    fs::write(root.path().join("var/lib/tcpw/journal.db.lock"), "").unwrap();
    root
}

fn notify(root: &Path) -> String {
    format!(
        "{TCPW} --root {} notify --addr 192.0.2.7 --daemon sshd --server sshd@192.0.2.1 --pid 4711 -- 192.0.2.7",
        root.display()
    )
}

fn start_server(inbox: &Path) -> (Child, u16) {
    let mut server = Command::new(PYTHON)
        .arg(SERVER)
        .arg("--inbox")
        .arg(inbox)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(server.stdout.take().unwrap())
        .read_line(&mut line)
        .unwrap();
    let port = line.trim().parse().expect("python3-aiosmtpd is installed");
    (server, port)
}

/// Milliseconds that `sh -c command` takes.
fn time(command: &str) -> f64 {
    let begin = Instant::now();
    let status = Command::new("/bin/sh")
        .args(["-c", command])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .unwrap();
    let taken = begin.elapsed();
    assert!(status.success(), "{command}");
    taken.as_secs_f64() * 1000.0
}

/// The median and the 95th percentile.
fn middle_and_late(mut times: Vec<f64>) -> (f64, f64) {
    times.sort_by(f64::total_cmp);
    (times[times.len() / 2], times[times.len() * 95 / 100])
}
