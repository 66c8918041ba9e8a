//! A status that is always the same, in every form.

use crate::sandbox::assert_golden;
use chrono::{DateTime, FixedOffset, TimeDelta, Utc};
use tcpw::status::{
    AccessLine, AccessRow, AlertLine, AskedDaemon, AskedLine, Asking, Catches, ClientsLine,
    Delivering, EventCount, LastClient, Looked, MachineStatus, MailLine, MailState, Measures,
    PROBLEMS, PendingChange, PendingLine, StandardAccess, StateCount, StatusProblem, UtcTime, View,
    json, nagios, of_json, prometheus, screen,
};
use tcpw::values::Language;
use unicode_width::UnicodeWidthStr as _;

/// 27 November 2026, 07:41 UTC: 16:41 in Seoul.
fn now() -> DateTime<Utc> {
    DateTime::parse_from_rfc3339("2026-11-27T07:41:00Z")
        .unwrap()
        .to_utc()
}

fn before(seconds: i64) -> UtcTime {
    UtcTime(now() - TimeDelta::seconds(seconds))
}

fn local(time: DateTime<Utc>) -> DateTime<FixedOffset> {
    time.with_timezone(&FixedOffset::east_opt(32_400).unwrap())
}

fn texts(texts: &[&str]) -> Vec<String> {
    texts.iter().map(|&text| text.to_owned()).collect()
}

fn daemon(name: &str, state: Asking, evidence: &str) -> AskedDaemon {
    AskedDaemon {
        daemon: name.to_owned(),
        state,
        names: texts(&[name]),
        evidence: texts(&[evidence]),
    }
}

/// An alert for everybody on no list.
fn alert_for_all() -> AlertLine {
    AlertLine {
        catches: Catches::Unlisted,
        rules: texts(&["/etc/hosts.deny:1"]),
        silent: Vec::new(),
        more_silent: 0,
        delivery: Delivering::Systemd,
    }
}

/// A machine on which all is well.
fn well() -> MachineStatus {
    MachineStatus {
        machine: "web1".to_owned(),
        time: before(0),
        uid: 0,
        access: Looked::At(AccessLine {
            state: StandardAccess::Closed,
            exceptions: vec![AccessRow {
                daemons: texts(&["sshd"]),
                all_but: false,
                clients: texts(&["198.51.100.7", "10.1.0.0/16", "loopback"]),
                more: 0,
                except: Vec::new(),
            }],
            more: 0,
            not_computed: Vec::new(),
        }),
        asked: Looked::At(AskedLine {
            daemons: vec![
                daemon("sshd", Asking::Asked, "sshd-session, libwrap.so.0"),
                daemon("vsftpd", Asking::SwitchedOff, "tcp_wrappers=NO"),
                daemon("nginx", Asking::NotAsked, "no libwrap"),
            ],
            has_running: true,
        }),
        alert: Looked::At(alert_for_all()),
        mail: Looked::At(MailLine {
            way: "mail.example.org:587".to_owned(),
            state: MailState::Ok,
            last_sent: Some(before(300)),
            queue: 0,
            given_up: 0,
            gathering: 0,
            dropped: Looked::At(0),
        }),
        clients: Looked::At(ClientsLine {
            since: before(60_060),
            refused: 3,
            admitted: 0,
            unknown: 0,
            not_by_root: 0,
            last: Some(LastClient {
                time: before(120),
                client: "203.0.113.99".to_owned(),
                daemon: "sshd".to_owned(),
                reported_by: None,
            }),
        }),
        pending: Looked::At(PendingLine {
            changes: vec![PendingChange {
                number: 7,
                due: before(-780),
            }],
        }),
        problems: Vec::new(),
        cannot_read: Vec::new(),
    }
}

