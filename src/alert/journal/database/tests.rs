//! What is decided about events, told with a clock of its own.

use crate::alert::event::{Claim, Event};
use crate::alert::journal::database::*;
use crate::alert::journal::*;
use crate::alert::model::found::Found;
use crate::alert::model::letter::Decision;
use crate::alert::model::outcome::{Delivery, Outcome, Step};
use crate::config::{Alert, AlertRule, MailChoice, Mailbox, Retention};
use chrono::TimeDelta;
use std::cell::Cell;
use tempfile::TempDir;

const MAIL: &str = "mail";

pub(super) struct Desk {
    pub(super) _directory: TempDir,
    pub(super) journal: Journal,
    pub(super) alert: Alert,
    pub(super) now: DateTime<Utc>,
    pub(super) max_size: u64,
    names: Cell<u64>,
    files: u64,
}

impl Desk {
    pub(super) fn new() -> Self {
        let directory = TempDir::new().unwrap();
        Self {
            journal: Journal::open(&directory.path().join("state/journal.db")).unwrap(),
            _directory: directory,
            alert: Alert::default(),
            max_size: Retention::default().max_size,
            now: DateTime::from_timestamp(1_800_000_000, 0).unwrap(),
            names: Cell::new(0),
            files: 0,
        }
    }

    pub(super) fn pass(&mut self, seconds: i64) {
        self.now += TimeDelta::seconds(seconds);
        let name = || {
            self.names.set(self.names.get() + 1);
            format!("<{}@h>", self.names.get())
        };
        self.journal
            .close_due(&self.alert, &[MAIL.to_owned()], self.now, &name)
            .unwrap();
    }

    fn enter(&mut self, visitors: &[(&str, &str)]) {
        self.report(0, visitors);
    }

    /// The user `uid` reports clients of daemons.
    pub(super) fn report(&mut self, uid: u32, visitors: &[(&str, &str)]) {
        let found: Vec<Found> = visitors
            .iter()
            .map(|(addr, daemon)| {
                self.files += 1;
                Found {
                    event: Event {
                        time: self.now,
                        host: Claim::cut(addr.as_bytes(), 4999),
                        addr: Claim::cut(addr.as_bytes(), 999),
                        daemon: Claim::cut(daemon.as_bytes(), 999),
                        server: Claim::default(),
                        pid: Claim::cut(b"17", 99),
                        user: Claim::default(),
                        uid,
                    },
                    key: format!("/drop/{}.event", self.files),
                    path: PathBuf::new(),
                }
            })
            .collect();
        let name = || {
            self.names.set(self.names.get() + 1);
            format!("<{}@h>", self.names.get())
        };
        let terms = Terms {
            hold: None,
            alert: &self.alert,
            channels: &[MAIL.to_owned()],
            rules: &|_: &Event| (None, crate::alert::Verdict::Unknown),
            now: self.now,
            machine: "h",
            max_size: self.max_size,
            message_id: &name,
        };
        let new = self.journal.enter(&found, &terms).unwrap().len();
        assert_eq!(new, found.len());
        assert!(self.journal.enter(&found, &terms).unwrap().is_empty());
    }

