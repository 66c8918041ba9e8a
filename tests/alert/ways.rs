//! Two ways in, by trust: what another user moves into the public way is not root's, and no number
//! of names that others put there delays what root's daemons report. Needs root.

use super::stage::{Stage, wait_until};
use chrono::Utc;
use std::cell::RefCell;
use std::fs;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, chown};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, sleep};
use std::time::{Duration, Instant};
use tcpw::alert::{
    Claim, Collector, Deliverer, Event, FiredRule, UNKNOWN_REPORTER, Verdict, Workplace,
    event_file, record_as_root, transport,
};
use tcpw::config::Config;
use tcpw::system::SystemClock;
use tcpw_event::ways::{Way, make};

const NOBODY: u32 = 65_534;
const ROOT_WAY: &str = "var/spool/tcpw/root";
const PUBLIC_WAY: &str = "var/spool/tcpw/drop";
/// How long an event of root's may take from its file to the journal.
const IN_TIME: Duration = Duration::from_secs(1);
/// ext4 gives a file at most 65,000 names.
const NAMES: u64 = 60_000;

fn event(host: &str, seconds: i64) -> Event {
    Event {
        time: chrono::DateTime::from_timestamp(seconds, 0).unwrap(),
        host: Claim::cut(host.as_bytes(), 99),
        addr: Claim::default(),
        daemon: Claim::default(),
        server: Claim::default(),
        pid: Claim::default(),
        user: Claim::default(),
        uid: 0,
    }
}

/// A system whose directories others may pass through, with both ways.
fn open_stage() -> Stage {
    let stage = Stage::new();
    for path in ["", "var", "var/spool"] {
        fs::set_permissions(stage.path(path), fs::Permissions::from_mode(0o755)).unwrap();
    }
    make(&stage.path(PUBLIC_WAY), Way::Public).unwrap();
    make(&stage.path(ROOT_WAY), Way::Root).unwrap();
    stage
}

/// A command as another user.
fn as_nobody(program: &str) -> Command {
    let mut command = Command::new("setpriv");
    let ids = ["--reuid", "65534", "--regid", "65534", "--clear-groups"];
    command.args(ids).arg(program).stdin(Stdio::null());
    command
}

#[test]
fn a_file_of_roots_that_somebody_moved_into_the_public_way_is_not_roots() {
    let stage = open_stage();
    let lock = stage.hold_lock();
    // Files of root in a directory that another user owns, as /home, /var/mail or /tmp have them.
    let own = stage.path("home");
    fs::create_dir(&own).unwrap();
    let future = Utc::now().timestamp() + 86_400;
    for (unique, seconds) in [(1, future), (2, 1_000_000_000)] {
        let (name, bytes) = event_file(&event("forged", seconds), unique);
        fs::write(own.join(&name), bytes).unwrap();
    }
    chown(&own, Some(NOBODY), None).unwrap();
    for file in fs::read_dir(&own).unwrap() {
        let file = file.unwrap().path();
        let to = stage.path(PUBLIC_WAY).join(file.file_name().unwrap());
        let moved = as_nobody("mv").args([&file, &to]).status().unwrap();
        assert!(moved.success());
        assert_eq!(fs::metadata(to).unwrap().uid(), 0);
    }
    // Into root's own way nobody else can move anything.
    let file = own.join("1700000000.000000001-00000000000000ab.event");
    fs::write(&file, "x").unwrap();
    let moved = as_nobody("mv")
        .args([&file, &stage.path(ROOT_WAY)])
        .stderr(Stdio::null())
        .status()
        .unwrap();
    assert!(!moved.success() && file.exists());
    stage.notify("true");
    drop(lock);
    stage.run(&["deliver"]).says(0, &["collected 3"]);
    let hosts = |whose: &str| -> Vec<Vec<u8>> {
        stage.query(&format!("SELECT host FROM readable WHERE uid = {whose}"))
    };
    assert_eq!(hosts("0"), [b"true"]);
    assert_eq!(hosts(&UNKNOWN_REPORTER.to_string()).len(), 2);
    let now = Utc::now().timestamp();
    let times: Vec<i64> = stage.query("SELECT time / 1000000000 FROM events");
    assert!(
        times.iter().all(|time| (now - 60..=now).contains(time)),
        "{times:?}"
    );
}

/// What a `notify` of root's before there were two ways has left.
#[test]
fn an_event_of_an_older_version_is_collected_and_its_reporter_is_not_known() {
    let stage = open_stage();
    let (name, bytes) = event_file(&event("older", 1_700_000_000), 1);
    fs::write(stage.path(PUBLIC_WAY).join(name), bytes).unwrap();
    stage.run(&["deliver"]).says(0, &["collected 1"]);
    let whose: Vec<i64> = stage.query("SELECT uid FROM events");
    assert_eq!(whose, [i64::from(UNKNOWN_REPORTER)]);
    assert!(stage.drops().is_empty());
}