/// Each problem once, in the order of [`PROBLEMS`].
#[expect(clippy::too_many_lines, reason = "each problem once")]
fn all_problems() -> Vec<StatusProblem> {
    use StatusProblem as P;
    let text = |text: &str| text.to_owned();
    vec![
        P::LintErrors {
            errors: 4,
            first: texts(&[
                "/etc/hosts.allow:3 TW103 a backslash at the end",
                "/etc/hosts.deny:9 TW501 no such option",
            ]),
        },
        P::Daemon {
            daemon: text("rpcbind"),
            trouble: text("its user may not read /etc/hosts.deny, so that everybody is refused"),
        },
        P::ProgramGone {
            rule: text("/etc/hosts.deny:1"),
            program: text("/usr/sbin/tcpw-notify"),
        },
        P::PathGone {
            key: text("mail.smtp.password"),
            path: text("/etc/tcpw.password"),
        },
        P::Writers {
            programs: texts(&["DenyHosts", "sshguard"]),
        },
        P::RanOut {
            rule: text("/etc/hosts.allow:2"),
            until: before(3600),
        },
        P::Overdue {
            change: 7,
            due: before(600),
        },
        P::CutShort,
        P::Uncollected {
            directory: text("/var/spool/tcpw/drop"),
            events: 12,
            oldest: Some(before(90_000)),
        },
        P::NoDeliverer,
        P::DropMode {
            directory: text("/var/spool/tcpw/drop"),
            found: text("mode 777, owner 0:0"),
            wanted: text("mode 3733, owner 998:998"),
        },
        P::NoMail {
            directory: text("/var/lib/tcpw/mail"),
        },
        P::MailFailing {
            messages: 2,
            error: text("451 4.7.1 try later"),
        },
        P::GivenUp {
            messages: 1,
            error: text("550 5.1.1 no such user"),
        },
        P::ClockAhead {
            latest: before(-864_000),
            events: 5,
        },
        P::ClockBehind {
            file: text("/etc/hosts.deny"),
            time: before(-7200),
        },
        P::Damaged {
            time: before(7200),
            aside: text("/var/lib/tcpw/deliver/journal.db.damaged-20261127T050000Z"),
        },
        P::Rejected {
            time: before(7200),
            files: 1,
        },
        P::Forgotten {
            time: before(7200),
            events: 1234,
        },
        P::UnitDead {
            unit: text("tcpw-deliver.path"),
            state: text("inactive"),
        },
        P::ScheduleGone {
            file: text("/etc/cron.d/tcpw"),
            program: text("/usr/sbin/tcpw"),
        },
        P::NoSystemd,
        P::CronIgnored {
            file: text("/etc/cron.d/tcpw"),
        },
        P::NoCron {
            file: text("/etc/cron.d/tcpw"),
        },
        P::NoSchedule,
        P::Unresolved {
            name: text("home.dyn.example.org"),
            since: before(700_000),
            trouble: text("there is no such name (NXDOMAIN)"),
        },
        P::NoFollower,
        P::Stale {
            file: text("/run/tcpw/status.json"),
            time: before(90_000),
        },
    ]
}

/// A machine of which nothing is well, and some things cannot be looked at.
fn bad() -> MachineStatus {
    let mut status = well();
    status.access = Looked::At(AccessLine {
        state: StandardAccess::Open,
        exceptions: vec![
            AccessRow {
                daemons: texts(&["in.tftpd"]),
                all_but: false,
                clients: texts(&["everybody"]),
                more: 0,
                except: texts(&["10.1.0.0/16", ".example.org"]),
            },
            AccessRow {
                daemons: texts(&["sshd"]),
                all_but: true,
                clients: texts(&["clients without an address"]),
                more: 3,
                except: Vec::new(),
            },
        ],
        more: 2,
        not_computed: texts(&["whom `@office` matches"]),
    });
    let mut other_name = daemon("rpc.mountd", Asking::Asked, "libwrap.so.0");
    other_name.names = texts(&["mountd"]);
    status.asked = Looked::At(AskedLine {
        daemons: vec![other_name, daemon("stunnel", Asking::CannotTell, "?")],
        has_running: true,
    });
    status.alert = Looked::At(AlertLine {
        catches: Catches::Nobody,
        rules: Vec::new(),
        silent: Vec::new(),
        more_silent: 0,
        delivery: Delivering::Alert,
    });
    status.mail = Looked::At(MailLine {
        way: "mail.example.org:587".to_owned(),
        state: MailState::Failing,
        last_sent: Some(before(200_000)),
        queue: 2,
        given_up: 1,
        gathering: 4,
        dropped: Looked::failed(
            "cannot read the drop directory /var/spool/tcpw/drop: Permission denied (os error 13)",
        ),
    });
    status.clients = Looked::failed(
        "cannot read the journal /var/lib/tcpw/deliver/journal.db: Permission denied (os error 13)",
    );
    status.pending = Looked::At(PendingLine {
        changes: Vec::new(),
    });
    status.problems = all_problems();
    status
}

fn text(status: &MachineStatus, language: Language, width: usize, is_saved: bool) -> String {
    let view = View {
        language,
        width,
        now: now(),
        local: &local,
        is_saved,
    };
    let lines = screen(status, &view).into_iter();
    let lines = lines.map(|line| {
        let text: String = line.into_iter().map(|piece| piece.text).collect();
        format!("{}\n", text.trim_end())
    });
    lines.collect()
}