    /// The words of the decisions, oldest first.
    fn decisions(&mut self) -> Vec<&'static str> {
        let mut words = Vec::new();
        self.journal
            .visit_events(&EventFilter::default(), &mut |entry| {
                words.push(entry.decision.word());
                true
            })
            .unwrap();
        words
    }

    /// Kind and number of events of each letter that is on its way.
    fn outbox(&mut self) -> Vec<(&'static str, u64)> {
        let due = self.journal.due(self.now, false).unwrap();
        due.iter()
            .map(|dispatch| {
                let letter = self.journal.letter(dispatch.letter).unwrap().unwrap();
                (letter.kind.word(), letter.count)
            })
            .collect()
    }

    pub(super) fn deliver_all(&mut self) {
        for dispatch in self.journal.due(self.now, true).unwrap() {
            let delivery = Delivery {
                recipient: Some("a@b".to_owned()),
                outcome: Outcome::Delivered {
                    answer: String::new(),
                },
            };
            let settled = self.journal.settle(&dispatch, &[delivery], self.now, 60, 0);
            assert_eq!(settled.unwrap(), Settled::Done);
        }
    }

    /// Every event that may be reported is reported by exactly one letter that counts it.
    pub(super) fn check(&mut self) {
        let sql = "SELECT count(*) FROM letters l WHERE state <> 'merged' AND count <>
            (SELECT count(*) FROM events WHERE letter IN
                (SELECT id FROM letters WHERE id = l.id OR merged_into = l.id))";
        let wrong: i64 = self
            .journal
            .database
            .query_row(sql, [], |row| row.get(0))
            .unwrap();
        assert_eq!(wrong, 0);
        let sql = "SELECT count(*) FROM events LEFT JOIN letters ON letters.id = events.letter
            WHERE (decision = 4) <> (letters.id IS NULL)";
        let untold: i64 = self
            .journal
            .database
            .query_row(sql, [], |row| row.get(0))
            .unwrap();
        assert_eq!(untold, 0);
    }
}

#[test]
fn the_first_sight_is_told_at_once_and_repeats_in_one_digest() {
    let mut desk = Desk::new();
    desk.enter(&[
        ("192.0.2.7", "sshd"),
        ("192.0.2.7", "sshd"),
        ("192.0.2.8", "sshd"),
    ]);
    assert_eq!(desk.outbox(), [("alarm", 2), ("alarm", 1)]);
    desk.deliver_all();
    for _ in 0..10 {
        desk.pass(60);
        desk.enter(&[("192.0.2.7", "vsftpd")]);
    }
    assert!(desk.outbox().is_empty());
    desk.pass(3600);
    assert_eq!(desk.outbox(), [("digest", 10)]);
    let letter = desk.journal.due(desk.now, false).unwrap()[0].letter;
    let facts = desk.journal.letter(letter).unwrap().unwrap();
    assert_eq!(facts.thread.as_deref(), Some("<1@h>"));
    assert_eq!(facts.reasons.len(), 1);
    assert_eq!(facts.reasons[0].decision, Decision::Repeat);
    assert_eq!(facts.sources[0].daemons, [Claim::cut(b"vsftpd", 9)]);
    assert_eq!(facts.history.as_ref().unwrap().count, 12);
    assert_eq!(facts.history.unwrap().earlier.len(), 2);
    desk.deliver_all();
    // The digest begins another quiet time; after it, the source is news again.
    desk.enter(&[("192.0.2.7", "sshd")]);
    assert!(desk.outbox().is_empty());
    desk.pass(3601);
    assert_eq!(desk.outbox(), [("digest", 1)]);
    desk.pass(3601);
    desk.enter(&[("192.0.2.7", "sshd")]);
    assert_eq!(desk.outbox(), [("digest", 1), ("alarm", 1)]);
    desk.check();
}

#[test]
fn more_than_an_hour_may_have_becomes_one_digest_of_everything() {
    let mut desk = Desk::new();
    for number in 0..40 {
        desk.enter(&[(&format!("192.0.2.{number}"), "sshd")]);
        desk.deliver_all();
        desk.pass(1);
    }
    let words = desk.decisions();
    assert!(words[..12].iter().all(|word| *word == "now"));
    assert!(
        words[12..].iter().all(|word| *word == "too-many"),
        "{words:?}"
    );
    // Repeats of those that were told have a digest of their own, for which there is no letter
    // left either.
    for number in 0..12 {
        desk.enter(&[(&format!("192.0.2.{number}"), "sshd")]);
    }
    desk.pass(3540);
    assert!(desk.outbox().is_empty());
    desk.pass(30);
    let mut sent = desk.outbox();
    desk.deliver_all();
    for _ in 0..90 {
        desk.pass(60);
        sent.extend(desk.outbox());
        desk.deliver_all();
        desk.check();
    }
    assert_eq!(sent[0], ("overflow", 28));
    let told: u64 = sent.iter().map(|(_, count)| count).sum();
    assert_eq!(told, 28 + 12);
    assert!(sent.len() <= 13, "{sent:?}");
}