#[test]
fn an_event_of_another_user_that_lies_in_roots_way_is_that_users() {
    let stage = open_stage();
    let path = record_as_root(&stage.path(ROOT_WAY), &event("h", 1_700_000_000), 1).unwrap();
    chown(path, Some(1234), None).unwrap();
    stage.run(&["deliver"]).says(0, &["collected 1"]);
    let whose: Vec<i64> = stage.query("SELECT uid FROM events");
    assert_eq!(whose, [1234]);
}

#[test]
fn first_alerts_at_once_are_all_recorded_by_either_way() {
    for _ in 0..5 {
        let stage = Stage::new();
        let lock = stage.hold_lock();
        thread::scope(|scope| {
            for number in 0..8 {
                let stage = &stage;
                scope.spawn(move || stage.notify(format!("host{number}")));
            }
        });
        assert_eq!(stage.drops().len(), 8);
        let way = fs::metadata(stage.path(ROOT_WAY)).unwrap();
        assert_eq!(way.mode() & 0o7777, Way::Root.form().mode);
        assert!(!stage.path(PUBLIC_WAY).exists(), "root needs no other one");
        drop(lock);
    }
}

/// Both ways count as waiting, and are watched.
#[test]
fn what_waits_is_counted_in_both_ways_and_both_wake_the_deliverer() {
    let stage = open_stage();
    let lock = stage.hold_lock();
    stage.notify("own");
    let (name, bytes) = event_file(&event("public", 1_700_000_000), 1);
    let elsewhere = stage.path(&format!("var/spool/{name}"));
    fs::write(&elsewhere, bytes).unwrap();
    fs::rename(elsewhere, stage.path(PUBLIC_WAY).join(&name)).unwrap();
    let waits = ["1 alert waits in the drop directory", "/root", "/drop"];
    stage.run(&["queue"]).says(0, &waits);
    drop(lock);
    stage.run(&["deliver", "--background"]).says(0, &[]);
    assert_eq!(stage.count("SELECT count(*) FROM events"), 2);
    // Whoever arrives while one is at work wakes it.
    stage.notify("third");
    let (name, bytes) = event_file(&event("fourth", 1_700_000_000), 2);
    let elsewhere = stage.path(&format!("var/spool/{name}"));
    fs::write(&elsewhere, bytes).unwrap();
    fs::rename(elsewhere, stage.path(PUBLIC_WAY).join(&name)).unwrap();
    wait_until("all are collected", || {
        stage.count("SELECT count(*) FROM events") == 4
    });
}

/// Names of files that cost no quota, all of another user.
fn besiege(directory: &Path, names: u64) {
    let mut model = PathBuf::new();
    for number in 0..names {
        let path = directory.join(format!("0000000001.000000000-{number:016x}.event"));
        if number % NAMES == 0 {
            fs::write(&path, "x").unwrap();
            chown(&path, Some(NOBODY), None).unwrap();
            model = path;
        } else {
            fs::hard_link(&model, &path).unwrap();
        }
    }
}

/// When each host was in the journal.
type Arrivals = RefCell<Vec<(String, Instant)>>;

