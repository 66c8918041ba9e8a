//! The files of systemd and of cron, which are part of the program, and what in them depends on the
//! machine.

use crate::config::{
    Config, DEFAULT_DROP, DEFAULT_JOURNAL, DEFAULT_ROOT_DROP, DELIVER_JOURNAL, TransportSettings,
};
use std::path::{Path, PathBuf};

/// The units, and the target of those that are enabled.
pub(super) const UNITS: [(&str, &str, Option<&str>); 9] = [
    (
        DELIVER,
        include_str!("../../../packaging/systemd/tcpw-deliver.service"),
        None,
    ),
    (
        WATCH,
        include_str!("../../../packaging/systemd/tcpw-deliver.path"),
        Some(WATCH_TARGET),
    ),
    (
        "tcpw-deliver.timer",
        include_str!("../../../packaging/systemd/tcpw-deliver.timer"),
        Some("timers.target"),
    ),
    (
        "tcpw-expire.service",
        include_str!("../../../packaging/systemd/tcpw-expire.service"),
        None,
    ),
    (
        "tcpw-expire.timer",
        include_str!("../../../packaging/systemd/tcpw-expire.timer"),
        Some("timers.target"),
    ),
    (
        REPORT,
        include_str!("../../../packaging/systemd/tcpw-report.service"),
        None,
    ),
    (
        "tcpw-report.timer",
        include_str!("../../../packaging/systemd/tcpw-report.timer"),
        None,
    ),
    (
        "tcpw-status.service",
        include_str!("../../../packaging/systemd/tcpw-status.service"),
        None,
    ),
    (
        "tcpw-status.timer",
        include_str!("../../../packaging/systemd/tcpw-status.timer"),
        None,
    ),
];
/// The user and the directories that the units need, as systemd makes them again at each start.
pub(super) const BESIDE: [(&str, &str); 2] = [
    (
        "/etc/sysusers.d/tcpw.conf",
        include_str!("../../../packaging/sysusers.d/tcpw.conf"),
    ),
    (
        "/etc/tmpfiles.d/tcpw.conf",
        include_str!("../../../packaging/tmpfiles.d/tcpw.conf"),
    ),
];
/// The unit that delivers.
pub(super) const DELIVER: &str = "tcpw-deliver.service";
/// The unit that mails the report.
pub(super) const REPORT: &str = "tcpw-report.service";
/// The unit that sees the events of all daemons.
pub(super) const WATCH: &str = "tcpw-deliver.path";
/// The target of [`WATCH`].
pub(super) const WATCH_TARGET: &str = "paths.target";
/// Where units are installed.
pub(super) const UNIT_DIRECTORY: &str = "/etc/systemd/system";
/// The lines of cron, and their place.
pub(super) const CRON: &str = include_str!("../../../packaging/cron/tcpw");
/// See [`CRON`].
pub(crate) const CRON_FILE: &str = "/etc/cron.d/tcpw";
/// The program as the files name it.
const PROGRAM: &str = "/usr/sbin/tcpw";
/// The directory of the journal as the files name it.
const STATE: &str = "/var/lib/tcpw/deliver";
/// How the lines begin that a unit has only if it runs as the user as which alerts are delivered.
const USERS: [&str; 4] = [
    "User=",
    "Group=",
    "AmbientCapabilities=",
    "SystemCallFilter=~@privileged",
];
/// And a whole line of that kind.
const NO_CAPABILITY: &str = "CapabilityBoundingSet=";

/// What in the files depends on the machine.
#[derive(Debug)]
pub(super) struct Filling {
    /// The program, with the options of every call.
    pub(super) program: String,
    /// The drop directory.
    pub(super) drop: String,
    /// The drop directory of root's events.
    root_drop: String,
    /// The journal.
    journal: PathBuf,
    /// The directory of the mails that are kept as files.
    mails: Option<String>,
}

impl Filling {
    /// What `config`, as it is written, needs.
    pub(super) fn new(program: String, config: &Config) -> Self {
        let mails = match &config.mail.transport {
            TransportSettings::File { directory } => Some(directory.display().to_string()),
            TransportSettings::Sendmail { .. } | TransportSettings::Smtp(_) => None,
        };
        Self {
            program,
            drop: config.drop.display().to_string(),
            root_drop: config.root_drop.display().to_string(),
            journal: config.journal.clone(),
            mails,
        }
    }

    /// One of the files, for this machine; for units that run as root, if there is no other user.
    pub(super) fn fill(&self, text: &str, is_root: bool) -> String {
        // One that the configuration does not name is in the directory of the deliverer.
        let is_moved = !is_root && self.journal == Path::new(DEFAULT_JOURNAL);
        let journal = if is_moved {
            Path::new(DELIVER_JOURNAL)
        } else {
            &self.journal
        };
        let is_users =
            |line: &str| line == NO_CAPABILITY || USERS.iter().any(|key| line.starts_with(key));
        let is_left = |line: &&str| !is_root || !is_users(line);
        text.lines()
            .filter(is_left)
            .map(|line| self.line(line, journal) + "\n")
            .collect()
    }

    /// The journal's path begins with that of its directory, and so goes first.
    fn line(&self, line: &str, journal: &Path) -> String {
        // Whether the program is there is asked of the program alone, without its options.
        let bare = self.program.split(' ').next().unwrap_or_default();
        let line = line
            .replace(&format!("-x {PROGRAM} ]"), &format!("-x {bare} ]"))
            .split_inclusive(']')
            .map(|part| {
                if part.ends_with(&format!("-x {bare} ]")) {
                    part.to_owned()
                } else {
                    part.replace(PROGRAM, &self.program)
                }
            })
            .collect::<String>()
            .replace(DEFAULT_DROP, &self.drop)
            .replace(DEFAULT_ROOT_DROP, &self.root_drop);
        let line = if line.contains(DELIVER_JOURNAL) {
            line.replace(DELIVER_JOURNAL, &journal.display().to_string())
        } else {
            let state = journal.parent().unwrap_or(Path::new("/"));
            line.replace(STATE, &state.display().to_string())
        };
        match &self.mails {
            Some(mails) if line.starts_with("ReadWritePaths=") => format!("{line} -{mails}"),
            _ => line,
        }
    }
}
