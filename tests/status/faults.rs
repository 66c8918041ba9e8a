//! Each problem that the status lists, made in a machine that was well.

use super::stage::Stage;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use std::fs::{self, File, FileTimes, Permissions};
use std::os::unix::fs::PermissionsExt as _;
use std::thread;
use std::time::{Duration, Instant, SystemTime};

/// What is done to a machine, the word of the problem, and what is said of it.
pub(super) struct Fault {
    pub(super) word: &'static str,
    pub(super) says: &'static [&'static str],
    pub(super) make: fn() -> Stage,
}

/// A machine that is well, after something was done to it.
fn after(stage: Stage, change: impl FnOnce(&Stage)) -> Stage {
    change(&stage);
    stage
}

/// A change that is to be confirmed; nobody waits for it.
pub(super) fn provisional(stage: &Stage) {
    let allow = ["allow", "10.1.2.3", "--confirm-within", "10m"];
    stage.run(&allow).says(0, &["will be rolled back"]);
    // What stands by knows by its death that nobody rolls the change back any more.
    end_standby(stage);
}

/// Ends the process that would roll the change back, so that it does not; it is there from the
/// moment the change is made.
fn end_standby(stage: &Stage) {
    let root = stage.path("").to_string_lossy().into_owned();
    let root = format!("--root={}", root.trim_end_matches('/'));
    let deadline = Instant::now() + Duration::from_secs(60);
    let mut has_ended = false;
    loop {
        let standing: Vec<i32> = fs::read_dir("/proc")
            .unwrap()
            .filter_map(|entry| entry.unwrap().file_name().to_str()?.parse().ok())
            .filter(|pid| stands_by(*pid, &root))
            .collect();
        if standing.is_empty() && has_ended {
            return;
        }
        assert!(Instant::now() < deadline, "{root}: {standing:?}");
        for pid in standing {
            has_ended |= kill(Pid::from_raw(pid), Signal::SIGKILL).is_ok();
        }
        thread::sleep(Duration::from_millis(10));
    }
}

/// Whether a process waits to roll a change of this root back.
fn stands_by(pid: i32, root: &str) -> bool {
    let line = fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
    let mut words = line.split(|byte| *byte == 0);
    words.clone().any(|word| word == b"rollback") && words.any(|word| word == root.as_bytes())
}

/// A rule that follows a name, which the machine's own file has.
fn follow(stage: &Stage) {
    stage.write("etc/hosts", "9.9.9.9 home.dyn.example.org\n", 0o644);
    let allow = ["allow", "--follow", "home.dyn.example.org"];
    stage.run(&allow).says(0, &[]);
    stage.run(&["status"]).says(0, &["Problems none"]);
}

/// The entry of the history, changed.
fn rewrite_entry(stage: &Stage, change: impl Fn(String) -> String) {
    let history = stage.path("var/lib/tcpw/history");
    let mut names: Vec<_> = fs::read_dir(&history)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|end| end == "json"))
        .collect();
    names.sort();
    let last = names.last().unwrap();
    let text = fs::read_to_string(last).unwrap();
    fs::write(last, change(text)).unwrap();
}

