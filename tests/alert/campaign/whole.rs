//! The campaign: sampled, or whole with `TCPW_CAMPAIGN=all`. Needs root and strace.

use super::calls::{Fault, Harm, When, count, errors, every_fault};
use super::ledger::{Breach, Ledger};
use super::program::{Program, run};
use super::scene::{SYSTEMS, Scene, System};
use super::trial::{Trial, Tried};
use crate::alert::server::Server;
use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

/// How often a point is tried that was not met: threads take turns as they like.
const ATTEMPTS: usize = 3;
/// What is run on which system, and whether a deliverer seems to be at work meanwhile.
const PLACES: [(System, Program, bool); 9] = [
    (System::Empty, Program::Notifier, true),
    (System::Empty, Program::Notify, true),
    (System::Old, Program::Notifier, true),
    (System::Empty, Program::Notifier, false),
    (System::Empty, Program::Notify, false),
    (System::Fresh, Program::Deliver, false),
    (System::Old, Program::Deliver, false),
    (System::Old, Program::Background, false),
    (System::Damaged, Program::Deliver, false),
];

/// How much of the campaign is run: one of so many points alone, so many pairs, so many at random.
struct Size {
    step: usize,
    pairs: usize,
    random: usize,
}

fn size() -> Size {
    if std::env::var("TCPW_CAMPAIGN").is_ok_and(|text| text == "all") {
        return Size {
            step: 1,
            pairs: 2000,
            random: 1000,
        };
    }
    Size {
        step: 97,
        pairs: 30,
        random: 15,
    }
}

/// A generator of numbers that gives the same ones each time.
struct Dice(u64);

impl Dice {
    /// A number below `end`.
    fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 11).unwrap() % end
    }

    fn one<'a, T>(&mut self, of: &'a [T]) -> &'a T {
        &of[self.below(of.len())]
    }
}

/// The faults of one place, each alone.
struct Place<'s> {
    scene: &'s Scene,
    program: Program,
    is_held: bool,
    faults: Vec<Fault>,
}

impl<'s> Place<'s> {
    /// Runs the program without faults and counts.
    fn look(scenes: &'s [Scene], place: (System, Program, bool), port: u16) -> Self {
        let (system, program, is_held) = place;
        let scene = scenes.iter().find(|scene| scene.system == system).unwrap();
        let stage = scene.copy("census@campaign.example", port);
        let held = is_held.then(|| stage.hold_lock());
        let ended = run(&stage, program, "census.example", &[]);
        drop(held);
        assert_eq!(ended.code, Some(0), "{place:?}: {}", ended.told);
        // What notify starts is tried by itself.
        let census = count(&ended.log, program.records());
        assert!(census.len() > 15, "{place:?}: {census:?}");
        Self {
            scene,
            program,
            is_held,
            faults: every_fault(&census),
        }
    }

    fn trial(&self, faults: Vec<Fault>) -> Trial<'s> {
        Trial {
            scene: self.scene,
            is_held: self.is_held,
            runs: vec![(self.program, faults)],
        }
    }

    /// Two faults of different calls in one run.
    fn pair(&self, dice: &mut Dice) -> Trial<'s> {
        loop {
            let (first, second) = (dice.one(&self.faults), dice.one(&self.faults));
            if first.call != second.call {
                let mut faults = vec![first.clone(), second.clone()];
                // What is full stays full; in the background that would be for ever.
                // Nor is anything interrupted without an end.
                if let When::Nth(number) = faults[1].when
                    && self.program != Program::Background
                    && faults[1].harm != Harm::Error("EINTR")
                    && dice.below(3) == 0
                {
                    faults[1].when = When::From(number);
                }
                return self.trial(faults);
            }
        }
    }

    /// Some calls that fail now and again.
    fn weather(&self, dice: &mut Dice) -> Vec<Fault> {
        let mut faults: Vec<Fault> = Vec::new();
        for _ in 0..=dice.below(4) {
            let mut fault = dice.one(&self.faults).clone();
            if faults.iter().any(|other| other.call == fault.call) {
                continue;
            }
            fault.harm = errors(&fault.call)
                .get(dice.below(12))
                .map_or(fault.harm, |error| Harm::Error(error));
            fault.when = When::Every(1 + dice.below(20), 2 + dice.below(29));
            faults.push(fault);
        }
        faults
    }
}

