//! What runs tcpw by the clock and for daemons that do not run as root: units of systemd or lines
//! of cron, installed and removed.

use super::credentials;
use super::hardening;
use super::unit_files::{
    BESIDE, CRON, CRON_FILE, DELIVER, Filling, UNIT_DIRECTORY, UNITS, WATCH, WATCH_TARGET,
};
use crate::cli::base::{Context, Failure, Paths, Text, background};
use crate::config::Config;
use crate::system::run_system_program;
use clap::Args;
use std::ffi::{OsStr, OsString};
use std::fs::{self, Permissions};
use std::io::{self, Write as _};
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};
use tempfile::NamedTempFile;

/// What delivers the alerts of daemons that are not root's.
const MAILED_BY: Text = Text {
    en: "daemons that do not run as root: their alerts are mailed by {}",
    ko: "root가 아닌 데몬의 경보는 {}이(가) 메일로 보냅니다",
};
const WAIT_IN: Text = Text {
    en: "daemons that do not run as root: their alerts wait in {} until a daemon running as root raises an alert, or until you run tcpw deliver; tcpw install-alert --systemd (or --cron) takes care of that",
    ko: "root가 아닌 데몬의 경보는 root로 실행되는 데몬이 알리거나 tcpw deliver를 실행할 때까지 {}에서 기다립니다. tcpw install-alert --systemd(또는 --cron)가 이를 맡습니다",
};
const WROTE: Text = Text {
    en: "wrote {}",
    ko: "{} 파일을 썼습니다",
};

/// There while systemd runs the machine (`sd_booted(3)`).
pub(super) const BOOTED: &str = "/run/systemd/system";

/// The program that runs a machine, of a system that is not running.
const SYSTEMD: [&str; 2] = ["/usr/lib/systemd/systemd", "/lib/systemd/systemd"];
/// The programs that read [`CRON_FILE`]: the directory alone is there without any of them, too.
const CRONS: [&str; 3] = ["/usr/sbin/cron", "/usr/sbin/crond", "/usr/bin/crond"];

/// Which of the two to install or to remove.
#[derive(Debug, Clone, Copy, Default, Args)]
pub(crate) struct ScheduleArgs {
    /// With the systemd units that deliver what daemons of other users record, and that remove
    /// expired rules
    #[arg(long)]
    systemd: bool,
    /// The same with lines of cron, for machines without systemd
    #[arg(long, conflicts_with = "systemd")]
    cron: bool,
}

/// What runs tcpw by the clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ScheduleKind {
    /// Units of systemd.
    Systemd,
    /// Lines of cron.
    Cron,
}

impl ScheduleKind {
    /// Its name.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Systemd => "systemd",
            Self::Cron => "cron",
        }
    }

    /// What this machine has: what is installed already, else what there is a place for.
    pub(crate) fn find(paths: &Paths) -> Option<Self> {
        let is_there = |path: &str| paths.inside(Path::new(path)).exists();
        let has_systemd = match &paths.root {
            None => is_there(BOOTED),
            Some(_) => SYSTEMD.into_iter().any(is_there),
        };
        match in_place(paths) {
            Some(CRON_FILE) => Some(Self::Cron),
            Some(_) => Some(Self::Systemd),
            None if has_systemd => Some(Self::Systemd),
            None => CRONS.into_iter().any(is_there).then_some(Self::Cron),
        }
    }
}

impl ScheduleArgs {
    /// The options for this one.
    pub(crate) fn of(kind: Option<ScheduleKind>) -> Self {
        Self {
            systemd: kind == Some(ScheduleKind::Systemd),
            cron: kind == Some(ScheduleKind::Cron),
        }
    }

    /// What they ask for.
    pub(crate) fn kind(self) -> Option<ScheduleKind> {
        match (self.systemd, self.cron) {
            (true, _) => Some(ScheduleKind::Systemd),
            (false, true) => Some(ScheduleKind::Cron),
            (false, false) => None,
        }
    }
}

/// What in the files depends on this machine.
#[derive(Debug)]
pub(crate) struct Setup {
    filling: Filling,
    /// Why the units cannot be hardened.
    obstacle: Option<String>,
    /// What is wrong with those that are installed.
    misfit: Option<String>,
    /// What the units must have from systemd.
    credentials: Vec<credentials::Credential>,
}