#[test]
fn never_more_letters_in_any_hour_and_every_event_is_told() {
    let mut desk = Desk::new();
    let mut random: u64 = 7;
    let mut next = |most: u64| {
        random = random
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        (random >> 33) % most
    };
    let mut released = Vec::new();
    let mut told = 0;
    let mut entered = 0;
    for _ in 0..600 {
        desk.pass(i64::try_from(next(120)).unwrap());
        let visitors: Vec<String> = (0..next(4))
            .map(|_| format!("10.0.{}.{}", next(3), next(40)))
            .collect();
        let visitors: Vec<(&str, &str)> = visitors.iter().map(|v| (&**v, "sshd")).collect();
        desk.enter(&visitors);
        entered += u64::try_from(visitors.len()).unwrap();
        for (_, count) in desk.outbox() {
            released.push(desk.now);
            told += count;
        }
        desk.deliver_all();
    }
    desk.check();
    for _ in 0..200 {
        desk.pass(60);
        for (_, count) in desk.outbox() {
            released.push(desk.now);
            told += count;
        }
        desk.deliver_all();
    }
    assert_eq!(told, entered);
    let hour = TimeDelta::seconds(3600);
    for (at, time) in released.iter().enumerate() {
        let within = released[at..].iter().filter(|other| **other - *time < hour);
        assert!(within.count() <= 12);
    }
}

#[test]
fn while_the_mail_is_stalled_few_letters_pile_up() {
    let mut desk = Desk::new();
    for day in 0..3 {
        for number in 0..200 {
            desk.enter(&[(&format!("10.{day}.0.{number}"), "sshd")]);
            desk.pass(400);
        }
    }
    assert_eq!(desk.journal.waiting().unwrap().waiting, 12);
    assert!(desk.decisions().contains(&"stalled"));
    let mut told: u64 = desk.outbox().iter().map(|(_, count)| count).sum();
    desk.deliver_all();
    desk.pass(61);
    told += desk.outbox().iter().map(|(_, count)| count).sum::<u64>();
    assert_eq!(told, 600);
    desk.check();
}

#[test]
fn rules_choose_who_hears_of_what() {
    let mut desk = Desk::new();
    let rule = |daemon: Option<&str>, network: Option<&str>, mail, to: &[&str]| AlertRule {
        daemon: daemon.map(str::to_owned),
        networks: network.iter().map(|net| net.parse().unwrap()).collect(),
        mail,
        to: to.iter().map(|to| Mailbox::parse(to).unwrap()).collect(),
    };
    desk.alert.rules = vec![
        rule(None, Some("10.0.0.0/8"), MailChoice::Never, &[]),
        rule(Some("vsftpd"), None, MailChoice::Digest, &[]),
        rule(Some("slapd"), None, MailChoice::Now, &["ldap@example.org"]),
    ];
    desk.enter(&[
        ("10.1.2.3", "sshd"),
        ("192.0.2.7", "vsftpd"),
        ("192.0.2.7", "slapd"),
        ("192.0.2.7", "sshd"),
    ]);
    assert_eq!(
        desk.decisions(),
        ["rule-never", "rule-digest", "now", "repeat"]
    );
    let due = desk.journal.due(desk.now, false).unwrap();
    assert_eq!(due.len(), 1);
    let letter = desk.journal.letter(due[0].letter).unwrap().unwrap();
    assert_eq!(letter.audience, ["ldap@example.org"]);
    desk.pass(3601);
    assert_eq!(desk.outbox(), [("digest", 2), ("alarm", 1)]);
    desk.check();
}

