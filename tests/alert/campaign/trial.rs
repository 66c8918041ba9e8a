//! One try: programs run one after the other, each with its faults, and then `tcpw deliver` without
//! any, which must bring everything that was acknowledged.

use super::calls::Fault;
use super::ledger::{Ledger, Word};
use super::program::{Program, run};
use super::scene::Scene;
use crate::alert::record::listen;
use crate::alert::stage::Stage;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::net::UnixDatagram;
use std::path::PathBuf;

/// How often what waits is tried without faults.
const ROUNDS: usize = 4;

/// What is tried.
pub(super) struct Trial<'s> {
    pub(super) scene: &'s Scene,
    /// Whether a deliverer seems to be at work meanwhile, so that `notify` starts none.
    pub(super) is_held: bool,
    pub(super) runs: Vec<(Program, Vec<Fault>)>,
}

/// What came of it; the mails are not known yet.
pub(super) struct Tried {
    pub(super) ledger: Ledger,
    pub(super) recipient: String,
    /// Whether there was a fault.
    pub(super) is_hit: bool,
    pub(super) log: String,
}

impl Trial<'_> {
    /// Tries it on a copy of its system; `number` is its own, `sabotage` comes before the end.
    pub(super) fn run(&self, number: usize, port: u16, sabotage: &dyn Fn(&Stage)) -> Tried {
        let recipient = format!("p{number}@campaign.example");
        let stage = self.scene.copy(&recipient, port);
        let log = listen(&stage);
        log.set_nonblocking(true).unwrap();
        let mut ledger = Ledger {
            what: self.what(),
            events: self.scene.events.clone(),
            ..Ledger::default()
        };
        let (mut is_hit, mut logs) = (false, String::new());
        for (which, (program, faults)) in self.runs.iter().enumerate() {
            let host = format!("new{which}.example");
            let held = self.is_held.then(|| stage.hold_lock());
            let ended = run(&stage, *program, &host, faults);
            drop(held);
            if program.records() {
                let word = match ended.code {
                    Some(0) => Word::Recorded,
                    Some(75) => Word::Logged,
                    _ => Word::Nothing,
                };
                ledger.events.insert(host, Some(word));
                ledger.heard.push_str(&drain(&log));
            }
            drain(&log);
            is_hit |= ended.hits > 0;
            ledger.panics.extend(ended.panics());
            ledger.hung += usize::from(ended.is_hung);
            logs.extend([
                format!("{:?}: ", ended.code),
                ended.told,
                "\n".to_owned(),
                ended.log,
            ]);
        }
        sabotage(&stage);
        finish(&stage, &mut ledger);
        Tried {
            ledger,
            recipient,
            is_hit,
            log: logs,
        }
    }

    fn what(&self) -> String {
        let mut text = format!("{:?}", self.scene.system);
        if self.is_held {
            text.push_str(" (held)");
        }
        for (program, faults) in &self.runs {
            text.extend([format!(", {program:?}")]);
            for fault in faults {
                text.extend([format!(" {fault}")]);
            }
        }
        text
    }
}

/// Everything that the system log heard since.
fn drain(log: &UnixDatagram) -> String {
    let mut heard = String::new();
    let mut bytes = vec![0; 100_000];
    while let Ok(length) = log.recv(&mut bytes) {
        heard.push_str(&String::from_utf8_lossy(&bytes[..length]));
        heard.push('\n');
    }
    heard
}

/// Delivers without faults, and looks at what is there then.
fn finish(stage: &Stage, ledger: &mut Ledger) {
    for _ in 0..ROUNDS {
        let ran = stage.run(&["deliver"]);
        if ran.err.contains("panicked") {
            ledger.panics.push(ran.err.clone());
        }
        let (files, begun) = left(stage);
        ledger.files = files;
        // What a killed notifier has begun waits until it is old enough to be taken for complete or for
        // nothing; no message does.
        let is_begun = ran.code == 1 && files == 0 && begun > 0;
        if ran.code == 0 || is_begun && !ran.out.contains("given up") {
            ledger.unfinished = None;
            break;
        }
        ledger.unfinished = Some(format!("{}: {}{}", ran.code, ran.out, ran.err));
    }
    let hosts: Vec<Vec<u8>> = stage.query("SELECT host FROM readable");
    ledger.journal = hosts
        .into_iter()
        .map(|host| String::from_utf8(host).unwrap())
        .collect();
}

/// How many files of events are left, finished ones and ones that were only begun.
fn left(stage: &Stage) -> (usize, usize) {
    let begun = |path: &PathBuf| path.file_name().unwrap().as_bytes().starts_with(b".new-");
    let (begun, files): (Vec<_>, Vec<_>) = stage.drops().into_iter().partition(begun);
    (files.len(), begun.len())
}
