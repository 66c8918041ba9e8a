//! A name that cannot be resolved for longer than its grace is mailed about, once for each outage.

use super::follow_stage::{DAY, HOUR, MINUTE, NAME, Stage, tells};
use crate::name_server::Act;
use std::fs;
use std::time::{Duration, Instant};

/// How long the deliverer in the background may take.
const PATIENCE: Duration = Duration::from_secs(30);
const MAIL: &str = "grace = \"1h\"\n[mail]\nto = \"admin@example.org\"\ntransport = \"file\"\n";

/// The mails about names. The deliverer in the background has the machine's own clock, and says that
/// the journal's was ahead.
fn mails(stage: &Stage) -> Vec<String> {
    let Ok(found) = fs::read_dir(stage.sandbox.path("var/lib/tcpw/mail")) else {
        return Vec::new();
    };
    let paths = found.flatten().map(|entry| entry.path());
    let whole = paths.filter(|path| path.extension().is_some_and(|end| end == "eml"));
    let texts = whole.map(|path| fs::read_to_string(path).unwrap());
    texts
        .filter(|text| !text.contains(": the clock was ahead"))
        .collect()
}

/// The mails, once there are so many.
fn awaited(stage: &Stage, count: usize) -> Vec<String> {
    let begin = Instant::now();
    loop {
        let found = mails(stage);
        if found.len() >= count {
            assert_eq!(found.len(), count, "{found:#?}");
            return found;
        }
        assert!(begin.elapsed() < PATIENCE, "{count} mails: {found:#?}");
        std::thread::sleep(Duration::from_millis(50));
    }
}

/// Ten times in a row the name has no address, from this time on.
fn fails(stage: &Stage, from: i64) {
    stage.server.does(NAME, Act::NoSuchName);
    for minute in 0..10 {
        stage.at(from + 2 * minute * MINUTE);
        stage.done(0, &["expire"]);
    }
}

#[test]
fn a_mail_comes_once_for_each_outage() {
    let stage = Stage::new();
    stage.configure(MAIL);
    stage.follows(tells("45.0.0.1", 60));
    fails(&stage, 2 * MINUTE);
    stage.at(2 * HOUR);
    stage.done(1, &["expire", "-n"]);
    assert_eq!(mails(&stage), Vec::<String>::new());
    stage.done(1, &["expire"]);
    let first = awaited(&stage, 1);
    let subject = ": a name that a rule follows cannot be resolved";
    assert!(first[0].contains("To: admin@example.org"), "{first:#?}");
    assert!(
        first[0].replace("\r\n ", " ").contains(subject),
        "{first:#?}"
    );
    assert!(first[0].contains(NAME), "{first:#?}");
    // Days later it is the same outage.
    for day in 1..4 {
        stage.at(day * DAY);
        stage.done(1, &["expire"]);
    }
    stage.server.does(NAME, tells("45.0.0.1", 60));
    stage.at(4 * DAY);
    stage.done(0, &["expire"]);
    fails(&stage, 4 * DAY + 2 * MINUTE);
    assert_eq!(mails(&stage).len(), 1, "{:#?}", mails(&stage));
    stage.at(4 * DAY + 2 * HOUR);
    stage.done(1, &["expire"]);
    awaited(&stage, 2);
}

#[test]
fn what_is_removed_is_mailed_too_and_where_no_alert_leaves_nothing_is_queued() {
    let stage = Stage::new();
    stage.configure(&format!("remove = true\n{MAIL}"));
    stage.follows(tells("45.0.0.1", 60));
    fails(&stage, 2 * MINUTE);
    stage.at(2 * HOUR);
    stage.done(1, &["expire"]);
    let mail = awaited(&stage, 1);
    assert!(mail[0].contains("were removed"), "{mail:#?}");
    let stage = Stage::new();
    stage.configure("grace = \"1h\"\n");
    stage.follows(tells("45.0.0.1", 60));
    fails(&stage, 2 * MINUTE);
    stage.at(2 * HOUR);
    stage.done(1, &["expire"]);
    assert!(!stage.sandbox.path("var/lib/tcpw/journal.db").exists());
    assert_eq!(mails(&stage), Vec::<String>::new());
}
