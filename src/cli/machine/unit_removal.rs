//! What of systemd's and cron's files tcpw put on this machine is there, and its removal.

use super::schedule::{BOOTED, ScheduleArgs, ScheduleKind, systemctl, take_away, unit_path};
use super::unit_files::{BESIDE, CRON_FILE, UNIT_DIRECTORY, UNITS};
use super::{credentials, hardening};
use crate::cli::base::{Context, Failure, Paths};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// The directories of links that start a unit end so (`systemd.unit(5)`).
const LINKS: [&str; 2] = ["wants", "requires"];

/// The files and links that tcpw installs for a schedule and that are there, as paths of a system
/// whose root is `/`.
pub(crate) fn installed(paths: &Paths) -> Vec<String> {
    let mut found = links(paths);
    let units = UNITS.iter().map(|(name, ..)| unit_path(name));
    let beside = BESIDE.iter().map(|(path, _)| (*path).to_owned());
    let rest = units
        .chain(hardening::drop_ins())
        .chain(credentials::drop_ins())
        .chain(beside)
        .chain([CRON_FILE.to_owned()]);
    let is_there = |path: &String| fs::symlink_metadata(paths.inside(Path::new(path))).is_ok();
    found.extend(rest.filter(is_there));
    found
}

/// Those of them that are of the schedule that `args` name.
pub(crate) fn installed_of(args: ScheduleArgs, paths: &Paths) -> Vec<String> {
    let Some(kind) = args.kind() else {
        return Vec::new();
    };
    let mut found = installed(paths);
    found.retain(|path| (path == CRON_FILE) == (kind == ScheduleKind::Cron));
    found
}

/// Removes all of it, stopped first where systemd runs the machine; says what was removed.
///
/// # Errors
/// When systemctl fails or a file cannot be removed.
pub(crate) fn remove_all(context: &mut Context) -> Result<(), Failure> {
    let found = installed(&context.paths);
    let is_running = context.paths.root.is_none() && Path::new(BOOTED).is_dir();
    let names: Vec<&str> = UNITS
        .iter()
        .map(|(name, ..)| *name)
        .filter(|name| found.iter().any(|path| file_name(path) == *name))
        .filter(|name| !has_kind(name, "service"))
        .collect();
    let mut stopped = Ok(());
    if is_running && !names.is_empty() {
        let words: Vec<&str> = ["disable", "--now"].into_iter().chain(names).collect();
        // A link to a unit that is gone stops it: the files go all the same.
        stopped = systemctl(context, &words);
    }
    for path in &found {
        take_away(context, path)?;
        let place = context.paths.inside(Path::new(path));
        let is_drop_in = |folder: &&Path| folder.to_string_lossy().ends_with(".service.d");
        if let Some(parent) = place.parent().filter(is_drop_in) {
            // Only one that is empty: what others put there stays.
            drop(fs::remove_dir(parent));
        }
    }
    if is_running && !found.is_empty() {
        systemctl(context, &["daemon-reload"])?;
    }
    stopped
}

/// The links by which a target starts a unit of ours, the one for reports too, which people enable
/// by hand.
fn links(paths: &Paths) -> Vec<String> {
    let units = paths.inside(Path::new(UNIT_DIRECTORY));
    let entries = fs::read_dir(units).into_iter().flatten().flatten();
    let mut found = Vec::new();
    for entry in entries {
        let directory = entry.file_name().to_string_lossy().into_owned();
        if !LINKS.iter().any(|kind| has_kind(&directory, kind)) {
            continue;
        }
        for (name, ..) in UNITS {
            if is_link(&entry.path().join(name)) {
                found.push(format!("{UNIT_DIRECTORY}/{directory}/{name}"));
            }
        }
    }
    found.sort();
    found
}

fn is_link(path: &Path) -> bool {
    let found: io::Result<PathBuf> = fs::read_link(path);
    found.is_ok()
}

fn file_name(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or_default()
}

fn has_kind(name: &str, kind: &str) -> bool {
    let found = Path::new(name).extension();
    found.is_some_and(|found| found == kind)
}
