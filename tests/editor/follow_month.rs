//! A month in which a name moves and its resolver fails, lies and is silent.

use super::follow_stage::{DAY, HOUR, MINUTE, NAME, Stage, addresses, tells};
use crate::engine::{Oracle, Tables};
use crate::name_server::Act;
use crate::proof::say;
use std::collections::BTreeSet;
use std::fs;
use std::net::IpAddr;
use std::os::unix::net::UnixDatagram;

/// What libwrap decides about addresses at sshd.
fn admitted(oracle: &mut Oracle, stage: &Stage, pool: &[IpAddr]) -> BTreeSet<IpAddr> {
    let tables = Tables {
        allow: stage.sandbox.path("etc/hosts.allow"),
        deny: stage.sandbox.path("etc/hosts.deny"),
    };
    let queries: Vec<Vec<u8>> = pool
        .iter()
        .map(|address| format!("sshd\t{address}\tunknown").into_bytes())
        .collect();
    let answers = oracle.ask_together(&tables, &queries);
    let verdicts = pool.iter().zip(answers);
    verdicts
        .filter(|(_, answer)| {
            let is_granted = answer.text.starts_with("granted");
            assert!(
                is_granted || answer.text.starts_with("denied"),
                "{}",
                answer.text
            );
            is_granted
        })
        .map(|(address, _)| *address)
        .collect()
}

/// What the server does from an hour on, and which addresses are right then; none stands for those
/// that were right before.
fn turns() -> Vec<(i64, Act, Option<&'static str>)> {
    let spoof = Act::Guesses("45.66.66.66".parse().unwrap(), "45.0.0.5".parse().unwrap());
    let other = |act: Act| (act, None);
    let good = |text: &'static str, ttl| (tells(text, ttl), Some(text));
    let acts = [
        good("45.0.0.1", 300),
        good("45.0.0.2", 300),
        other(Act::NoSuchName),
        good("45.0.0.2", 60),
        other(Act::Fails),
        good("45.0.0.3 2a00:1::3", 3600),
        other(tells("", 300)),
        other(Act::Silent),
        good("2a00:1::3", 300),
        other(tells("0.0.0.0", 300)),
        other(tells("127.0.0.1 ::1", 300)),
        other(tells("10.1.2.3", 300)),
        other(tells("203.0.113.9 2001:db8::9", 300)),
        other(Act::Many(17)),
        other(Act::Many(4000)),
        other(Act::Circle),
        other(Act::Noise),
        (
            Act::TellsByAlias(addresses("45.0.0.4"), 120),
            Some("45.0.0.4"),
        ),
        (spoof, Some("45.0.0.5")),
        (tells("192.168.0.1 45.0.0.6 fe80::1", 300), Some("45.0.0.6")),
        (
            Act::TellsChecked(addresses("45.0.0.7 45.0.0.8"), 300),
            Some("45.0.0.7 45.0.0.8"),
        ),
        good("45.0.0.8 45.0.0.7", 300),
        good(
            "45.0.0.1 45.0.0.2 45.0.0.3 45.0.0.4 45.0.0.5 45.0.0.6 45.0.0.7 45.0.0.8 2a00:1::1 2a00:1::2 2a00:1::3 2a00:1::4 2a00:1::5 2a00:1::6 2a00:1::7 2a00:1::8",
            300,
        ),
        good("45.0.0.9", 0),
    ];
    let turns = acts.into_iter().enumerate();
    let turns =
        turns.map(|(at, (act, right))| (i64::try_from(at).unwrap() * 20 * HOUR, act, right));
    turns.collect()
}

/// A month as far as it has gone.
struct Month {
    stage: Stage,
    oracle: Oracle,
    /// All addresses that anybody tells.
    pool: Vec<IpAddr>,
    /// Those that are to be in the rule.
    right: BTreeSet<IpAddr>,
    runs: usize,
    moves: usize,
}

impl Month {
    fn begin(act: &Act, right: &str) -> Self {
        let stage = Stage::new();
        stage.follows(act.clone());
        Self {
            stage,
            oracle: Oracle::start(),
            pool: addresses(
                "45.0.0.1 45.0.0.2 45.0.0.3 45.0.0.4 45.0.0.5 45.0.0.6 45.0.0.7 45.0.0.8 45.0.0.9 \
                 45.66.66.66 45.9.0.0 45.9.15.0 10.1.2.3 127.0.0.1 192.168.0.1 203.0.113.9 45.0.0.0 \
                 2a00:1::1 2a00:1::2 2a00:1::3 2a00:1::4 2a00:1::5 2a00:1::6 2a00:1::7 2a00:1::8 \
                 2a00:1::9 ::1 fe80::1 2001:db8::9",
            ),
            right: addresses(right).into_iter().collect(),
            runs: 0,
            moves: 0,
        }
    }

