//! The program as a rule runs it: exit codes, silence, standard input, sockets, the system log.

use super::legacy_made::MadeLegacy;
use super::mmdb_made::{Made, country};
use std::ffi::{OsStr, OsString};
use std::fs;
use std::os::unix::ffi::OsStringExt as _;
use std::os::unix::fs::{PermissionsExt as _, chown};
use std::os::unix::net::UnixDatagram;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

pub(super) const PROGRAM: &str = env!("CARGO_BIN_EXE_tcpw-gate");
/// Somebody who is not root.
const NOBODY: u32 = 65_534;

/// A directory that a process can take for its whole system: databases, a configuration, a system log.
struct System {
    place: tempfile::TempDir,
    log: UnixDatagram,
}

impl System {
    fn new() -> Self {
        assert_eq!(nix::unistd::geteuid().as_raw(), 0, "this test needs root");
        let place = tempfile::tempdir().unwrap();
        let root = place.path();
        for folder in [
            "dev",
            "etc",
            "run",
            "tmp",
            "usr/sbin",
            "usr/share/GeoIP",
            "var/lib/GeoIP",
            "proc/net",
        ] {
            fs::create_dir_all(root.join(folder)).unwrap();
        }
        for folder in ["", "etc", "usr", "var"] {
            fs::set_permissions(root.join(folder), fs::Permissions::from_mode(0o755)).unwrap();
        }
        fs::set_permissions(root.join("tmp"), fs::Permissions::from_mode(0o1777)).unwrap();
        fs::write(
            root.join("proc/net/fib_trie"),
            "     |-- 198.51.100.1\n        /32 host LOCAL\n",
        )
        .unwrap();
        let made = Made::new("GeoLite2-Country")
            .with("203.0.113.0/24", country("KR"))
            .with("198.51.100.0/24", country("CN"));
        fs::write(
            root.join("var/lib/GeoIP/GeoLite2-Country.mmdb"),
            made.bytes(),
        )
        .unwrap();
        // By a program: no child of another test, forked at that moment, holds it open for writing then.
        let copied = Command::new("cp")
            .arg(PROGRAM)
            .arg(root.join("usr/sbin/tcpw-gate"))
            .status();
        assert!(copied.unwrap().success());
        let log = UnixDatagram::bind(root.join("dev/log")).unwrap();
        fs::set_permissions(root.join("dev/log"), fs::Permissions::from_mode(0o666)).unwrap();
        log.set_nonblocking(true).unwrap();
        Self { place, log }
    }

    fn path(&self, path: &str) -> PathBuf {
        self.place.path().join(path)
    }

    /// The exit code of a call inside, which prints nothing.
    #[track_caller]
    fn gate(&self, user: u32, line: &str) -> Option<i32> {
        let mut command = Command::new("chroot");
        command.args([&format!("--userspec={user}:{user}"), "--groups="]);
        command.arg(self.place.path());
        let output = command
            .arg("/usr/sbin/tcpw-gate")
            .args(line.split(' '))
            .output()
            .unwrap();
        silent(&output)
    }

    fn said(&self) -> Vec<String> {
        let mut said = Vec::new();
        let mut line = vec![0; 8192];
        while let Ok(length) = self.log.recv(&mut line) {
            let text = String::from_utf8(line[..length].to_vec()).unwrap();
            said.push(text.split_once("]: ").unwrap().1.to_owned());
        }
        said
    }
}

/// The exit code of a run that printed nothing.
#[track_caller]
fn silent(output: &Output) -> Option<i32> {
    assert!(
        output.stdout.is_empty() && output.stderr.is_empty(),
        "{output:?}"
    );
    output.status.code()
}

/// Words about the databases below `place` that need nothing of this machine's configuration.
fn words(place: &Path, address: &str) -> Vec<OsString> {
    let database = place.join("var/lib/GeoIP/GeoLite2-Country.mmdb");
    let mut words: Vec<OsString> = vec![
        "--country".into(),
        "KR".into(),
        "--keep".into(),
        "none".into(),
    ];
    words.extend([
        "--database".into(),
        database.into_os_string(),
        "--".into(),
        address.into(),
    ]);
    words
}