#[test]
fn a_letter_that_fails_is_tried_again_until_it_is_given_up() {
    let mut desk = Desk::new();
    desk.enter(&[("192.0.2.7", "sshd")]);
    let fail = |outcome: Outcome, recipient: Option<&str>| Delivery {
        recipient: recipient.map(str::to_owned),
        outcome,
    };
    let down = || fail(Outcome::Transient(Step::Connect, "down".into()), None);
    let give_up = 86_400;
    let mut tries = 0;
    loop {
        desk.now += TimeDelta::seconds(3700);
        let due = desk.journal.due(desk.now, false).unwrap();
        if due.is_empty() {
            break;
        }
        tries += 1;
        desk.journal
            .settle(&due[0], &[down()], desk.now, give_up, 0)
            .unwrap();
    }
    assert_eq!(tries, 25);
    assert_eq!(desk.journal.waiting().unwrap().failed, 1);
    assert_eq!(desk.journal.tell_given_up().unwrap().len(), 1);
    assert!(desk.journal.tell_given_up().unwrap().is_empty());
    assert_eq!(desk.journal.retry(1, desk.now).unwrap(), 1);
    let due = desk.journal.due(desk.now, false).unwrap();
    let refused = Outcome::Permanent(Step::Recipient, "550 no".into());
    let later = Outcome::Transient(Step::Recipient, "450 later".into());
    let some = [fail(refused, Some("x@y")), fail(later, Some("a@b"))];
    let settled = desk.journal.settle(&due[0], &some, desk.now, give_up, 0);
    assert_eq!(settled.unwrap(), Settled::Later);
    desk.now += TimeDelta::seconds(61);
    let due = desk.journal.due(desk.now, false).unwrap();
    assert_eq!(due[0].refused, ["x@y"]);
    let sent = fail(
        Outcome::Delivered {
            answer: String::new(),
        },
        Some("a@b"),
    );
    let settled = desk.journal.settle(&due[0], &[sent], desk.now, give_up, 0);
    assert_eq!(
        settled.unwrap(),
        Settled::GivenUp,
        "one of the two never got it"
    );
    assert_eq!(desk.journal.drop_letter(1).unwrap(), 1);
    assert_eq!(desk.journal.waiting().unwrap().failed, 0);
}

#[test]
fn old_events_are_forgotten_but_not_those_that_must_be_told() {
    let mut desk = Desk::new();
    desk.enter(&[("192.0.2.1", "sshd"), ("192.0.2.2", "sshd")]);
    desk.deliver_all();
    desk.now += TimeDelta::days(100);
    desk.enter(&[("192.0.2.3", "sshd")]);
    desk.now += TimeDelta::days(100);
    desk.enter(&[("192.0.2.4", "sshd")]);
    let retention = Retention::default();
    assert_eq!(desk.journal.prune(&retention, desk.now).unwrap(), 2);
    assert_eq!(desk.decisions().len(), 2);
    desk.now += TimeDelta::days(100);
    assert_eq!(
        desk.journal.prune(&retention, desk.now).unwrap(),
        0,
        "nobody was told yet"
    );
    desk.deliver_all();
    assert_eq!(desk.journal.prune(&retention, desk.now).unwrap(), 1);
    let tight = Retention {
        max_size: 1,
        ..retention
    };
    desk.enter(&[("192.0.2.5", "sshd")]);
    assert_eq!(desk.journal.prune(&tight, desk.now).unwrap(), 1);
    desk.enter(&[("192.0.2.3", "sshd")]);
    desk.check();
}

