//! Whether the clock of this machine is right, as far as anything here can say so: times that are still
//! to come, and what sets it by the network.

use crate::alert::{Journal, JournalError};
use crate::cli::base::Paths;
use crate::config::Config;
use crate::escape::visible;
use crate::status::{StatusProblem, UtcTime};
use crate::system::{Ended, is_run_by_systemd, read_program};
use chrono::{DateTime, TimeDelta, Utc};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// By so much a file may be ahead: those who keep it need not have the same clock.
const SLACK: TimeDelta = TimeDelta::minutes(5);
/// The file of the program that is running.
const OWN_PROGRAM: &str = "/proc/self/exe";
/// How long systemd may take to answer.
const PATIENCE: Duration = Duration::from_secs(10);

/// Times of events and letters that are still to come.
///
/// # Errors
/// When the journal cannot be read.
pub(crate) fn ahead_of_journal(
    journal: &mut Journal,
    config: &Config,
    now: DateTime<Utc>,
) -> Result<Option<StatusProblem>, JournalError> {
    let ahead = journal.ahead(&config.alert, now)?;
    Ok(ahead.map(|ahead| StatusProblem::ClockAhead {
        latest: UtcTime(ahead.latest),
        events: ahead.events,
    }))
}

/// The file, among this program, the tables and the configuration, whose time is the latest of those
/// still to come; and why a time could not be looked at. A program is as old as what it was built from,
/// so before that time the clock is slow.
pub(crate) fn behind_files(paths: &Paths, now: DateTime<Utc>) -> (Vec<StatusProblem>, Vec<String>) {
    let files = [
        Path::new(OWN_PROGRAM),
        &paths.allow,
        &paths.deny,
        &paths.config,
    ];
    let (mut latest, mut unread) = (None, Vec::new());
    for file in files {
        match fs::metadata(file).and_then(|found| found.modified()) {
            Ok(time) => latest = latest.max(Some((DateTime::<Utc>::from(time), file))),
            Err(cause) if cause.kind() == io::ErrorKind::NotFound => {}
            Err(cause) => {
                let file = shown(file);
                unread.push(format!("cannot read the time of {file}: {cause}"));
            }
        }
    }
    let problem = latest
        .filter(|(time, _)| *time > now + SLACK)
        .map(|(time, file)| StatusProblem::ClockBehind {
            file: shown(file),
            time: UtcTime(time),
        });
    (problem.into_iter().collect(), unread)
}

/// A file for people; this program by its own name.
fn shown(file: &Path) -> String {
    let real = if file == Path::new(OWN_PROGRAM) {
        fs::read_link(file).ok()
    } else {
        None
    };
    let real = real.unwrap_or_else(|| PathBuf::from(file));
    visible(real.as_os_str().as_encoded_bytes())
}

/// Whether something sets the clock by the network.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum ClockSource {
    /// The kernel says that its clock is synchronised.
    Network,
    /// It says that it is not.
    Nothing,
    /// That cannot be told, because of this.
    Unknown(String),
}

/// Asks systemd, which asks the kernel.
pub(crate) fn clock_source(paths: &Paths) -> ClockSource {
    let unknown = |why: &str| ClockSource::Unknown(why.to_owned());
    if paths.root.is_some() {
        return unknown("below --root no clock runs");
    }
    if !is_run_by_systemd() {
        return unknown("systemd, which would know, does not run this machine");
    }
    let mut said = String::new();
    let args = ["show", "--property=NTPSynchronized", "--value"];
    let ended = read_program("timedatectl", &args, PATIENCE, &mut |line| {
        said.clear();
        said.push_str(String::from_utf8_lossy(line).trim());
    });
    match ended {
        Ok(Ended::Exited(_, _)) if said == "yes" => ClockSource::Network,
        Ok(Ended::Exited(_, _)) if said == "no" => ClockSource::Nothing,
        Ok(Ended::Exited(_, complaint)) => unknown(&format!("timedatectl: {complaint}")),
        Ok(Ended::TooLong) => unknown("timedatectl does not answer"),
        Err(cause) => unknown(&format!("timedatectl: {cause}")),
    }
}