/// Compares with the file `golden/NAME`.
#[track_caller]
fn same(name: &str, text: &str) {
    assert_golden("status", name, text);
}

#[test]
fn the_screen_at_two_widths_and_in_two_languages() {
    for (name, language) in [("en", Language::English), ("ko", Language::Korean)] {
        for width in [60, 80] {
            let place = format!("{name}-{width}.txt");
            same(
                &format!("well-{place}"),
                &text(&well(), language, width, false),
            );
            same(
                &format!("bad-{place}"),
                &text(&bad(), language, width, true),
            );
        }
    }
    let screen = text(&well(), Language::English, 80, false);
    assert!(screen.lines().count() <= 9, "one screen:\n{screen}");
}

#[test]
fn no_line_is_wider_than_the_terminal_and_no_word_is_broken() {
    for width in [40, 60, 80, 120] {
        for language in [Language::English, Language::Korean] {
            let text = text(&bad(), language, width, true);
            for line in text.lines() {
                let is_one_word = line.split_whitespace().count() == 1;
                assert!(line.width() <= width || is_one_word, "{width}: {line}");
            }
            let word = "/var/lib/tcpw/deliver/journal.db.damaged-20261127T050000Z";
            assert!(text.contains(word), "{text}");
        }
    }
}

#[test]
fn json_comes_back_as_it_was() {
    assert_eq!(
        all_problems()
            .iter()
            .map(StatusProblem::word)
            .collect::<Vec<_>>(),
        PROBLEMS
    );
    for (name, status) in [("well.json", well()), ("bad.json", bad())] {
        let document = json(&status).unwrap();
        assert_eq!(of_json(document.as_bytes()).unwrap(), status);
        let value: serde_json::Value = serde_json::from_str(&document).unwrap();
        same(name, &format!("{value:#}\n"));
        let words: Vec<&str> = value["problems"]
            .as_array()
            .unwrap()
            .iter()
            .map(|problem| problem["problem"].as_str().unwrap())
            .collect();
        let own: Vec<&str> = status.problems.iter().map(StatusProblem::word).collect();
        assert_eq!(words, own);
    }
    assert!(of_json(b"{}").is_err() && of_json(b"").is_err());
}

#[test]
fn a_plugin_says_one_word_that_is_its_exit_code() {
    let view = View {
        language: Language::English,
        width: 80,
        now: now(),
        local: &local,
        is_saved: false,
    };
    let mut troubled = well();
    troubled.problems = vec![StatusProblem::PathGone {
        key: "a|b".to_owned(),
        path: "/x".to_owned(),
    }];
    let all = [well(), troubled, bad()].map(|status| nagios(&status, &view).join("\n"));
    same("nagios.txt", &format!("{}\n", all.join("\n\n")));
    for (text, word) in all.iter().zip(["OK", "WARNING", "UNKNOWN"]) {
        assert!(text.starts_with(&format!("TCPW {word} - ")), "{text}");
        assert_eq!(text.matches('|').count(), 1, "{text}");
    }
}

#[test]
fn prometheus_reads_what_is_known_and_hears_what_is_not() {
    let known = Measures {
        events: Looked::At(vec![
            EventCount {
                daemon: "sshd".to_owned(),
                verdict: "denied",
                count: 41,
            },
            EventCount {
                daemon: "other".to_owned(),
                verdict: "unknown",
                count: 1,
            },
        ]),
        outbox: Looked::At(vec![
            StateCount {
                state: "waiting",
                count: 2,
            },
            StateCount {
                state: "failed",
                count: 0,
            },
        ]),
        dropped: Looked::At(0),
        last_event: Looked::At(Some(before(120))),
        oldest_waiting: Looked::At(Some(before(90))),
        findings: Looked::At(vec![("error", 0), ("warning", 2), ("info", 7)]),
    };
    same("well.prom", &prometheus(&well(), &known));
    let why = || Looked::failed("cannot read the journal: no");
    let unknown = Measures {
        events: why(),
        outbox: Looked::failed("x"),
        dropped: Looked::failed("x"),
        last_event: Looked::failed("x"),
        oldest_waiting: Looked::failed("x"),
        findings: Looked::failed("x"),
    };
    let text = prometheus(&bad(), &unknown);
    same("bad.prom", &text);
    for absent in [
        "tcpw_events_total",
        "tcpw_outbox",
        "tcpw_lint",
        "tcpw_drop_files",
    ] {
        assert!(!text.contains(absent), "{absent}");
    }
    assert!(
        text.contains("tcpw_readable{part=\"journal\"} 0\n"),
        "{text}"
    );
}
