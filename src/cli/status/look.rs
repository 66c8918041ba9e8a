//! All lines of the status, each asked of its own source.

use super::look_journal::{self, JournalLook};
use super::look_places;
use super::look_tables::{self, TablesLook};
use super::reasons::reason;
use super::schedules::{delivering, problems};
use super::{look_daemons, look_follow, look_pending, saved};
use crate::cli::base::{Context, Exit};
use crate::cli::machine::clock_state::behind_files;
use crate::cli::machine::schedule_state::ScheduleState;
use crate::cli::machine::settings;
use crate::config::{Config, TransportSettings};
use crate::status::{AlertLine, Catches, Looked, MachineStatus, Measures, StatusProblem, UtcTime};
use crate::system::{Clock as _, SystemClock, host_name, own_uid};

/// What was seen.
pub(super) struct Seen {
    /// The status.
    pub(super) status: MachineStatus,
    /// The numbers for Prometheus.
    pub(super) measures: Measures,
}

/// Looks at everything that this user may see; counts all events only if somebody `wants_totals`.
pub(super) fn look(wants_totals: bool, context: &mut Context) -> Seen {
    let now = SystemClock.now();
    let paths = context.paths.clone();
    let tables = look_tables::look(now, context);
    let schedule = ScheduleState::look(&paths);
    let (mut all, mut cannot_read) = behind_files(&paths, now);
    let asked = look_daemons::look(&paths, &mut all);
    let pending = look_pending::look(now, &paths, &mut all);
    let config = settings::load(&paths);
    let journal = match &config {
        Ok(config) => {
            let (gone, unread) = look_places::look(config, &paths);
            all.extend(gone);
            cannot_read.extend(unread);
            if is_installed(&tables) {
                all.extend(no_mail(config));
            }
            match look_follow::look(&tables.follows, &config.follow, now, &paths) {
                Ok(unresolved) => all.extend(unresolved),
                Err(why) => cannot_read.push(why),
            }
            look_journal::look(config, now, wants_totals, &paths)
        }
        Err(failure) => without(reason("the configuration", failure)),
    };
    all.extend(problems(&schedule));
    if schedule.by.is_none() {
        all.extend(unscheduled(&tables));
    }
    cannot_read.extend(schedule.unread.iter().cloned());
    cannot_read.extend(journal.cannot_read);
    cannot_read.extend(tables.cannot_read);
    let alert = match tables.alert {
        Looked::Not { cannot_read } => Looked::Not { cannot_read },
        Looked::At(line) => Looked::At(AlertLine {
            delivery: delivering(&schedule),
            ..line
        }),
    };
    Seen {
        status: MachineStatus {
            machine: host_name(),
            time: UtcTime(now),
            uid: own_uid(),
            access: tables.access,
            asked,
            alert,
            mail: journal.mail,
            clients: journal.clients,
            pending,
            problems: [tables.problems, journal.problems, all].concat(),
            cannot_read,
        },
        measures: Measures {
            findings: tables.findings,
            ..journal.measures
        },
    }
}

/// What rules need a schedule for, where there is none.
fn unscheduled(tables: &TablesLook) -> Vec<StatusProblem> {
    let mut found = Vec::new();
    found.extend(tables.has_ends.then_some(StatusProblem::NoSchedule));
    let follows = !tables.follows.is_empty();
    found.extend(follows.then_some(StatusProblem::NoFollower));
    found
}

/// Whether a rule raises an alert.
fn is_installed(tables: &TablesLook) -> bool {
    let alert = tables.alert.at();
    alert.is_some_and(|line| line.catches != Catches::Nobody)
}

/// That nobody gets mail although an alert is installed: nobody has said how it leaves, and nothing
/// else tells of it.
fn no_mail(config: &Config) -> Option<StatusProblem> {
    let TransportSettings::File { directory } = &config.mail.transport else {
        return None;
    };
    let is_told = config.mail.has_way || !config.channels.is_empty();
    (!is_told).then(|| StatusProblem::NoMail {
        directory: saved::shown(directory),
    })
}

/// Where the configuration cannot be read, nobody knows where the journal is.
fn without(why: String) -> JournalLook {
    JournalLook {
        mail: Looked::failed(&why),
        clients: Looked::failed(&why),
        measures: Measures {
            events: Looked::failed(&why),
            outbox: Looked::failed(&why),
            dropped: Looked::failed(&why),
            last_event: Looked::failed(&why),
            oldest_waiting: Looked::failed(&why),
            findings: Looked::failed(&why),
        },
        problems: Vec::new(),
        cannot_read: vec![why],
    }
}

/// What the exit code of a status is.
pub(super) fn exit(status: &MachineStatus) -> Exit {
    if !status.unread().is_empty() {
        Exit::Failed
    } else if status.problems.is_empty() {
        Exit::Done
    } else {
        Exit::Negative
    }
}