/// Lets `work` use a deliverer of this process.
fn with_deliverer(stage: &Stage, arrivals: &Arrivals, work: impl FnOnce(&mut Deliverer<'_>)) {
    let config =
        Config::default_at(&|path| stage.path(path.strip_prefix("/").unwrap().to_str().unwrap()));
    let way = transport::open(&config.mail.transport, "host", None);
    let place = Workplace {
        config: &config,
        drops: vec![config.root_drop.clone(), config.drop.clone()],
        host: "host".to_owned(),
        clock: &SystemClock,
        rules: &|_: &Event| -> (Option<FiredRule>, Verdict) { (None, Verdict::Unknown) },
        transport: way.as_ref(),
        credentials: None,
        warn: &|_| {},
        record: &|event, _, _| {
            let host = String::from_utf8_lossy(event.host.bytes()).into_owned();
            arrivals.borrow_mut().push((host, Instant::now()));
        },
    };
    work(&mut Deliverer::start(&place).unwrap().unwrap());
}

#[test]
fn two_hundred_thousand_names_of_another_user_do_not_delay_roots_event() {
    let stage = open_stage();
    let public = stage.path(PUBLIC_WAY);
    besiege(&public, 200_000);
    let now = Utc::now().timestamp();
    record_as_root(&stage.path(ROOT_WAY), &event("root", now), 1).unwrap();
    let arrivals = Arrivals::default();
    with_deliverer(&stage, &arrivals, |deliverer| {
        let begin = Instant::now();
        let report = deliverer.round(false).unwrap();
        let (host, at) = arrivals.borrow()[0].clone();
        assert_eq!(host, "root");
        assert!(at - begin < IN_TIME, "{:?}", at - begin);
        assert_eq!((report.collected, report.sent), (1, 1));
        assert_eq!(
            report.again,
            Some(Duration::ZERO),
            "there is more to see to"
        );
        // Each that comes while they are being cleared away; a round ends after the slice in which
        // one came.
        let mut later = 0;
        loop {
            later += 1;
            let host = format!("later{later}");
            let begin = Instant::now();
            record_as_root(&stage.path(ROOT_WAY), &event(&host, now), later).unwrap();
            let report = deliverer.round(false).unwrap();
            let (found, at) = arrivals.borrow().last().unwrap().clone();
            assert_eq!(found, host);
            assert!(at - begin < IN_TIME, "{:?}", at - begin);
            if report.again.is_none() {
                break;
            }
        }
        assert!(later > 3, "it was over too soon: {later}");
    });
    assert_eq!(fs::read_dir(&public).unwrap().count(), 0);
}

/// A process of another user that puts sound events into the public way as fast as it can.
fn flood(public: &Path, number: u32) -> Child {
    let script = format!(
        "i=0; while :; do i=$((i+1)); n=$(printf '%09d-{number:08x}%08x' $i $i); \
         printf 'tcpw-event 1\\ntime 2026-01-31T12:00:00Z\\nhost 5 flood\\naddr 0 \\ndaemon 0 \\n\
         server 0 \\npid 0 \\nend\\n' > 0000000001.$n.event; done"
    );
    let mut command = as_nobody("sh");
    command.args(["-c", &script]).current_dir(public);
    command.spawn().unwrap()
}

#[test]
fn a_flood_of_another_user_that_does_not_end_does_not_delay_roots_events() {
    let stage = open_stage();
    let public = stage.path(PUBLIC_WAY);
    besiege(&public, 20_000);
    let mut children: Vec<Child> = (0..2).map(|number| flood(&public, number)).collect();
    let is_over = AtomicBool::new(false);
    let sent: Mutex<Vec<(String, Instant)>> = Mutex::default();
    let arrivals = Arrivals::default();
    thread::scope(|scope| {
        scope.spawn(|| {
            for number in 0..15 {
                sleep(Duration::from_millis(150));
                let host = format!("root{number}");
                let event = event(&host, Utc::now().timestamp());
                record_as_root(&stage.path(ROOT_WAY), &event, number).unwrap();
                sent.lock().unwrap().push((host, Instant::now()));
            }
            is_over.store(true, Ordering::Relaxed);
        });
        with_deliverer(&stage, &arrivals, |deliverer| {
            while !is_over.load(Ordering::Relaxed) {
                deliverer.round(false).unwrap();
            }
            deliverer.round(false).unwrap();
        });
    });
    for child in &mut children {
        child.kill().unwrap();
        child.wait().unwrap();
    }
    let arrivals = arrivals.into_inner();
    assert!(arrivals.iter().any(|(host, _)| host == "flood"));
    for (host, at) in sent.into_inner().unwrap() {
        let arrived = arrivals.iter().find(|(found, _)| *found == host);
        let took = arrived.unwrap().1.saturating_duration_since(at);
        assert!(took < IN_TIME, "{host}: {took:?}");
    }
}

/// One user's backlog does not keep another's event waiting for its end.
#[test]
fn a_hoarder_holds_up_no_other_user_and_loses_nothing() {
    let stage = open_stage();
    let public = stage.path(PUBLIC_WAY);
    let bytes = event_file(&event("hoard", 1_700_000_000), 0).1;
    for number in 0..12_000_u64 {
        let path = public.join(format!("0000000001.000000000-{number:016x}.event"));
        fs::write(&path, &bytes).unwrap();
        chown(&path, Some(NOBODY), None).unwrap();
    }
    let (name, bytes) = event_file(&event("other", 1_700_000_000), 1);
    fs::write(public.join(&name), bytes).unwrap();
    chown(public.join(&name), Some(1234), None).unwrap();
    let mut collector = Collector::default();
    let mut found = [0, 0];
    loop {
        let pass = collector.collect(&public, Utc::now());
        for event in &pass.found {
            found[usize::from(event.event.uid == 1234)] += 1;
            pass.remove(event).unwrap();
        }
        if !pass.is_full {
            assert!(pass.again.is_some());
            break;
        }
    }
    assert_eq!(found, [10_000, 1]);
    assert_eq!(fs::read_dir(&public).unwrap().count(), 2000, "they wait");
}