#[test]
fn a_damaged_journal_is_put_aside() {
    let mut desk = Desk::new();
    desk.enter(&[("192.0.2.1", "sshd")]);
    let path = desk.journal.path().to_owned();
    let Desk {
        _directory: directory,
        journal,
        now,
        ..
    } = desk;
    drop(journal);
    fs::write(&path, vec![b'x'; 20_000]).unwrap();
    let (mut journal, replaced) = Journal::open_or_replace(&path, now).unwrap();
    assert_eq!(journal.waiting().unwrap(), Waiting::default());
    let replaced = replaced.unwrap();
    assert_eq!(fs::read(replaced.aside).unwrap().len(), 20_000);
    assert_eq!(replaced.salvaged.events, 0);
    drop(directory);
}

/// A journal that was written while the clock was a year ahead holds nothing back.
#[test]
fn a_clock_that_was_ahead_silences_nothing() {
    let mut desk = Desk::new();
    desk.alert.quiet = Duration::from_secs(3600);
    desk.alert.max_mails_per_hour = 3;
    let today = desk.now;
    desk.now += TimeDelta::days(365);
    desk.enter(&[("192.0.2.1", "sshd")]);
    desk.enter(&[
        ("192.0.2.1", "sshd"),
        ("192.0.2.2", "sshd"),
        ("192.0.2.3", "sshd"),
    ]);
    desk.deliver_all();
    // One that waits for the mail server, a digest that gathers, and the digest of everything.
    desk.enter(&[("192.0.2.4", "sshd"), ("192.0.2.1", "sshd")]);
    desk.journal
        .database
        .execute_batch(
            "INSERT INTO letters (kind, state, message_id, created, due, released)
                 SELECT 'notice', 'sent', 'w', created, due, released FROM letters LIMIT 1;
             INSERT INTO dispatches (letter, channel, state, attempts, next_due, first_try)
                 SELECT max(letters.id), 'mail', 'waiting', 1, max(next_due) + 60, max(next_due)
                 FROM letters, dispatches;",
        )
        .unwrap();
    let ahead = desk.journal.ahead(&desk.alert, desk.now).unwrap();
    assert_eq!(ahead, None, "the clock was right then");
    desk.now = today;
    let ahead = desk.journal.ahead(&desk.alert, desk.now).unwrap().unwrap();
    assert_eq!(
        (ahead.latest - today, ahead.events),
        (TimeDelta::days(365), 6)
    );
    // What gathered and what waited leaves now, and who was told of is told of again.
    desk.pass(0);
    let kinds: Vec<_> = desk.outbox().iter().map(|(kind, _)| *kind).collect();
    assert_eq!(kinds, ["digest", "overflow", "notice"]);
    desk.deliver_all();
    desk.pass(3600);
    desk.enter(&[("192.0.2.2", "sshd")]);
    assert_eq!(desk.decisions().last(), Some(&"now"));
}

/// Events from the future do not keep the others, and the others do not make them old.
#[test]
fn events_from_the_future_are_forgotten_with_their_neighbours() {
    let mut desk = Desk::new();
    let start = desk.now;
    desk.enter(&[("192.0.2.1", "sshd")]);
    desk.now = start + TimeDelta::days(365);
    desk.enter(&[("192.0.2.2", "sshd"), ("192.0.2.3", "sshd")]);
    desk.now = start + TimeDelta::hours(1);
    desk.enter(&[("192.0.2.4", "sshd")]);
    desk.now = start + TimeDelta::days(2);
    desk.enter(&[("192.0.2.5", "sshd")]);
    desk.deliver_all();
    let keep = |days: u64| Retention {
        keep: Duration::from_secs(days * 86_400),
        ..Retention::default()
    };
    assert_eq!(desk.journal.prune(&keep(3), desk.now).unwrap(), 0);
    assert_eq!(desk.journal.prune(&keep(1), desk.now).unwrap(), 4);
    let left = desk.decisions().len();
    assert_eq!(left, 1);
    // On a clock that is slow, all are from the future, and none is old.
    let behind = start - TimeDelta::days(9999);
    assert_eq!(desk.journal.prune(&keep(1), behind).unwrap(), 0);
}
