//! Whether what runs tcpw by the clock works: the units of systemd and the lines of cron, as they are
//! installed, and as this machine runs them.

use super::unit_files::{CRON_FILE, DELIVER, UNIT_DIRECTORY, UNITS};
use crate::cli::base::Paths;
use crate::system::{Ended, is_run_by_systemd, read_program};
use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Where units are, the one that counts first (`systemd.unit(5)`).
pub(crate) const UNIT_PLACES: [&str; 5] = [
    UNIT_DIRECTORY,
    "/run/systemd/system",
    "/usr/local/lib/systemd/system",
    "/usr/lib/systemd/system",
    "/lib/systemd/system",
];
/// The services that are started by what is enabled.
const SERVICES: [&str; 2] = [DELIVER, "tcpw-expire.service"];
/// What turns cron's files into units of systemd, where there is no cron (systemd-cron(7)).
const GENERATOR: &str = "/usr/lib/systemd/system-generators/systemd-crontab-generator";
/// How the programs are called that read cron's files.
const CRONS: [&str; 4] = ["cron", "crond", "fcron", "bcron-sched"];
/// How long systemd may take to answer.
const PATIENCE: Duration = Duration::from_secs(10);
const WRITE_BY_OTHERS: u32 = 0o022;

/// What runs tcpw by the clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Clockwork {
    /// Units of systemd.
    Systemd,
    /// Lines of cron.
    Cron,
}

/// Why it does not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum ScheduleFault {
    /// A unit is not what it must be.
    Dead {
        /// Its name.
        unit: String,
        /// What it is.
        state: String,
    },
    /// A file runs a program that is not there.
    ProgramGone {
        /// The unit or the file of cron.
        file: String,
        /// The program.
        program: String,
    },
    /// The units are installed, and systemd does not run this machine.
    NoSystemd,
    /// cron does not read its file, because others could change it.
    CronIgnored,
    /// No cron is running.
    NoCron,
}

/// What there is of it.
#[derive(Debug, Default)]
pub(crate) struct ScheduleState {
    /// What is installed; systemd's units where both are.
    pub(crate) by: Option<Clockwork>,
    /// What is wrong with it.
    pub(crate) faults: Vec<ScheduleFault>,
    /// What could not be looked at, and why.
    pub(crate) unread: Vec<String>,
}

impl ScheduleState {
    /// Looks at the files, and on the machine itself at what is running.
    pub(crate) fn look(paths: &Paths) -> Self {
        let mut state = Self::default();
        let has_cron = state.cron(paths);
        let has_units = state.units(paths);
        if has_units && paths.root.is_none() {
            if is_run_by_systemd() {
                state.ask_systemd();
            } else if !has_cron {
                state.faults.push(ScheduleFault::NoSystemd);
            }
        }
        state.by = match (has_units, has_cron) {
            (true, _) => Some(Clockwork::Systemd),
            (false, true) => Some(Clockwork::Cron),
            (false, false) => None,
        };
        state
    }

    /// Whether somebody has asked for the units: one of them is enabled, or they are installed where
    /// only `tcpw install-alert` and administrators put them. Those of a package are at rest until
    /// then.
    fn units(&mut self, paths: &Paths) -> bool {
        let is_there = |path: &str| fs::symlink_metadata(paths.inside(Path::new(path))).is_ok();
        let enabled = UNITS
            .iter()
            .filter_map(|(name, _, target)| Some((*name, (*target)?)));
        let is_enabled =
            |name: &str, target: &str| is_there(&format!("{UNIT_DIRECTORY}/{target}.wants/{name}"));
        let is_asked_for = enabled.clone().any(|(name, target)| {
            is_enabled(name, target) || is_there(&format!("{UNIT_DIRECTORY}/{name}"))
        });
        if !is_asked_for {
            return false;
        }
        let file = |name: &str| {
            let mut places = UNIT_PLACES.iter().map(|place| format!("{place}/{name}"));
            places.find(|path| is_there(path))
        };
        for (name, target) in enabled {
            let state = match (file(name), is_enabled(name, target)) {
                (None, _) => "not installed",
                (Some(_), false) => "not enabled",
                (Some(_), true) => continue,
            };
            self.faults.push(ScheduleFault::Dead {
                unit: name.to_owned(),
                state: state.to_owned(),
            });
        }
        for service in SERVICES {
            match file(service) {
                Some(path) => self.programs(&path, &is_start, paths),
                None => self.faults.push(ScheduleFault::Dead {
                    unit: service.to_owned(),
                    state: "not installed".to_owned(),
                }),
            }
        }
        true
    }