impl Setup {
    /// The files of `config`, as it is written; `words` are the options of every call.
    pub(crate) fn new(config: &Config, words: &str, paths: &Paths) -> Result<Self, Failure> {
        let program = background::program().map_err(|error| {
            Failure::new(format_args!("cannot find the path of tcpw itself: {error}"))
                .hint("run it by its absolute path")
        })?;
        Ok(Self {
            filling: Filling::new(format!("{}{words}", program.display()), config),
            obstacle: hardening::obstacle(config),
            misfit: hardening::misfit(config, paths),
            credentials: credentials::of(config),
        })
    }
}

/// Before anything is written: whether `--systemd` can be done at all.
pub(crate) fn check(args: ScheduleArgs, paths: &Paths) -> Result<(), Failure> {
    if args.systemd && paths.root.is_none() && !Path::new(BOOTED).is_dir() {
        let what = format!("this machine is not run by systemd: there is no {BOOTED}");
        return Err(Failure::new(what).hint("use --cron; nothing was written"));
    }
    Ok(())
}

/// Installs what `args` ask for, with units that run as root if there is no other user, and says what
/// sees to the events of other users.
pub(crate) fn install(
    args: ScheduleArgs,
    setup: &Setup,
    is_root: bool,
    context: &mut Context,
) -> Result<(), Failure> {
    let filling = &setup.filling;
    if args.cron {
        put(context, CRON_FILE, &filling.fill(CRON, false))?;
    }
    if args.systemd {
        install_units(setup, is_root, context)?;
        hardening::explain(setup.obstacle.as_deref(), is_root, context)?;
        if context.paths.root.is_some() {
            for (name, _, target) in UNITS {
                if let Some(target) = target {
                    link(&context.paths, name, target)?;
                }
            }
        } else {
            systemctl(context, &["daemon-reload"])?;
            systemctl(context, &with_enabled(&["enable", "--now"]))?;
        }
        context
            .out
            .line("for a weekly report by mail: systemctl enable --now tcpw-report.timer")?;
    }
    Ok(())
}

/// Writes the units, their drop-ins and what is beside them.
fn install_units(setup: &Setup, is_root: bool, context: &mut Context) -> Result<(), Failure> {
    for (path, text) in units(setup, is_root, &context.paths) {
        match text {
            Some(text) => put(context, &path, &text)?,
            None => take_away(context, &path)?,
        }
    }
    credentials::explain(&setup.credentials, context)
}

/// The units, their drop-ins and what is beside them, with what they say; nothing for one that must
/// not be there.
fn units(setup: &Setup, is_root: bool, paths: &Paths) -> Vec<(String, Option<String>)> {
    let fill = |text: &str| setup.filling.fill(text, is_root);
    let beside = BESIDE.iter().map(|(path, text)| {
        let text = (!is_root).then(|| fill(text));
        ((*path).to_owned(), text)
    });
    let own = UNITS
        .iter()
        .map(|(name, text, _)| (unit_path(name), Some(fill(text))));
    let hardened = hardening::drop_ins().map(|path| {
        let text = setup.obstacle.is_none();
        (path, text.then(|| fill(hardening::HARDENED)))
    });
    let loaded = credentials::drop_in(&setup.credentials, paths);
    let loading = credentials::drop_ins().map(|path| (path, loaded.clone()));
    beside.chain(own).chain(hardened).chain(loading).collect()
}

/// What [`install`] would write, remove or link, as paths of a system whose root is `/`.
pub(crate) fn pending(
    args: ScheduleArgs,
    setup: &Setup,
    is_root: bool,
    paths: &Paths,
) -> Vec<String> {
    let mut wanted = Vec::new();
    if args.cron {
        let text = setup.filling.fill(CRON, false);
        wanted.push((CRON_FILE.to_owned(), Some(text)));
    }
    if args.systemd {
        wanted.extend(units(setup, is_root, paths));
    }
    wanted.retain(|(path, text)| {
        let found = fs::read(paths.inside(Path::new(path))).ok();
        found.as_deref() != text.as_deref().map(str::as_bytes)
    });
    let mut found: Vec<String> = wanted.into_iter().map(|(path, _)| path).collect();
    if args.systemd {
        let links = UNITS
            .iter()
            .filter_map(|(name, _, target)| target.map(|target| link_path(name, target)));
        found.extend(links.filter(|path| {
            let path = paths.inside(Path::new(path));
            path.symlink_metadata().is_err()
        }));
    }
    found
}

