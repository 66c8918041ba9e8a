//! Facts that one question to `hosts_ctl` cannot show: what a daemon sees that asks twice, runs
//! commands or has a real connection. `live.c` is that daemon; where tcpw has something to say about
//! it, it must say the same.

use super::library::Tables;
use crate::sandbox::program;
use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::OnceLock;
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// The daemon, compiled once a run.
fn daemon() -> &'static Path {
    static PROGRAM: OnceLock<PathBuf> = OnceLock::new();
    PROGRAM.get_or_init(|| {
        let place = Path::new(env!("CARGO_TARGET_TMPDIR"));
        fs::create_dir_all(place).unwrap();
        let program = place.join(format!("live.{}", std::process::id()));
        let output = Command::new("cc")
            .args(["-O1", "-o"])
            .arg(&program)
            .arg(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/engine/live.c"))
            .arg("-lwrap")
            .output()
            .expect("cc is installed");
        let complaints = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "cc and libwrap0-dev: {complaints}");
        let last = place.join("live");
        fs::rename(program, &last).unwrap();
        last
    })
}

/// Two tables in a directory of their own; `DIR` in them is that directory.
struct Stage {
    dir: TempDir,
    tables: Tables,
}

impl Stage {
    fn new(allow: &str, deny: &str) -> Self {
        let dir = TempDir::with_prefix("tcpw-live-").unwrap();
        let tables = Tables::within(dir.path());
        let stage = Self { dir, tables };
        for (path, text) in [(&stage.tables.allow, allow), (&stage.tables.deny, deny)] {
            fs::write(
                path,
                text.replace("DIR", stage.dir.path().to_str().unwrap()),
            )
            .unwrap();
        }
        stage
    }

    fn read(&self, name: &str) -> String {
        fs::read_to_string(self.dir.path().join(name)).unwrap()
    }

    fn command(&self, mode: &str) -> Command {
        let mut command = Command::new(daemon());
        command
            .arg(mode)
            .args([&self.tables.allow, &self.tables.deny]);
        command
            .env_clear()
            .env("PATH", "/usr/bin:/bin")
            .env("LC_ALL", "C");
        command
    }

    /// What one process answers for these daemons, one after the other, and what else it prints.
    fn calls(&self, daemons: &[&str]) -> String {
        text(self.command("calls").args(daemons).output())
    }

    /// The report on one connection to sshd from `source`, and what the client got.
    fn socket(&self, family: &str, source: &str) -> (Vec<String>, String) {
        let output = self
            .command("socket")
            .args(["sshd", family, source])
            .output();
        report(&text(output))
    }

    /// `tcpw match` on the same tables.
    fn tcpw(&self, arguments: &[&str]) -> String {
        let output = Command::new(program())
            .arg("--allow-file")
            .arg(&self.tables.allow)
            .arg("--deny-file")
            .arg(&self.tables.deny)
            .arg("match")
            .args(arguments)
            .output();
        String::from_utf8(output.unwrap().stdout).unwrap()
    }
}

fn text(output: std::io::Result<Output>) -> String {
    let output = output.unwrap();
    let complaints = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{}: {complaints}", output.status);
    String::from_utf8(output.stdout).unwrap()
}

fn report(text: &str) -> (Vec<String>, String) {
    let (report, rest) = text.split_once('\n').unwrap();
    let fields = report.split('\t').map(str::to_owned).collect();
    (fields, rest.to_owned())
}

#[test]
fn f_acl_07_a_failure_is_remembered_from_call_to_call() {
    let stage = Stage::new(
        "a: ALL: aclexec false\nb: ALL: severity debug\nc: ALL: aclexec true\n",
        "ALL: ALL\n",
    );
    let answers = stage.calls(&["b", "a", "b", "c", "b"]);
    assert_eq!(answers, "granted\ndenied\ndenied\ngranted\ngranted\n");
}

#[test]
fn f_acl_08_aclexec_writes_where_the_daemon_writes() {
    let stage = Stage::new("a: ALL: aclexec echo from the command\n", "ALL: ALL\n");
    assert_eq!(stage.calls(&["a"]), "from the command\ngranted\n");
}