    /// The server does something else now; these addresses are right then, if any are new.
    fn turn(&mut self, act: &Act, new: Option<&str>) {
        self.stage.server.does(NAME, act.clone());
        self.stage.server.questions();
        if let Some(new) = new {
            let new: BTreeSet<IpAddr> = addresses(new).into_iter().collect();
            self.moves += usize::from(new != self.right);
            self.right = new;
        }
    }

    /// `tcpw expire` at that second ends with that code; then the rule is right, and libwrap agrees.
    #[track_caller]
    fn run(&mut self, at: i64, code: i32) {
        let (stage, right) = (&self.stage, &self.right);
        stage.at(at);
        let ran = stage.done(code, &["expire"]);
        let story = || format!("after {at} s: {ran:#?}\n{}", stage.sandbox.tables().0);
        assert_eq!(stage.held(), *right, "{}", story());
        assert!(!right.is_empty());
        let admitted = admitted(&mut self.oracle, stage, &self.pool);
        assert_eq!(admitted, *right, "{}", story());
        self.runs += 1;
    }
}

/// For a month, each few hours and around each turn each minute, `tcpw expire` runs, and then libwrap is
/// asked. The server moves, fails, lies and is silent; in the last ten days there is no such name.
#[test]
fn a_simulated_month_of_moves_failures_and_lies() {
    let turns = turns();
    let mut month = Month::begin(&turns[0].1, turns[0].2.unwrap());
    for (turn, (at, act, new)) in turns.iter().enumerate() {
        month.turn(act, *new);
        // A long time to live of the turn before ends within the hour.
        let mut time = at + HOUR + MINUTE;
        month.run(time, 0);
        assert!(
            month.stage.server.questions() > 0,
            "turn {turn} was not asked for"
        );
        if *act == Act::Silent {
            continue;
        }
        // Within a minute nothing is asked again; later the time to live has passed.
        month.run(time + MINUTE / 2, 0);
        assert_eq!(
            month.stage.server.questions(),
            0,
            "turn {turn} was asked for too early"
        );
        while time < at + 12 * HOUR {
            time += 5 * HOUR;
            month.run(time, 0);
        }
    }
    assert_eq!(
        month.stage.changes(),
        1 + month.moves,
        "only changes are written"
    );
    let end = no_such_name_any_more(&mut month, turns.last().unwrap().0 + DAY);
    assert!(end >= 30 * DAY);
    say(&format!(
        "follow: {} simulated days, {} runs, {} moves in as many changes; moved, failed, lied and timed out: the \
         rule was right each time and never empty; libwrap asked {} times, 0 disagreements",
        end / DAY,
        month.runs,
        month.moves,
        month.runs * month.pool.len()
    ));
}

/// For a week nothing is said about it, then it is once a day, and the address stays; the name comes
/// back. Gives when.
fn no_such_name_any_more(month: &mut Month, begin: i64) -> i64 {
    fs::create_dir(month.stage.sandbox.path("dev")).unwrap();
    let log = UnixDatagram::bind(month.stage.sandbox.path("dev/log")).unwrap();
    log.set_nonblocking(true).unwrap();
    let mut buffer = [0; 2000];
    let mut reports = 0;
    month.turn(&Act::NoSuchName, None);
    for hour in (0..10 * 24).step_by(12) {
        let code = i32::from(hour >= 7 * 24);
        month.run(begin + hour * HOUR, code);
        while let Ok(length) = log.recv(&mut buffer) {
            let text = String::from_utf8_lossy(&buffer[..length]).into_owned();
            assert_eq!(code, 1, "{text}");
            assert!(
                text.contains("home.dyn.example.org could not be resolved for "),
                "{text}"
            );
            reports += 1;
            buffer[..length].fill(0);
        }
    }
    assert_eq!(reports, 3, "once a day");
    let end = begin + 10 * DAY;
    month.turn(&tells("45.0.0.1", 300), Some("45.0.0.1"));
    month.run(end, 0);
    assert_eq!(month.stage.changes(), 1 + month.moves);
    end
}