pub(super) const FAULTS: &[Fault] = &[
    Fault {
        word: "lint-errors",
        says: &["lint errors in the tables: 1", "/etc/hosts.allow:2 TW"],
        make: || {
            after(Stage::well(), |stage| {
                stage.write(
                    "etc/hosts.allow",
                    "sshd: 198.51.100.7\nsshd 10.0.0.1\n",
                    0o644,
                );
            })
        },
    },
    Fault {
        word: "daemon",
        says: &[
            "stunnel4",
            "does not do as the tables say: it shuts itself in and reads the tables below /srv/jail",
        ],
        make: || {
            after(Stage::well(), |stage| {
                let units = "usr/lib/systemd/system/imaps";
                let start = "[Service]\nExecStart=/usr/bin/stunnel4\n";
                stage.write(
                    &format!("{units}.socket"),
                    "[Socket]\nListenStream=993\n",
                    0o644,
                );
                stage.write(&format!("{units}.service"), start, 0o644);
                let wanted = "etc/systemd/system/sockets.target.wants/imaps.socket";
                stage.write(wanted, "", 0o644);
                let jail = "chroot = /srv/jail\nlibwrap = yes\naccept = 993\n";
                stage.write("etc/stunnel/a.conf", jail, 0o644);
                fs::create_dir_all(stage.path("usr/bin")).unwrap();
                fs::copy("/usr/bin/stunnel4", stage.path("usr/bin/stunnel4")).unwrap();
            })
        },
    },
    Fault {
        word: "program-gone",
        says: &[
            "which is not there or cannot be run",
            "/etc/hosts.deny:1 runs /",
        ],
        make: || {
            after(Stage::well(), |stage| {
                let program = concat!(env!("CARGO_BIN_EXE_tcpw"), "-notify");
                fs::remove_file(stage.path(program.trim_start_matches('/'))).unwrap();
            })
        },
    },
    Fault {
        word: "path-gone",
        says: &[
            "mail.smtp.password of the configuration: there is no /",
            "/etc/gone",
        ],
        make: || {
            after(Stage::well(), |stage| {
                let text = "[mail]\nto = 'a@b'\n[mail.smtp]\nhost = 'h'\nusername = 'u'\n\
                            password_file = '/etc/gone'\n";
                stage.write("etc/tcpw.toml", text, 0o600);
            })
        },
    },
    Fault {
        word: "writers",
        says: &["DenyHosts, sshguard write these tables: none waits for the other"],
        make: || {
            after(Stage::well(), |stage| {
                let deny = fs::read_to_string(stage.path("etc/hosts.deny")).unwrap();
                let text = format!(
                    "# DenyHosts: Mon Nov 23 | sshd: 192.0.2.9\nsshd: 192.0.2.9\n\
                     ###sshguard###\nALL: 192.0.2.10\n###sshguard###\n{deny}"
                );
                stage.write("etc/hosts.deny", &text, 0o644);
            })
        },
    },
    Fault {
        word: "ran-out",
        says: &[
            "/etc/hosts.allow:",
            "its time was over at",
            "run `tcpw expire`",
        ],
        make: || {
            after(Stage::well(), |stage| {
                let allow = ["allow", "10.1.2.3", "--for", "1h"];
                stage.run(&allow).says(0, &[]);
                let text = fs::read_to_string(stage.path("etc/hosts.allow")).unwrap();
                let until = text.split("until=").nth(1).unwrap();
                let until = until.split_whitespace().next().unwrap();
                let old = text.replace(until, "2026-01-31T12:00:00Z");
                stage.write("etc/hosts.allow", &old, 0o644);
            })
        },
    },
    Fault {
        word: "no-schedule",
        says: &["rules have an end", "nothing removes them in time"],
        make: || {
            after(Stage::well(), |stage| {
                let allow = ["allow", "10.1.2.3", "--for", "1h"];
                stage.run(&allow).says(0, &[]);
                fs::remove_file(stage.path("etc/cron.d/tcpw")).unwrap();
            })
        },
    },
    Fault {
        word: "unresolved",
        says: &[
            "home.dyn.example.org, which a rule follows, has not been resolved since",
            "there is no such name (NXDOMAIN)",
        ],
        make: || {
            after(Stage::well(), |stage| {
                follow(stage);
                let name = r#"{"asked":1,"next":1,"succeeded":1,"failing_since":2,"failures":9,
                    "ttl":60,"authentic":false,"trouble":"there is no such name (NXDOMAIN)",
                    "reported":null}"#;
                let state = format!(r#"{{"names":{{"home.dyn.example.org":{name}}}}}"#);
                stage.write("var/lib/tcpw/follow.json", &state, 0o644);
            })
        },
    },
    Fault {
        word: "no-follower",
        says: &["rules follow names, and nothing asks for these again"],
        make: || {
            after(Stage::well(), |stage| {
                follow(stage);
                fs::remove_file(stage.path("etc/cron.d/tcpw")).unwrap();
            })
        },
    },
    Fault {
        word: "overdue",
        says: &["change 2 was to be rolled back at", "and still stands"],
        make: || {
            after(Stage::well(), |stage| {
                provisional(stage);
                // It was made in an earlier boot of this machine.
                rewrite_entry(stage, |text| {
                    let boot = fs::read_to_string("/proc/sys/kernel/random/boot_id").unwrap();
                    text.replace(boot.trim(), "00000000-0000-0000-0000-000000000000")
                });
            })
        },
    },
    Fault {
        word: "cut-short",
        says: &["a change was cut short: `tcpw expire` finishes it"],
        make: || {
            after(Stage::well(), |stage| {
                let history = stage.path("var/lib/tcpw/history");
                // As a loss of power leaves it: the entry is still the one under way.
                fs::rename(history.join("00000001.json"), history.join("pending.json")).unwrap();
            })
        },
    },
    Fault {
        word: "uncollected",
        says: &[
            "alerts that wait in /",
            "/var/spool/tcpw/root: 1",
            "nobody collects them",
        ],
        make: || after(Stage::with_journal(), |stage| stage.notify("192.0.2.8")),
    },
    Fault {
        word: "no-deliverer",
        says: &["no deliverer is running, although one is needed"],
        make: || {
            after(Stage::with_journal(), |stage| {
                stage.change("UPDATE dispatches SET state = 'waiting', next_due = 1");
            })
        },
    },
    Fault {
        word: "drop-mode",
        says: &["/var/spool/tcpw/drop has mode 777", "and needs mode 1733"],
        make: || {
            after(Stage::well(), |stage| {
                let open = Permissions::from_mode(0o777);
                fs::set_permissions(stage.path("var/spool/tcpw/drop"), open).unwrap();
            })
        },
    },
    Fault {
        word: "no-mail",
        says: &["mails are kept in /", "/var/lib/tcpw/mail and not sent"],
        make: || {
            after(Stage::well(), |stage| {
                stage.write("etc/tcpw.toml", "", 0o600);
            })
        },
    },
    Fault {
        word: "mail-failing",
        says: &[
            "tried without success so far: 1",
            "451 4.7.1 later",
            "mail.example.org:587 failing",
        ],
        make: || {
            after(Stage::with_journal(), |stage| {
                stage.change(
                    "UPDATE dispatches SET state = 'waiting', last_error = '451 4.7.1 later',
                         next_due = 9999999999;
                     UPDATE deliveries SET outcome = 'transient', text = '451 4.7.1 later';",
                );
            })
        },
    },
    Fault {
        word: "given-up",
        says: &["messages given up: 1", "550 5.1.1 nobody"],
        make: || {
            after(Stage::with_journal(), |stage| {
                stage.change(
                    "UPDATE dispatches SET state = 'failed', last_error = '550 5.1.1 nobody'",
                );
            })
        },
    },
    Fault {
        word: "clock-ahead",
        says: &[
            "the journal has times up to 2036-",
            "the clock was ahead, or is slow now",
        ],
        make: || {
            after(Stage::with_journal(), |stage| {
                // The clock was ten years ahead when it came.
                let ten_years = "(10 * 8766 * 3600000000000)";
                stage.change(&format!(
                    "UPDATE events SET time = time + {ten_years};
                     UPDATE hours SET hour = hour + 10 * 8766;"
                ));
            })
        },
    },
    Fault {
        word: "clock-behind",
        says: &[
            "/etc/hosts.deny has a time that is still to come",
            "the clock is slow, or was ahead then",
        ],
        make: || {
            after(Stage::with_journal(), |stage| {
                let soon = SystemTime::now() + Duration::from_secs(7200);
                let table = File::options()
                    .write(true)
                    .open(stage.path("etc/hosts.deny"));
                let times = FileTimes::new().set_modified(soon);
                table.unwrap().set_times(times).unwrap();
            })
        },
    },
    Fault {
        word: "damaged",
        says: &[
            "the journal was damaged at",
            "journal.db.damaged-",
            "a new one was started",
        ],
        make: || {
            after(Stage::with_journal(), |stage| {
                fs::write(stage.path("var/lib/tcpw/journal.db"), vec![b'!'; 9000]).unwrap();
                stage.collect();
            })
        },
    },
    Fault {
        word: "rejected",
        says: &["files in a drop directory that were not events", ": 1"],
        make: || {
            after(Stage::with_journal(), |stage| {
                let name = "1700000000.000000001-00000000000000ab.event";
                let file = stage.path("var/spool/tcpw/drop").join(name);
                fs::write(&file, "no event").unwrap();
                // One that is being written is waited for.
                let old = SystemTime::UNIX_EPOCH + Duration::from_secs(1_700_000_000);
                let times = FileTimes::new().set_modified(old);
                File::options()
                    .write(true)
                    .open(&file)
                    .unwrap()
                    .set_times(times)
                    .unwrap();
                stage.collect();
            })
        },
    },
    Fault {
        word: "forgotten",
        says: &[
            "events of users other than root that were removed for lack of room",
            ": 7",
        ],
        make: || {
            after(Stage::with_journal(), |stage| {
                let body = r#"{"notice":"others-forgotten","events":7,"users":[[1000,7]]}"#;
                stage.change(&format!(
                    "INSERT INTO letters (kind, state, message_id, created, due, body)
                     VALUES ('notice', 'sent', 'x@y', unixepoch() * 1000000000, 0, '{body}')"
                ));
            })
        },
    },
    Fault {
        word: "unit-dead",
        says: &["tcpw-deliver.path is not enabled"],
        make: || {
            after(Stage::well(), |stage| {
                stage
                    .run(&["install-alert", "--systemd", "--force"])
                    .says(0, &[]);
                let link = "etc/systemd/system/paths.target.wants/tcpw-deliver.path";
                fs::remove_file(stage.path(link)).unwrap();
            })
        },
    },
    Fault {
        word: "schedule-gone",
        says: &["/etc/cron.d/tcpw runs /", "which is not there"],
        make: || {
            after(Stage::well(), |stage| {
                let program = env!("CARGO_BIN_EXE_tcpw");
                fs::remove_file(stage.path(program.trim_start_matches('/'))).unwrap();
            })
        },
    },
    Fault {
        word: "cron-ignored",
        says: &["cron does not read /etc/cron.d/tcpw"],
        make: || {
            after(Stage::well(), |stage| {
                let open = Permissions::from_mode(0o666);
                fs::set_permissions(stage.path("etc/cron.d/tcpw"), open).unwrap();
            })
        },
    },
];