/// Gives the files that are there the path of this program, where they name one that is gone.
pub(crate) fn mend(setup: &Setup, context: &mut Context) -> Result<(), Failure> {
    let program = setup.filling.program.split(' ').next().unwrap_or_default();
    let units = UNITS.iter().map(|(name, ..)| unit_path(name));
    let paths: Vec<String> = units.chain([CRON_FILE.to_owned()]).collect();
    let mut has_units = false;
    for path in paths {
        let Ok(old) = fs::read_to_string(context.paths.inside(Path::new(&path))) else {
            continue;
        };
        let is_cron = path == CRON_FILE;
        let is_start = |line: &str| is_cron || line.starts_with("Exec");
        let Some(gone) = gone(&old, &is_start) else {
            continue;
        };
        let mended = |line: &str| {
            if is_start(line) {
                line.replace(gone, program)
            } else {
                line.to_owned()
            }
        };
        let new: String = old.split_inclusive('\n').map(mended).collect();
        put(context, &path, &new)?;
        has_units |= !is_cron;
    }
    if has_units && context.paths.root.is_none() {
        systemctl(context, &["daemon-reload"])?;
    }
    Ok(())
}

/// Says which of the two sees to the events of daemons that do not run as root, and what is wrong
/// with units that stay as they are.
pub(crate) fn explain(
    args: ScheduleArgs,
    setup: &Setup,
    context: &mut Context,
) -> Result<(), Failure> {
    if let Some(misfit) = setup.misfit.as_ref().filter(|_| !args.systemd) {
        context.out.note(misfit)?;
    }
    if let Some(what) = in_place(&context.paths) {
        context.out.say(MAILED_BY, &[what])
    } else {
        context.out.say(WAIT_IN, &[&setup.filling.drop])
    }
}

/// Removes what `args` ask for, and says what stays.
pub(crate) fn remove(args: ScheduleArgs, context: &mut Context) -> Result<(), Failure> {
    remove_files(args, context)?;
    if let Some(what) = in_place(&context.paths) {
        let option = if what == CRON_FILE {
            "--cron"
        } else {
            "--systemd"
        };
        let text = format!("{what} stays; tcpw remove-alert {option} removes it");
        context.out.line(text)?;
    }
    Ok(())
}

/// Removes what `args` ask for.
pub(crate) fn remove_files(args: ScheduleArgs, context: &mut Context) -> Result<(), Failure> {
    if args.systemd {
        if context.paths.root.is_none() {
            systemctl(context, &with_enabled(&["disable", "--now"]))?;
        }
        for (name, _, target) in UNITS {
            if let Some(target) = target {
                let path = context.paths.inside(Path::new(&link_path(name, target)));
                // systemctl has removed it where it is in charge.
                drop(fs::remove_file(path));
            }
            take_away(context, &unit_path(name))?;
        }
        for (path, _) in BESIDE {
            take_away(context, path)?;
        }
        for path in hardening::drop_ins().chain(credentials::drop_ins()) {
            take_away(context, &path)?;
            let directory = context.paths.inside(Path::new(&path));
            // Only one that is empty: what others put there stays.
            drop(directory.parent().map(fs::remove_dir));
        }
        if context.paths.root.is_none() {
            systemctl(context, &["daemon-reload"])?;
        }
    }
    if args.cron {
        take_away(context, CRON_FILE)?;
    }
    Ok(())
}

/// The unit or file that sees to the events of other users.
fn in_place(paths: &Paths) -> Option<&'static str> {
    let is_there = |path: &str| fs::symlink_metadata(paths.inside(Path::new(path))).is_ok();
    if is_there(&link_path(WATCH, WATCH_TARGET)) {
        Some(WATCH)
    } else {
        is_there(CRON_FILE).then_some(CRON_FILE)
    }
}