/// A storm: events are recorded and deliverers work, again and again, and all meet faults.
fn storm<'s>(places: &[Place<'s>], dice: &mut Dice) -> Trial<'s> {
    let pick = |dice: &mut Dice, wanted: &dyn Fn(Program) -> bool| {
        let fitting: Vec<_> = places.iter().filter(|at| wanted(at.program)).collect();
        let place = *dice.one(&fitting);
        (place.program, place.weather(dice))
    };
    let records = |program: Program| program.records();
    let delivers = |program: Program| program == Program::Deliver;
    let mut runs = Vec::new();
    for _ in 0..2 {
        runs.push(pick(dice, &records));
        runs.push(pick(dice, &records));
        runs.push(pick(dice, &delivers));
    }
    let scenes: Vec<&Scene> = places.iter().map(|place| place.scene).collect();
    Trial {
        scene: scenes[dice.below(scenes.len())],
        is_held: false,
        runs,
    }
}

/// Runs them all, as many at once as there are processors; those that met their faults.
fn run_all(trials: &[Trial<'_>], next: &AtomicUsize, port: u16) -> (Vec<Tried>, usize) {
    let (left, done) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
    let missed = AtomicUsize::new(0);
    let workers = thread::available_parallelism().map_or(2, usize::from);
    thread::scope(|scope| {
        for _ in 0..workers {
            scope.spawn(|| {
                while let Some(trial) = trials.get(left.fetch_add(1, Ordering::Relaxed)) {
                    let attempt = || {
                        let number = next.fetch_add(1, Ordering::Relaxed);
                        trial.run(number, port, &|_| {})
                    };
                    let is_storm = trial.runs.len() > 1;
                    let mut tried = attempt();
                    for _ in 1..ATTEMPTS {
                        if tried.is_hit || is_storm {
                            break;
                        }
                        done.lock().unwrap().push(tried);
                        tried = attempt();
                    }
                    if !tried.is_hit {
                        missed.fetch_add(1, Ordering::Relaxed);
                    }
                    done.lock().unwrap().push(tried);
                }
            });
        }
    });
    (done.into_inner().unwrap(), missed.into_inner())
}

/// The mails that came, by recipient: Message-ID and text.
fn mails(server: &Server) -> BTreeMap<String, Vec<(String, String)>> {
    let mut all: BTreeMap<String, Vec<_>> = BTreeMap::new();
    for mail in server.mails() {
        let line = |start: &str| {
            let found = mail.lines().find_map(|line| line.strip_prefix(start));
            found.unwrap().trim().to_owned()
        };
        let text = mail.replace("\r\n", "\n").replace("=\n", "");
        let known = all.entry(line("Rcpt: ")).or_default();
        known.push((line("Message-ID: "), text));
    }
    all
}

/// Everything that must never be, of all tries, and how many events were acknowledged.
fn judge(tried: Vec<Tried>, server: &Server) -> (Vec<(Ledger, Vec<Breach>, String)>, usize) {
    let mut mails = mails(server);
    let (mut found, mut acknowledged) = (Vec::new(), 0);
    for mut one in tried {
        one.ledger.mails = mails.remove(&one.recipient).unwrap_or_default();
        acknowledged += one.ledger.acknowledged();
        let breaches = one.ledger.breaches();
        if !breaches.is_empty() {
            found.push((one.ledger, breaches, one.log));
        }
    }
    (found, acknowledged)
}

#[test]
fn no_fault_loses_or_doubles_what_was_acknowledged() {
    assert!(nix::unistd::geteuid().is_root(), "it needs root");
    let (server, size) = (Server::start(&[]), size());
    let scenes: Vec<Scene> = SYSTEMS.into_iter().map(Scene::new).collect();
    let places: Vec<_> = PLACES
        .map(|place| Place::look(&scenes, place, server.port))
        .into();
    let mut dice = Dice(0x9e37_79b9_7f4a_7c15);
    let mut alone = Vec::new();
    for (which, place) in places.iter().enumerate() {
        let some = place.faults.iter().skip(which * 7 % size.step);
        alone.extend(
            some.step_by(size.step)
                .map(|fault| place.trial(vec![fault.clone()])),
        );
    }
    let mut trials = alone;
    let points = trials.len();
    for _ in 0..size.pairs {
        trials.push(dice.one(&places).pair(&mut dice));
    }
    for _ in 0..size.random {
        trials.push(storm(&places, &mut dice));
    }
    let (tried, missed) = run_all(&trials, &AtomicUsize::new(0), server.port);
    // A pair of which the first ends the program does not meet the second.
    assert!(
        missed * 20 < trials.len(),
        "{missed} of {} missed",
        trials.len()
    );
    let (found, acknowledged) = judge(tried, &server);
    for (ledger, breaches, log) in &found {
        println!("{}\n  {breaches:?}\n{log}", ledger.what);
    }
    assert!(
        found.is_empty(),
        "{} of {} tries",
        found.len(),
        trials.len()
    );
    crate::proof::say(&format!(
        "campaign: {} points ({points} alone, {} in pairs, {} at random), {acknowledged} acknowledged \
         events, 0 lost, 0 doubled but under the same Message-ID, 0 panics",
        trials.len(),
        size.pairs,
        size.random
    ));
}

/// A file that is deleted before its event is in the journal, and a message that is written again.
#[test]
fn a_program_that_loses_or_doubles_is_noticed() {
    assert!(nix::unistd::geteuid().is_root(), "it needs root");
    let server = Server::start(&[]);
    let scene = Scene::new(System::Fresh);
    let trial = Trial {
        scene: &scene,
        is_held: false,
        runs: Vec::new(),
    };
    let sound = trial.run(0, server.port, &|_| {});
    let lost = trial.run(1, server.port, &|stage| {
        std::fs::remove_file(&stage.drops()[0]).unwrap();
    });
    let doubled = trial.run(2, server.port, &|stage| {
        stage.run(&["deliver"]).says(0, &["sent 3"]);
        stage.change("UPDATE letters SET message_id = '<again' || id || '@x.example>'");
        stage.change("UPDATE dispatches SET state = 'waiting', next_due = 0");
        stage.change("DELETE FROM deliveries");
    });
    let (found, acknowledged) = judge(vec![sound, lost, doubled], &server);
    assert_eq!(acknowledged, 9);
    let breaches: Vec<_> = found.into_iter().map(|(_, breaches, _)| breaches).collect();
    assert_eq!(breaches.len(), 2, "{breaches:?}");
    assert!(matches!(breaches[0][..], [Breach::Lost(_)]), "{breaches:?}");
    assert_eq!(breaches[1].len(), 3, "{breaches:?}");
    let is_double = |breach: &Breach| matches!(breach, Breach::Doubled(_));
    assert!(breaches[1].iter().all(is_double), "{breaches:?}");
}

/// A file that can be neither finished nor removed is made to be no event: its event is elsewhere, and
/// would be told of twice when the file is found minutes later.
#[test]
fn what_a_notifier_leaves_of_an_event_that_it_put_elsewhere_is_none() {
    assert!(nix::unistd::geteuid().is_root(), "it needs root");
    let stage = Scene::new(System::Empty).copy("twice@campaign.example", 25);
    let held = stage.hold_lock();
    let faults = ["rename", "unlink"].map(|call| Fault {
        call: call.to_owned(),
        harm: Harm::Error("EIO"),
        when: When::Nth(1),
    });
    let ended = run(&stage, Program::Notifier, "twice.example", &faults);
    drop(held);
    assert_eq!((ended.code, ended.hits), (Some(0), 2), "{}", ended.told);
    let mut files = Vec::new();
    for way in ["root", "drop"] {
        for entry in std::fs::read_dir(stage.path("var/spool/tcpw").join(way)).unwrap() {
            files.push(entry.unwrap().metadata().unwrap().len());
        }
    }
    files.sort_unstable();
    assert_eq!(files.len(), 2, "{files:?}");
    assert!(files[0] == 0 && files[1] > 0, "{files:?}");
}