    /// Whether the lines of cron are installed, and what is wrong with them.
    fn cron(&mut self, paths: &Paths) -> bool {
        let path = paths.inside(Path::new(CRON_FILE));
        let found = match fs::symlink_metadata(&path) {
            Ok(found) => found,
            Err(cause) if cause.kind() == io::ErrorKind::NotFound => return false,
            Err(cause) => {
                self.cannot_read(&path, &cause);
                return false;
            }
        };
        let top = paths.root.as_deref().unwrap_or(Path::new("/"));
        let owner = fs::metadata(top).map_or(0, |top| top.uid());
        if found.uid() != owner || found.mode() & WRITE_BY_OTHERS != 0 || !found.is_file() {
            self.faults.push(ScheduleFault::CronIgnored);
        }
        self.programs(CRON_FILE, &|_| true, paths);
        if paths.root.is_none() && !Path::new(GENERATOR).exists() {
            match is_cron_running() {
                Ok(true) => {}
                Ok(false) => self.faults.push(ScheduleFault::NoCron),
                Err(cause) => self.cannot_read(Path::new("/proc"), &cause),
            }
        }
        true
    }

    /// The programs called tcpw that the lines of a file name, of those that are wanted.
    fn programs(&mut self, file: &str, is_wanted: &dyn Fn(&str) -> bool, paths: &Paths) {
        let path = paths.inside(Path::new(file));
        let text = match fs::read_to_string(&path) {
            Ok(text) => text,
            Err(cause) => return self.cannot_read(&path, &cause),
        };
        let is_end = |c: char| c.is_whitespace() || "=\"';|&".contains(c);
        let lines = text.lines().filter(|line| !line.starts_with('#'));
        let words = lines.filter(|line| is_wanted(line));
        for word in words.flat_map(|line| line.split(is_end)) {
            // How a program is started (systemd.service(5)).
            let word = word.trim_start_matches(['-', '+', '!', '@', ':']);
            let program = Path::new(word);
            let is_ours = program.is_absolute() && program.ends_with("tcpw");
            if !is_ours || paths.inside(program).exists() {
                continue;
            }
            let fault = ScheduleFault::ProgramGone {
                file: file.to_owned(),
                program: word.to_owned(),
            };
            if !self.faults.contains(&fault) {
                self.faults.push(fault);
            }
        }
    }

    /// What systemd says of the units.
    fn ask_systemd(&mut self) {
        let enabled = UNITS.iter().filter(|(_, _, target)| target.is_some());
        let mut names: Vec<&str> = enabled.map(|(name, _, _)| *name).collect();
        let watched = names.len();
        names.extend(SERVICES);
        let args: Vec<&str> = ["is-active"].into_iter().chain(names.clone()).collect();
        let mut states = Vec::new();
        let ended = read_program("systemctl", &args, PATIENCE, &mut |line| {
            states.push(String::from_utf8_lossy(line).trim().to_owned());
        });
        let why = match ended {
            Ok(Ended::Exited(_, _)) if states.len() == names.len() => None,
            Ok(Ended::Exited(_, complaint)) => Some(complaint),
            Ok(Ended::TooLong) => Some("it does not answer".to_owned()),
            Err(cause) => Some(cause.to_string()),
        };
        if let Some(why) = why {
            self.unread
                .push(format!("cannot read the units by systemctl: {why}"));
            return;
        }
        for (at, (unit, state)) in names.into_iter().zip(states).enumerate() {
            let is_well = if at < watched {
                matches!(state.as_str(), "active" | "activating" | "reloading")
            } else {
                // A service that is started again and again is at rest between.
                state != "failed"
            };
            let unit = unit.to_owned();
            let is_known = |fault: &ScheduleFault| matches!(fault, ScheduleFault::Dead { unit: known, .. } if *known == unit);
            if !is_well && !self.faults.iter().any(is_known) {
                self.faults.push(ScheduleFault::Dead { unit, state });
            }
        }
    }

    fn cannot_read(&mut self, path: &Path, cause: &io::Error) {
        let path = path.display();
        self.unread.push(format!("cannot read {path}: {cause}"));
    }
}

/// Whether a line of a unit is about the program that it starts.
fn is_start(line: &str) -> bool {
    line.starts_with("ExecStart=")
}

/// Whether one of the processes is a cron.
fn is_cron_running() -> io::Result<bool> {
    let name = |directory: PathBuf| fs::read_to_string(directory.join("comm"));
    // Where even this one is hidden, so may be cron.
    name(PathBuf::from("/proc/1"))?;
    for entry in fs::read_dir("/proc")? {
        // Processes end meanwhile, and not every entry is one.
        let name = name(entry?.path()).unwrap_or_default();
        if CRONS.contains(&name.trim()) {
            return Ok(true);
        }
    }
    Ok(false)
}
