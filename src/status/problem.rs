//! What can be wrong, each with what is to be known about it.

use super::utc_time::UtcTime;
use serde::{Deserialize, Serialize};

/// Something that is wrong.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "problem", rename_all = "kebab-case")]
pub enum StatusProblem {
    /// The linter finds errors in the tables.
    LintErrors {
        /// How many.
        errors: u64,
        /// The first of them: place, code and message.
        first: Vec<String>,
    },
    /// Something keeps a program that asks libwrap from doing as the tables say.
    Daemon {
        /// The program.
        daemon: String,
        /// What it is.
        trouble: String,
    },
    /// An alert rule runs a program that is not there, or is none.
    ProgramGone {
        /// The rule, as `file:line`.
        rule: String,
        /// The program.
        program: String,
    },
    /// A file that the configuration names is not there.
    PathGone {
        /// The key of the configuration.
        key: String,
        /// The file.
        path: String,
    },
    /// Two programs write the tables, and none waits for the other.
    Writers {
        /// Their names.
        programs: Vec<String>,
    },
    /// The time of a rule is over, and nobody has removed it.
    RanOut {
        /// The rule, as `file:line`.
        rule: String,
        /// When its time was over.
        until: UtcTime,
    },
    /// A change was not confirmed in time, and nobody has rolled it back.
    Overdue {
        /// The number of the change.
        change: u64,
        /// When it was due.
        due: UtcTime,
    },
    /// A change was cut short, and nobody has finished it.
    CutShort,
    /// Alerts wait in a drop directory, and nobody collects them.
    Uncollected {
        /// The directory.
        directory: String,
        /// How many.
        events: u64,
        /// When the oldest of them was recorded.
        oldest: Option<UtcTime>,
    },
    /// Something is due, and no deliverer is running.
    NoDeliverer,
    /// A drop directory has a mode or an owner with which alerts are lost or forged.
    DropMode {
        /// The directory.
        directory: String,
        /// What it has.
        found: String,
        /// What it needs.
        wanted: String,
    },
    /// An alert is installed, and mails are kept as files because nobody has said how they leave.
    NoMail {
        /// The directory of the files.
        directory: String,
    },
    /// Messages were tried without success, and will be tried again.
    MailFailing {
        /// How many, each way counted.
        messages: u64,
        /// What went wrong last.
        error: String,
    },
    /// Messages were given up.
    GivenUp {
        /// How many, each way counted.
        messages: u64,
        /// What went wrong last.
        error: String,
    },
    /// The journal has times that are still to come.
    ClockAhead {
        /// The latest of them.
        latest: UtcTime,
        /// How many events have such a time.
        events: u64,
    },
    /// A file of tcpw or the program itself has a time that is still to come.
    ClockBehind {
        /// The file.
        file: String,
        /// Its time.
        time: UtcTime,
    },
    /// The journal was damaged within the last day.
    Damaged {
        /// When it was found.
        time: UtcTime,
        /// Where the damaged one is.
        aside: String,
    },
    /// Files in a drop directory were not events, within the last day.
    Rejected {
        /// When it was found.
        time: UtcTime,
        /// How many.
        files: u64,
    },
    /// Events of users other than root were removed for lack of room, within the last day.
    Forgotten {
        /// When it was found.
        time: UtcTime,
        /// How many.
        events: u64,
    },
    /// A unit of systemd is installed and does not work.
    UnitDead {
        /// Its name.
        unit: String,
        /// What it is instead: `not enabled`, or what systemd says.
        state: String,
    },
    /// A schedule runs a program that is not there.
    ScheduleGone {
        /// The file of the unit or of cron.
        file: String,
        /// The program.
        program: String,
    },
    /// The units are installed, and systemd does not run this machine.
    NoSystemd,
    /// cron does not read its file, because others could change it.
    CronIgnored {
        /// The file.
        file: String,
    },
    /// The lines of cron are installed, and no cron is running.
    NoCron {
        /// The file.
        file: String,
    },
    /// Rules have an end, and no schedule removes them then.
    NoSchedule,
    /// A name that a rule follows has not been resolved for longer than its grace.
    Unresolved {
        /// The name.
        name: String,
        /// When it was resolved last, or since when it was tried.
        since: UtcTime,
        /// What was wrong the last time.
        trouble: String,
    },
    /// Rules follow names, and no schedule asks for these again.
    NoFollower,
    /// What is shown is a saved status, which nobody has written again.
    Stale {
        /// Its file.
        file: String,
        /// When it was written.
        time: UtcTime,
    },
}

/// The words of all problems, as JSON and Prometheus have them.
pub const PROBLEMS: [&str; 28] = [
    "lint-errors",
    "daemon",
    "program-gone",
    "path-gone",
    "writers",
    "ran-out",
    "overdue",
    "cut-short",
    "uncollected",
    "no-deliverer",
    "drop-mode",
    "no-mail",
    "mail-failing",
    "given-up",
    "clock-ahead",
    "clock-behind",
    "damaged",
    "rejected",
    "forgotten",
    "unit-dead",
    "schedule-gone",
    "no-systemd",
    "cron-ignored",
    "no-cron",
    "no-schedule",
    "unresolved",
    "no-follower",
    "stale",
];

impl StatusProblem {
    /// Its word in JSON and Prometheus.
    pub fn word(&self) -> &'static str {
        match self {
            Self::LintErrors { .. } => "lint-errors",
            Self::Daemon { .. } => "daemon",
            Self::ProgramGone { .. } => "program-gone",
            Self::PathGone { .. } => "path-gone",
            Self::Writers { .. } => "writers",
            Self::RanOut { .. } => "ran-out",
            Self::Overdue { .. } => "overdue",
            Self::CutShort => "cut-short",
            Self::Uncollected { .. } => "uncollected",
            Self::NoDeliverer => "no-deliverer",
            Self::DropMode { .. } => "drop-mode",
            Self::NoMail { .. } => "no-mail",
            Self::MailFailing { .. } => "mail-failing",
            Self::GivenUp { .. } => "given-up",
            Self::ClockAhead { .. } => "clock-ahead",
            Self::ClockBehind { .. } => "clock-behind",
            Self::Damaged { .. } => "damaged",
            Self::Rejected { .. } => "rejected",
            Self::Forgotten { .. } => "forgotten",
            Self::UnitDead { .. } => "unit-dead",
            Self::ScheduleGone { .. } => "schedule-gone",
            Self::NoSystemd => "no-systemd",
            Self::CronIgnored { .. } => "cron-ignored",
            Self::NoCron { .. } => "no-cron",
            Self::NoSchedule => "no-schedule",
            Self::Unresolved { .. } => "unresolved",
            Self::NoFollower => "no-follower",
            Self::Stale { .. } => "stale",
        }
    }
}