#[test]
fn f_spawn_03_the_library_waits_for_the_shell_unless_told_not_to() {
    for (table, waits) in [
        (["a: ALL: spawn sleep 0.4\n", ""], true),
        (["", "a: ALL: spawn sleep 0.4\n"], true),
        (["a: ALL: spawn sleep 0.4 &\n", ""], false),
        (["a: ALL: spawn (sleep 0.4; true) &\n", ""], false),
    ] {
        let stage = Stage::new(table[0], table[1]);
        let start = Instant::now();
        // Read to the first answer only: what goes on in the background holds no descriptor.
        stage.calls(&["a"]);
        let waited = start.elapsed() >= Duration::from_millis(400);
        assert_eq!(waited, waits, "{table:?}: {:?}", start.elapsed());
    }
}

#[test]
fn f_spawn_04_the_command_inherits_the_daemon_but_for_three_descriptors() {
    let stage = Stage::new(
        "a: ALL: setenv VISITOR %a: umask 027: spawn (for fd in 0 1 2; do readlink /proc/$$/fd/$fd; \
         done; umask; echo $VISITOR; pwd) > DIR/told\n",
        "ALL: ALL\n",
    );
    let mut command = stage.command("calls");
    assert_eq!(
        text(command.arg("a").current_dir("/usr").output()),
        "granted\n"
    );
    assert_eq!(
        stage.read("told"),
        "/dev/null\n/dev/null\n/dev/null\n0027\n1.2.3.4\n/usr\n"
    );
}

#[test]
fn f_spawn_06_unknown_letters_vanish_before_the_shell_sees_them() {
    let stage = Stage::new(
        "a: ALL: spawn echo +%Y > DIR/one: spawn echo +%%Y > DIR/two\n",
        "ALL: ALL\n",
    );
    assert_eq!(stage.calls(&["a"]), "granted\n");
    assert_eq!(
        (stage.read("one"), stage.read("two")),
        ("+\n".into(), "+%Y\n".into())
    );
    let told = stage.tcpw(&["a", "1.2.3.4"]);
    assert!(
        told.contains("runs: echo + >") && told.contains("runs: echo +%Y >"),
        "{told}"
    );
}

#[test]
fn f_twist_01_the_visitor_talks_to_the_command() {
    for tables in [
        ["sshd: ALL: twist echo hello %a\n", ""],
        ["", "sshd: ALL: twist echo hello %a\n"],
    ] {
        let stage = Stage::new(tables[0], tables[1]);
        let (report, got) = stage.socket("4", "127.0.0.5");
        assert_eq!(
            (report, got.as_str()),
            (vec!["gone".into()], "hello 127.0.0.5\n")
        );
        let told = stage.tcpw(&["sshd", "127.0.0.5"]);
        assert!(
            told.contains("instead of the daemon: echo hello 127.0.0.5"),
            "{told}"
        );
    }
}

#[test]
fn f_twist_02_without_a_connection_the_daemon_ends() {
    let stage = Stage::new("a: ALL: twist echo hello\nb: ALL\n", "ALL: ALL\n");
    assert_eq!(stage.calls(&["a", "b"]), "");
}

#[test]
fn f_twist_03_a_process_that_asked_before_is_denied() {
    let stage = Stage::new("a: ALL\nb: ALL: twist echo hello\n", "");
    assert_eq!(stage.calls(&["a", "b", "a"]), "granted\ndenied\ngranted\n");
    let told = stage.tcpw(&["b", "1.2.3.4", "--dialect", "freebsd"]);
    assert!(told.starts_with("denied"), "{told}");
}

#[test]
fn f_pct_04_a_long_expansion_ends_the_daemon() {
    let word = "x".repeat(127);
    for (count, answers) in [(64, "granted\n"), (65, "")] {
        // The command is the name itself, which ends in failure like any other.
        let stage = Stage::new(&format!("{word}: ALL: spawn {}\n", "%d".repeat(count)), "");
        assert_eq!(stage.calls(&[&word]), answers, "{count}");
        let told = stage.tcpw(&[&word, "1.2.3.4"]);
        assert_eq!(
            told.contains("more than 8190 bytes"),
            answers.is_empty(),
            "{told}"
        );
    }
}

#[test]
fn f_opt_15_banner_files_have_quirks() {
    let stage = Stage::new("sshd: ALL: banners DIR/banners: deny\n", "");
    fs::create_dir(stage.dir.path().join("banners")).unwrap();
    let banner = "\0\0%a\nopen [ bracket\nplain\r\nlast\n";
    fs::write(stage.dir.path().join("banners/sshd"), banner).unwrap();
    let (report, got) = stage.socket("4", "127.0.0.5");
    assert_eq!(report[0], "denied");
    // A line with an open bracket keeps its bare newline; a carriage return stays and gets another.
    let lines: Vec<&str> = got.split_inclusive('\n').collect();
    assert_eq!(
        lines[..2],
        ["\x00\x00127.0.0.5\r\n", "open [ bracket\n"],
        "{got:?}"
    );
    assert_eq!(lines[2], "plain\r\r\n", "{got:?}");
}