#[test]
fn it_admits_by_the_usual_database_and_refuses_everybody_else() {
    let system = System::new();
    for (line, code) in [
        ("--country KR -- 203.0.113.9", 0),
        ("--country KR -- ::ffff:203.0.113.9", 0),
        ("--country KR -- 198.51.100.9", 1),
        ("--country KR -- 198.51.100.1", 0),
        ("--country KR --strict -- 198.51.100.1", 1),
        ("--country KR -- 192.0.2.7", 1),
        ("--country KR --unknown allow -- 192.0.2.7", 0),
        ("--country KR -- 10.0.0.1", 0),
        ("--country KR -- unknown", 1),
    ] {
        for user in [0, NOBODY] {
            assert_eq!(system.gate(user, line), Some(code), "{line} as {user}");
        }
    }
    assert_eq!(system.said(), [""; 0]);
}

#[test]
fn the_configuration_is_read_and_one_that_cannot_be_is_broken() {
    let system = System::new();
    let other = Made::new("GeoLite2-Country").with("192.0.2.0/24", country("KR"));
    fs::write(system.path("other.mmdb"), other.bytes()).unwrap();
    let text = "[geo]\ncountry = '/other.mmdb'\n[guard]\nkeep_in = ['198.51.100.77']\n";
    fs::write(system.path("etc/tcpw.toml"), text).unwrap();
    fs::set_permissions(
        system.path("etc/tcpw.toml"),
        fs::Permissions::from_mode(0o600),
    )
    .unwrap();
    assert_eq!(system.gate(0, "--country KR -- 192.0.2.7"), Some(0));
    assert_eq!(system.gate(0, "--country KR -- 203.0.113.9"), Some(1));
    assert_eq!(system.gate(0, "--country KR -- 198.51.100.77"), Some(0));
    assert_eq!(system.said(), [""; 0]);
    assert_eq!(system.gate(NOBODY, "--country KR -- 192.0.2.7"), Some(1));
    assert_eq!(
        system.said(),
        [
            "tcpw-gate: cannot use /etc/tcpw.toml: Permission denied (os error 13); 192.0.2.7 is refused; \
          this is logged once an hour at most"
        ]
    );
    let whole = "--database /other.mmdb --keep 198.51.100.77 --country KR --";
    for (address, code) in [("192.0.2.7", 0), ("198.51.100.77", 0), ("203.0.113.9", 1)] {
        assert_eq!(
            system.gate(NOBODY, &format!("{whole} {address}")),
            Some(code)
        );
    }
    assert_eq!(system.said(), [""; 0]);
}

#[test]
fn what_is_broken_is_decided_by_policy_and_logged_once_for_each_user() {
    let system = System::new();
    let path = system.path("var/lib/GeoIP/GeoLite2-Country.mmdb");
    let sound = fs::read(&path).unwrap();
    fs::write(&path, &sound[..sound.len() / 2]).unwrap();
    for user in [0, NOBODY] {
        for _ in 0..3 {
            assert_eq!(system.gate(user, "--country KR -- 203.0.113.9"), Some(1));
            assert_eq!(
                system.gate(user, "--country KR --broken allow -- 203.0.113.9"),
                Some(0)
            );
        }
        assert_eq!(
            system.gate(user, "--country KR -- 10.0.0.1"),
            Some(0),
            "neighbours get in"
        );
        let said = system.said();
        assert_eq!(said.len(), 1, "{said:?}");
        assert!(
            said[0].starts_with(
                "tcpw-gate: cannot use /var/lib/GeoIP/GeoLite2-Country.mmdb: it is not a database of MaxMind's \
                 formats; 203.0.113.9 is refused;"
            ),
            "{said:?}"
        );
        // Another kind has its own hour.
        assert_eq!(system.gate(user, "--country UK -- 203.0.113.9"), Some(1));
        assert_eq!(system.said().len(), 1);
    }
    fs::remove_file(&path).unwrap();
    assert_eq!(system.gate(0, "--country KR -- 203.0.113.9"), Some(1));
    let said = system.said();
    assert!(
        said[0].starts_with("tcpw-gate: no database of countries for IPv4 is here;"),
        "{said:?}"
    );
}

