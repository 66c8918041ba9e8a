//! Which programs of this machine ask libwrap: what `tcpw doctor` finds, in short.

use crate::cli::base::Paths;
use crate::cli::machine::daemons::daemons;
use crate::doctor::{Diagnosis, Port, Standing};
use crate::escape::{visible, visible_short};
use crate::status::{AskedDaemon, AskedLine, Asking, Looked, StatusProblem};

/// As many programs are told, and as much of what shows it.
const MOST: usize = 100;
const SHOWN: usize = 120;
/// As many ports are named of which the program cannot be seen.
const PORTS: usize = 8;

/// What they do, and what keeps them from doing as the tables say.
pub(super) fn look(paths: &Paths, problems: &mut Vec<StatusProblem>) -> Looked<AskedLine> {
    let found = daemons(paths);
    for answer in &found.answers {
        for trouble in &answer.problems {
            problems.push(StatusProblem::Daemon {
                daemon: visible(answer.daemon.as_bytes()),
                trouble: short(trouble),
            });
        }
    }
    if !found.unseen.is_empty() {
        let port = |port: &Port| format!("{} {}", port.protocol, port.number);
        let ports: Vec<String> = found.unseen.iter().take(PORTS).map(port).collect();
        let ports = ports.join(", ");
        return Looked::failed(format!("cannot read which programs wait at {ports}"));
    }
    Looked::At(AskedLine {
        daemons: found.answers.iter().take(MOST).map(daemon).collect(),
        has_running: paths.root.is_none(),
    })
}

fn daemon(answer: &Diagnosis) -> AskedDaemon {
    AskedDaemon {
        daemon: visible(answer.daemon.as_bytes()),
        state: match answer.standing {
            Standing::Asked => Asking::Asked,
            Standing::SwitchedOff => Asking::SwitchedOff,
            Standing::NotAsked => Asking::NotAsked,
            Standing::CannotTell => Asking::CannotTell,
        },
        names: answer.names.iter().map(|name| short(name)).collect(),
        evidence: answer.evidence.iter().map(|text| short(text)).collect(),
    }
}

fn short(text: &str) -> String {
    visible_short(text.as_bytes(), SHOWN)
}