#[test]
fn f_user_02_nobody_answers_for_the_visitor() {
    let stage = Stage::new("sshd: UNKNOWN@127.\n", "ALL: ALL\n");
    let (report, _) = stage.socket("4", "127.0.0.5");
    assert_eq!(
        (report[0].as_str(), report[4].as_str()),
        ("granted", "unknown")
    );
    // Where the host part does not match, nobody is asked.
    let stage = Stage::new("sshd: UNKNOWN@10.\n", "ALL: ALL\n");
    let (report, _) = stage.socket("4", "127.0.0.5");
    assert_eq!((report[0].as_str(), report[4].as_str()), ("denied", "-"));
}

#[test]
fn f_name_09_some_patterns_cost_a_look_up() {
    for (clients, cost) in [
        ("9.9.9.9 10.0.0.0/8 [2001:db8::]/32 10. /absent", "0"),
        ("ALL localhost", "0"),
        ("127.* localhost", "0"),
        (".dom", "1"),
        ("[::2]", "1"),
        ("KNOWN", "1"),
        ("LOCAL", "1"),
        ("@nosuch", "1"),
        ("10.*", "1"),
        (".a.example .b.example some.example", "1"),
    ] {
        let stage = Stage::new(&format!("sshd: {clients}\n"), "");
        let (report, _) = stage.socket("4", "127.0.0.5");
        assert_eq!(report[1], cost, "{clients}");
    }
}

/// A machine whose `/etc` holds these hosts and netgroups and nothing else.
struct Elsewhere<'s> {
    stage: &'s Stage,
    etc: PathBuf,
}

impl<'s> Elsewhere<'s> {
    fn new(stage: &'s Stage, hosts: &str, netgroups: &str) -> Self {
        let etc = stage.dir.path().join("etc");
        fs::create_dir(&etc).unwrap();
        for (name, text) in [
            ("hosts", hosts),
            ("netgroup", netgroups),
            ("nsswitch.conf", "hosts: files\nnetgroup: files\n"),
        ] {
            fs::write(etc.join(name), text).unwrap();
        }
        Self { stage, etc }
    }

    /// What a command prints there: in a mount namespace of its own.
    fn run(&self, command: &Command) -> String {
        let output = Command::new("unshare")
            .args(["-m", "--propagation", "private", "sh", "-c"])
            .args(["mount --bind \"$0\" /etc && exec \"$@\""])
            .arg(&self.etc)
            .arg(command.get_program())
            .args(command.get_args())
            .env_clear()
            .env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin")
            .output()
            .expect("unshare (util-linux) is installed");
        String::from_utf8([output.stdout, output.stderr].concat()).unwrap()
    }

    /// What libwrap reports about a connection from `source`.
    fn library(&self, source: &str) -> Vec<String> {
        let mut command = self.stage.command("socket");
        command.args(["sshd", "4", source]);
        report(&self.run(&command)).0
    }

    /// What tcpw says about it.
    fn tcpw(&self, source: &str) -> String {
        let mut command = Command::new(program());
        let tables = &self.stage.tables;
        command.arg("--allow-file").arg(&tables.allow);
        command.arg("--deny-file").arg(&tables.deny);
        self.run(command.args(["match", "sshd", source, "--dns"]))
    }
}

#[test]
fn f_name_07_names_are_doubted() {
    let hosts = "127.0.0.5 good.example\n127.0.0.6 canon.example alias.example\n\
                 127.0.0.7 alias.example\n127.0.0.8 192.0.2.8\n127.0.0.1 localhost\n";
    let table = "sshd: KNOWN\nsshd: PARANOID\nsshd: UNKNOWN\n";
    for (source, name, line) in [
        ("127.0.0.5", "good.example", 1),
        ("127.0.0.7", "paranoid", 2),
        ("127.0.0.8", "paranoid", 2),
        ("127.0.0.9", "unknown", 3),
        ("127.0.0.1", "localhost", 1),
    ] {
        let stage = Stage::new(table, "ALL: ALL\n");
        let elsewhere = Elsewhere::new(&stage, hosts, "");
        assert_eq!(elsewhere.library(source)[3], name, "{source}");
        let told = elsewhere.tcpw(source);
        assert!(
            told.contains(&format!("/allow:{line}: ")),
            "{source}: {told}"
        );
    }
}