/// The unit that delivers, if systemd runs the machine and it is installed.
pub(crate) fn running_unit(paths: &Paths) -> Option<&'static str> {
    let is_running = paths.root.is_none() && Path::new(BOOTED).is_dir();
    (is_running && in_place(paths) == Some(WATCH)).then_some(DELIVER)
}

/// Starts a unit, and does not wait for its end.
pub(crate) fn start(unit: &str, context: &mut Context) -> Result<(), Failure> {
    systemctl(context, &["start", "--no-block", unit])
}

/// Where a unit is installed.
pub(super) fn unit_path(name: &str) -> String {
    format!("{UNIT_DIRECTORY}/{name}")
}

fn link_path(name: &str, target: &str) -> String {
    format!("{UNIT_DIRECTORY}/{target}.wants/{name}")
}

/// A path of this program that is gone, in the lines that start programs; other lines name
/// directories of its name.
fn gone<'t>(text: &'t str, is_start: &dyn Fn(&str) -> bool) -> Option<&'t str> {
    let is_end = |c: char| c.is_whitespace() || matches!(c, '=' | '"' | '\'' | ';' | '|');
    let is_gone = |word: &&str| {
        let file = Path::new(word);
        file.is_absolute() && file.file_name() == Some(OsStr::new("tcpw")) && !file.exists()
    };
    let starts = text.lines().filter(|line| is_start(line));
    starts.flat_map(|line| line.split(is_end)).find(is_gone)
}

fn with_enabled<'a>(words: &[&'a str]) -> Vec<&'a str> {
    let units = UNITS.iter().filter(|(_, _, target)| target.is_some());
    let names = units.map(|(name, _, _)| *name);
    words.iter().copied().chain(names).collect()
}

/// Puts `text` in place of what is there, if that is different.
fn put(context: &mut Context, path: &str, text: &str) -> Result<(), Failure> {
    let path = context.paths.inside(Path::new(path));
    if fs::read(&path).is_ok_and(|old| old == text.as_bytes()) {
        return Ok(());
    }
    let directory = path.parent().unwrap_or(Path::new("/"));
    let write = || -> io::Result<()> {
        fs::create_dir_all(directory)?;
        let mut file = NamedTempFile::new_in(directory)?;
        file.write_all(text.as_bytes())?;
        file.as_file()
            .set_permissions(Permissions::from_mode(0o644))?;
        file.as_file().sync_all()?;
        file.persist(&path)?;
        Ok(())
    };
    write().map_err(|error| cannot("write", &path, &error))?;
    let text = context.out.words(WROTE, &[&path.display().to_string()]);
    context.out.did(&text)
}

/// Removes a file of a system whose root is `/`, and says so; one that is not there needs nothing.
pub(super) fn take_away(context: &mut Context, path: &str) -> Result<(), Failure> {
    let path = context.paths.inside(Path::new(path));
    match fs::remove_file(&path) {
        Ok(()) => context.out.did(&format!("removed {}", path.display())),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(cannot("remove", &path, &error)),
    }
}

/// What `systemctl enable` does, for a system that is not running.
fn link(paths: &Paths, name: &str, target: &str) -> Result<(), Failure> {
    let path: PathBuf = paths.inside(Path::new(&link_path(name, target)));
    let made = fs::create_dir_all(path.parent().unwrap_or(Path::new("/")))
        .and_then(|()| symlink(unit_path(name), &path));
    match made {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => {
            Err(cannot("make the link", &path, &error))
        }
        _ => Ok(()),
    }
}

fn cannot(step: &str, path: &Path, error: &io::Error) -> Failure {
    Failure::new(format_args!("cannot {step} {}: {error}", path.display()))
        .hint("the tables are changed already; run the same command again as root")
}

/// Runs systemctl with these words.
pub(super) fn systemctl(context: &mut Context, words: &[&str]) -> Result<(), Failure> {
    context.out.flush()?;
    let args: Vec<OsString> = words.iter().map(OsString::from).collect();
    let line = format!("systemctl {}", words.join(" "));
    let problem = match run_system_program("systemctl", &args) {
        Ok(status) if status.success() => return Ok(()),
        Ok(status) => status.to_string(),
        Err(error) => error.to_string(),
    };
    Err(Failure::new(format_args!("{line} failed: {problem}"))
        .hint("remove the cause, then run the same command again"))
}
