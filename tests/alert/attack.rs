//! An hour in which a local user attacks what root's daemons report, in accelerated time: floods,
//! forged dates, huge values, names without number, litter, and clients of root's reported in advance.
//! Needs root.

use super::stage::{Stage, files};
use crate::proof;
use chrono::{DateTime, TimeDelta, Utc};
use nix::sys::stat::Mode;
use nix::unistd::{geteuid, mkfifo};
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::{chown, symlink};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, Instant};
use tcpw::alert::{
    Claim, Deliverer, Event, FiredRule, Verdict, Workplace, event_file, record_as_root, transport,
};
use tcpw::config::Config;
use tcpw::system::Clock;
use tcpw_event::ways::{Way, make};

const ATTACKER: u32 = 65_534;
const MINUTES: u32 = 60;
/// Root's daemons refuse somebody new every so many minutes.
const EVERY: u32 = 6;
/// Rounds of the deliverer in a minute.
const ROUNDS: u32 = 3;
/// What the journal may hold.
const MOST_BYTES: u64 = 4 << 20;

/// A clock that is put on by hand.
struct Hand {
    start: DateTime<Utc>,
    seconds: AtomicI64,
}

impl Clock for Hand {
    fn now(&self) -> DateTime<Utc> {
        self.start + TimeDelta::seconds(self.seconds.load(Ordering::Relaxed))
    }
}

fn claim(text: &str) -> Claim {
    Claim::cut(text.as_bytes(), 16_384)
}

fn event(time: DateTime<Utc>, addr: &str, host: &str) -> Event {
    Event {
        time,
        host: claim(host),
        addr: claim(addr),
        daemon: claim("sshd"),
        server: claim("sshd@192.0.2.1"),
        pid: claim("4711"),
        user: Claim::default(),
        uid: 0,
    }
}

/// Whom root's daemons refuse in this minute.
fn client(minute: u32) -> String {
    format!("192.0.2.{}", minute / EVERY + 1)
}

/// The attacker, who has a directory of his own on the same file system.
struct Attacker {
    public: PathBuf,
    own: PathBuf,
    number: u64,
    files: u64,
}

impl Attacker {
    /// A file of his in the public way, as it is once it is finished.
    fn drop(&mut self, name: &str, bytes: &[u8], uid: u32) {
        let made = self.own.join("made");
        fs::write(&made, bytes).unwrap();
        chown(&made, Some(uid), None).unwrap();
        fs::rename(made, self.public.join(name)).unwrap();
        self.files += 1;
    }

    fn report(&mut self, event: &Event, uid: u32) {
        self.number += 1;
        let (name, bytes) = event_file(event, self.number);
        self.drop(&name, &bytes, uid);
    }

    /// What he does in a minute; whatever it is, he also reports root's next clients, so that they are
    /// known already when root reports them.
    fn act(&mut self, minute: u32, now: DateTime<Utc>) {
        for later in 0..3 {
            let addr = client(minute + later * EVERY);
            self.report(&event(now, &addr, "root.example"), ATTACKER);
        }
        match minute % 6 {
            0 => {
                for number in 0..300 {
                    let addr = format!("10.{minute}.{}.{}", number / 200, number % 200);
                    self.report(&event(now, &addr, "flood.example"), ATTACKER);
                }
            }
            1 => {
                for number in 0..60 {
                    let host = format!("{number}{}", "x".repeat(8000));
                    let addr = format!("10.{minute}.0.{number}");
                    self.report(&event(now, &addr, &host), ATTACKER);
                }
            }
            2 => self.link(3000),
            3 => self.litter(),
            4 => {
                // Root's own files, moved here: they are nobody's in particular.
                for days in [-4000, -1, 1, 4000] {
                    let time = now + TimeDelta::days(days);
                    self.report(&event(time, "198.51.100.1", "forged.example"), 0);
                }
            }
            _ => {
                for uid in 100_000..100_100 {
                    let addr = format!("10.{minute}.1.{}", uid - 100_000);
                    self.report(&event(now, &addr, "subuid.example"), uid);
                }
            }
        }
    }

    /// Names that cost him one file.
    fn link(&mut self, names: u64) {
        let model = self.own.join("model");
        fs::write(&model, "x").unwrap();
        chown(&model, Some(ATTACKER), None).unwrap();
        for _ in 0..names {
            self.number += 1;
            let name = format!("0000000001.000000000-{:016x}.event", self.number);
            fs::hard_link(&model, self.public.join(name)).unwrap();
        }
        self.files += names;
        fs::remove_file(model).unwrap();
    }

    /// Names of events that are no events.
    fn litter(&mut self) {
        for kind in 0..120 {
            self.number += 1;
            let name = format!("0000000002.000000000-{:016x}.event", self.number);
            let path = self.public.join(&name);
            match kind % 4 {
                0 => fs::create_dir(path).unwrap(),
                1 => mkfifo(&path, Mode::S_IRWXU).unwrap(),
                2 => symlink("/etc/shadow", path).unwrap(),
                _ => self.drop(&name, b"tcpw-event 1\ntime never\n", ATTACKER),
            }
        }
    }
}