#[test]
fn f_netgr_02_netgroups_are_asked_about_the_name() {
    let hosts = "127.0.0.5 a.foo.com\n127.0.0.6 C.FOO.COM\n127.0.0.7 b.foo.com\n";
    let netgroups =
        "direct (a.foo.com,,) (c.foo.com,,)\nnested direct\nany (,,)\naddress (127.0.0.9,,)\n";
    for (group, members) in [
        ("direct", ["127.0.0.5", "127.0.0.6"].as_slice()),
        ("nested", &["127.0.0.5", "127.0.0.6"]),
        ("any", &["127.0.0.5", "127.0.0.6", "127.0.0.7", "127.0.0.9"]),
        ("address", &[]),
        ("nosuch", &[]),
    ] {
        for source in ["127.0.0.5", "127.0.0.6", "127.0.0.7", "127.0.0.9"] {
            let stage = Stage::new(&format!("sshd: @{group}\n"), "ALL: ALL\n");
            let elsewhere = Elsewhere::new(&stage, hosts, netgroups);
            let verdict = if members.contains(&source) {
                "granted"
            } else {
                "denied"
            };
            assert_eq!(elsewhere.library(source)[0], verdict, "@{group} {source}");
            let told = elsewhere.tcpw(source);
            assert!(told.starts_with(verdict), "@{group} {source}: {told}");
        }
    }
}

#[test]
fn f_name_08_mapped_visitors_have_the_name_of_the_address_inside() {
    let stage = Stage::new("sshd: localhost\n", "ALL: ALL\n");
    let (report, _) = stage.socket("m", "127.0.0.1");
    assert_eq!(
        report[..4],
        ["granted", "1", "::ffff:127.0.0.1", "localhost"]
    );
    let told = stage.tcpw(&["sshd", "::ffff:127.0.0.1", "--dns"]);
    assert!(told.starts_with("granted"), "{told}");
}

/// Daemon patterns about the server's end of a connection; `P` is its port, `Q` another one.
const SERVER_PATTERNS: [&str; 16] = [
    "P",
    "Q",
    "0P",
    "+P",
    "P@ALL",
    "P@127.",
    "P@10.",
    "Q@127.0.0.1",
    "sshd@127.0.0.1",
    "sshd@127.0.0.0/8",
    "vsftpd@127.0.0.1/32",
    "ALL@127.0.0.2",
    "ALL EXCEPT P",
    "ALL EXCEPT Q",
    "P EXCEPT vsftpd",
    "sshd@[::1] P@[::1]/128",
];

#[test]
fn f_daemon_09_and_10_ports_and_ends_of_a_real_connection() {
    let daemons = ["sshd", "vsftpd", "22"];
    let mut random = super::random::Random::new(7);
    let mut granted = 0;
    for round in 0..150 {
        let stage = Stage::new("", "ALL: ALL\n");
        let mut child = stage
            .command("server")
            .args(daemons)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut output = BufReader::new(child.stdout.take().unwrap());
        let mut port = String::new();
        output.read_line(&mut port).unwrap();
        let port: u16 = port.trim().parse().unwrap();
        let rules = [(); 2].map(|()| {
            let pattern = random.pick(&SERVER_PATTERNS);
            let client = random.pick(&["ALL", "127.", "127.0.0.5", "127.0.0.6"]);
            format!("{pattern}: {client}\n")
        });
        let rules = rules.concat();
        let other = port ^ 1;
        let rules = rules
            .replace('P', &port.to_string())
            .replace('Q', &other.to_string());
        // EXCEPT has lost its letter too.
        let rules = rules.replace(&format!("EXCE{port}T"), "EXCEPT");
        fs::write(&stage.tables.allow, &rules).unwrap();
        child.stdin.take().unwrap().write_all(b"go\n").unwrap();
        let answers: Vec<String> = output.lines().map(Result::unwrap).collect();
        assert!(child.wait().unwrap().success());
        for (daemon, answer) in daemons.iter().zip(&answers) {
            let port = port.to_string();
            let said = stage.tcpw(&[
                daemon,
                "127.0.0.5",
                "--server",
                "127.0.0.1",
                "--port",
                &port,
            ]);
            assert!(
                said.starts_with(answer),
                "{round}: {daemon}\n{rules}{answer}, {said}"
            );
            granted += u32::from(answer == "granted");
        }
        assert_eq!(answers.len(), daemons.len());
    }
    assert!((100..400).contains(&granted), "{granted} of 450 granted");
}