/// Somebody who takes the name of root's file, or of the next user's, silences neither.
#[test]
fn nobody_silences_another_user() {
    let system = System::new();
    fs::remove_file(system.path("var/lib/GeoIP/GeoLite2-Country.mmdb")).unwrap();
    for name in ["tcpw-gate-0-no-database", "tcpw-gate-65534-no-database"] {
        fs::write(system.path("tmp").join(name), "").unwrap();
        chown(system.path("tmp").join(name), Some(4711), Some(4711)).unwrap();
    }
    for user in [0, NOBODY] {
        assert_eq!(system.gate(user, "--country KR -- 203.0.113.9"), Some(1));
        assert_eq!(system.said().len(), 1);
    }
    let found = fs::metadata(system.path("run/tcpw-gate")).unwrap();
    assert_eq!(found.permissions().mode() & 0o7777, 0o700);
}

#[test]
fn a_legacy_database_in_its_usual_place_is_enough() {
    let system = System::new();
    fs::remove_file(system.path("var/lib/GeoIP/GeoLite2-Country.mmdb")).unwrap();
    let v4 = MadeLegacy::new()
        .with("203.0.113.0/24", 119)
        .with("198.51.100.0/24", 48);
    let v6 = MadeLegacy::new().with("2001:db8::/32", 119);
    fs::write(system.path("usr/share/GeoIP/GeoIP.dat"), v4.bytes()).unwrap();
    fs::write(system.path("usr/share/GeoIP/GeoIPv6.dat"), v6.bytes()).unwrap();
    for (address, code) in [
        ("203.0.113.9", 0),
        ("198.51.100.9", 1),
        ("2001:db8::9", 0),
        ("2001:db9::9", 1),
    ] {
        assert_eq!(
            system.gate(0, &format!("--country KR -- {address}")),
            Some(code),
            "{address}"
        );
    }
    assert_eq!(
        system.gate(0, "--country KR --max-age 60d -- 203.0.113.9"),
        Some(1)
    );
    let said = system.said();
    assert!(
        said[0].starts_with("tcpw-gate: GEO-106FREE of 2018-06-05 is older than 60 days;"),
        "{said:?}"
    );
}

/// Whatever the words, the exit code is 0 or 1, nothing is printed, and only a call that says so admits.
#[test]
fn misuse_admits_nobody_and_prints_nothing() {
    let odd = OsString::from_vec(b"--\xff\xfe".to_vec());
    let long = OsString::from("x".repeat(100_000));
    let lines: [&[&OsStr]; 14] = [
        &[],
        &["--".as_ref()],
        &["--help".as_ref()],
        &["--version".as_ref()],
        &["-h".as_ref()],
        &["--help".as_ref(), "--".as_ref(), "203.0.113.9".as_ref()],
        &["--country".as_ref()],
        &["--country".as_ref(), "KR".as_ref()],
        &["--country".as_ref(), "KR".as_ref(), "--".as_ref()],
        &[
            "--country".as_ref(),
            "KR".as_ref(),
            "--".as_ref(),
            "%a".as_ref(),
        ],
        &[
            "--country".as_ref(),
            "KR".as_ref(),
            "--".as_ref(),
            "host.example".as_ref(),
        ],
        &["--nonsense".as_ref(), "--".as_ref(), "10.0.0.1".as_ref()],
        &[&odd, "--".as_ref(), "10.0.0.1".as_ref()],
        &[&long],
    ];
    for line in lines {
        let output = Command::new(PROGRAM).args(line).output().unwrap();
        assert_eq!(silent(&output), Some(1), "{line:?}");
    }
    let output = Command::new(PROGRAM)
        .args(["--nonsense", "--broken", "allow", "--", "203.0.113.9"])
        .output();
    assert_eq!(silent(&output.unwrap()), Some(0));
}

#[test]
fn on_a_terminal_it_explains_itself_and_still_admits_nobody() {
    for (word, start) in [
        ("--help", "Decide whether a client may come in"),
        ("-V", "tcpw-gate "),
    ] {
        let line = format!("{PROGRAM} {word}; echo \"exit $?\"");
        let output = Command::new("script")
            .args(["-qc", &line, "/dev/null"])
            .stdin(Stdio::null())
            .output();
        let text = String::from_utf8(output.unwrap().stdout).unwrap();
        assert!(
            text.starts_with(start) && text.trim_end().ends_with("exit 1"),
            "{text}"
        );
    }
}