/// The mails that name a client in their subject as one that root's daemon reported.
fn alerts(mail: &Path, addr: &str) -> usize {
    let named = format!("sshd reported {addr} (root.example)");
    files(mail, "eml")
        .iter()
        .map(|path| fs::read_to_string(path).unwrap())
        .filter(|text| {
            let text = text.replace("=\n", "").replace("\n ", " ");
            text.contains(&named) && !text.contains("not by root")
        })
        .count()
}

/// What an hour of attack came to.
struct Hour {
    /// Root's alerts, each of which left within one round.
    alerts: i64,
    /// The longest of these rounds.
    longest: Duration,
    /// How many events of each reporter were taken.
    entered: BTreeMap<u32, usize>,
}

/// Plays the hour with a deliverer of this process.
fn play(stage: &Stage, config: &Config, attacker: &mut Attacker) -> Hour {
    let clock = Hand {
        start: Utc::now(),
        seconds: AtomicI64::new(0),
    };
    let way = transport::open(&config.mail.transport, "host", None);
    let entered: RefCell<BTreeMap<u32, usize>> = RefCell::default();
    let place = Workplace {
        config,
        drops: vec![config.root_drop.clone(), config.drop.clone()],
        host: "host".to_owned(),
        clock: &clock,
        rules: &|_: &Event| -> (Option<FiredRule>, Verdict) { (None, Verdict::Unknown) },
        transport: way.as_ref(),
        credentials: None,
        warn: &|_| {},
        record: &|event, _, _| *entered.borrow_mut().entry(event.uid).or_insert(0) += 1,
    };
    let mail = stage.path("var/lib/tcpw/mail");
    let mut deliverer = Deliverer::start(&place).unwrap().unwrap();
    let (mut reported, mut longest) = (0, Duration::ZERO);
    for minute in 0..MINUTES {
        attacker.act(minute, Utc::now());
        if minute % EVERY == EVERY / 2 {
            let addr = client(minute);
            let found = event(Utc::now(), &addr, "root.example");
            record_as_root(&config.root_drop, &found, u64::from(minute)).unwrap();
            reported += 1;
            let begin = Instant::now();
            deliverer.round(false).unwrap();
            longest = longest.max(begin.elapsed());
            assert_eq!(alerts(&mail, &addr), 1, "minute {minute}: {addr}");
        }
        for _ in 0..ROUNDS {
            let seconds = i64::from(60 / ROUNDS);
            clock.seconds.fetch_add(seconds, Ordering::Relaxed);
            deliverer.round(false).unwrap();
        }
    }
    drop(deliverer);
    Hour {
        alerts: reported,
        longest,
        entered: entered.into_inner(),
    }
}

#[test]
fn in_an_hour_of_attack_roots_alerts_are_on_time_and_roots_history_is_whole() {
    assert!(geteuid().is_root(), "this test needs root");
    let stage = Stage::new();
    let own = stage.path("var/spool/own");
    fs::create_dir(&own).unwrap();
    let mut config =
        Config::default_at(&|path| stage.path(path.strip_prefix("/").unwrap().to_str().unwrap()));
    config.mail.form.reverse_dns = false;
    config.retention.max_size = MOST_BYTES;
    make(&config.drop, Way::Public).unwrap();
    make(&config.root_drop, Way::Root).unwrap();
    let mut attacker = Attacker {
        public: config.drop.clone(),
        own,
        number: 0,
        files: 0,
    };
    let hour = play(&stage, &config, &mut attacker);
    let of_root = "SELECT count(*) FROM events WHERE uid = 0";
    assert_eq!(stage.count(of_root), hour.alerts);
    let forged = "SELECT count(*) FROM events JOIN texts ON texts.id = host
        WHERE events.uid = 0 AND bytes <> CAST('root.example' AS BLOB)";
    assert_eq!(stage.count(forged), 0);
    // The attack was taken for what it was, most of it is gone again: his share is small.
    let of = |uids: std::ops::RangeInclusive<u32>| -> usize {
        hour.entered.range(uids).map(|(_, count)| count).sum()
    };
    assert!(of(ATTACKER..=ATTACKER) > 3000, "{:?}", hour.entered);
    assert_eq!(of(100_000..=100_099), 1000);
    assert_eq!(of(u32::MAX..=u32::MAX), 40, "moved files of root's");
    let size: u64 = ["", "-wal"]
        .map(|end| format!("{}{end}", stage.journal().display()))
        .iter()
        .map(|path| fs::metadata(path).map_or(0, |found| found.len()))
        .sum();
    assert!(size <= MOST_BYTES, "{size}");
    proof::say(&format!(
        "attack: in an hour of {} files of a local user root's {} alerts left within the next \
         round (the longest took {} ms), root's history is whole, the journal has {size} of \
         {MOST_BYTES} bytes",
        attacker.files,
        hour.alerts,
        hour.longest.as_millis()
    ));
}