#[test]
fn standard_input_stays_the_clients() {
    let system = System::new();
    for address in ["203.0.113.9", "198.51.100.9"] {
        let mut shell = Command::new("sh");
        shell.args([
            "-c",
            "printf 'EHLO client\\n' | { \"$0\" \"$@\"; cat; }",
            PROGRAM,
        ]);
        let output = shell
            .args(words(system.place.path(), address))
            .output()
            .unwrap();
        assert_eq!(String::from_utf8(output.stdout).unwrap(), "EHLO client\n");
    }
}

/// The system calls of a call that finds everything in order: no socket, no name service, nothing read
/// from or written to the standard streams, no file written.
#[test]
fn it_opens_no_socket_and_touches_no_stream() {
    let system = System::new();
    for (address, code) in [
        ("203.0.113.9", 0),
        ("198.51.100.9", 1),
        ("192.0.2.7", 1),
        ("10.0.0.1", 0),
    ] {
        let trace = system.path("trace");
        let output = Command::new("strace")
            .args(["-f", "-o"])
            .arg(&trace)
            .arg(PROGRAM)
            .args(words(system.place.path(), address))
            .output()
            .unwrap();
        assert_eq!(silent(&output), Some(code), "{address}");
        let trace = fs::read_to_string(trace).unwrap();
        assert!(trace.contains("execve("), "{trace}");
        for call in [
            "socket(", "connect(", "sendto(", "read(0,", "write(1,", "write(2,", "O_WRONLY",
            "O_RDWR", "fork(",
        ] {
            let found = trace.lines().find(|line| line.contains(call));
            assert_eq!(found, None, "{address}");
        }
    }
}

#[test]
fn closed_streams_and_few_resources_are_enough() {
    let system = System::new();
    for limits in [
        "exec <&- >&- 2>&-",
        "ulimit -n 5; ulimit -v 20480; ulimit -s 128",
    ] {
        for (address, code) in [("203.0.113.9", 0), ("198.51.100.9", 1)] {
            let script = format!("{limits}; exec \"$0\" \"$@\"");
            let mut shell = Command::new("sh");
            let ran = shell
                .args(["-c", &script, PROGRAM])
                .args(words(system.place.path(), address))
                .output();
            assert_eq!(silent(&ran.unwrap()), Some(code), "{limits}: {address}");
        }
    }
}

/// Streams that are closed stay without a file: whatever were written to them would be written there.
#[test]
fn no_file_takes_the_number_of_a_closed_stream() {
    let system = System::new();
    for closed in ["<&-", ">&-", "2>&-", "<&- >&-", "<&- >&- 2>&-"] {
        let trace = system.path("trace");
        let script = format!("strace -o \"$0\" sh -c 'exec \"$0\" \"$@\" {closed}' \"$@\"");
        let ran = Command::new("sh")
            .args(["-c", &script])
            .arg(&trace)
            .arg(PROGRAM)
            .args(words(system.place.path(), "203.0.113.9"))
            .output();
        assert_eq!(silent(&ran.unwrap()), Some(0), "{closed}");
        let trace = fs::read_to_string(trace).unwrap();
        let (_, of_gate) = trace.rsplit_once("execve(").unwrap();
        let taken = of_gate.lines().filter(|line| {
            let number = line.rsplit(" = ").next().unwrap();
            line.starts_with("open") && ["0", "1", "2"].contains(&number)
        });
        // One that is neither read nor written, where there was none.
        for line in taken {
            assert!(
                line.contains("\"/\"") && line.contains("O_PATH"),
                "{closed}: {line}"
            );
        }
    }
}

/// A database that is replaced by renaming while it is asked is the old or the new one.
#[test]
fn a_database_is_replaced_while_clients_come() {
    let system = System::new();
    let path = system.path("var/lib/GeoIP/GeoLite2-Country.mmdb");
    let bytes = fs::read(&path).unwrap();
    for round in 0..20 {
        let next = system.path("var/lib/GeoIP/next");
        fs::write(&next, &bytes).unwrap();
        let words = words(system.place.path(), "203.0.113.9");
        let mut asked = Command::new(PROGRAM).args(words).spawn().unwrap();
        fs::rename(&next, &path).unwrap();
        assert_eq!(asked.wait().unwrap().code(), Some(0), "round {round}");
    }
}
