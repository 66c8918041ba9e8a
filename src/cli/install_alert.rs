//! `tcpw install-alert`: rules that raise an alarm for whoever is turned away.

use super::Context;
use super::changes::{ChangeArgs, ForceArgs, Intent, make};
use super::exit::Exit;
use super::failure::Failure;
use super::refusal::wrong_word;
use super::schedule::{self, ScheduleArgs, Setup};
use super::settings::{load, load_as_written, note_embedded};
use crate::alert::repair_drop;
use crate::config::{Config, DEFAULT_DROP};
use crate::editor::{
    FAST_NAME, Triggers, alarm_command, install_alarm, verify_alarm, verify_default,
};
use clap::{Args, ValueEnum};
use std::fs::{DirBuilder, Permissions};
use std::io;
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

/// Raise an alarm for refused clients
///
/// Puts rules that run `tcpw notify` behind every rule that grants, and creates the directories
/// the alarms go through. Where `tcpw-notify` lies beside tcpw, the rules run it: it does the same
/// and is loaded in less time. Refuses if your own ssh session could not log in again.
///
/// A daemon that does not run as root cannot start the deliverer: its alarms are recorded, and wait
/// for a unit of systemd, for cron, or for an alarm of a daemon of root.
#[derive(Debug, Args)]
pub(crate) struct InstallAlertArgs {
    /// Who raises an alarm
    #[arg(long, value_enum, value_name = "WHO", default_value_t)]
    on: On,
    #[command(flatten)]
    schedule: ScheduleArgs,
    #[command(flatten)]
    force: ForceArgs,
    #[command(flatten)]
    change: ChangeArgs,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
enum On {
    /// Unlisted clients whose name cannot be found
    Unknown,
    /// Every client that is on no list
    Unlisted,
    /// Both, each by a rule of its own
    #[default]
    Both,
}

pub(crate) fn run(args: &InstallAlertArgs, context: &mut Context) -> Result<Exit, Failure> {
    let triggers = Triggers {
        unknown: args.on != On::Unlisted,
        unlisted: args.on != On::Unknown,
    };
    let command = command(context)?;
    // All that can fail comes before the change.
    schedule::check(args.schedule, &context.paths)?;
    let config = load(&context.paths)?;
    let setup = Setup::new(&load_as_written(&context.paths)?, &words(context)?)?;
    let directories = alert_directories(&config);
    let missing: Vec<bool> = directories.iter().map(|at| !at.path.is_dir()).collect();
    let exit = make(
        context,
        &Intent {
            change: &|ground| install_alarm(ground, triggers, &command),
            verify: &|before, after, change| {
                verify_default(before, after, change)?;
                verify_alarm(after, triggers, &command)
            },
            about: &[],
            outlook: None,
            is_guarded: !args.force.force,
            options: args.change,
            alone: None,
            undoes: None,
        },
    )?;
    if !args.change.dry_run {
        for (directory, is_missing) in directories.iter().zip(missing) {
            if is_missing {
                create(context, directory)?;
            }
        }
        repair(context, &config.drop)?;
        schedule::install(args.schedule, &setup, context)?;
    }
    explain(context, triggers)?;
    schedule::explain(&setup, context)?;
    note_embedded(&config, context)?;
    Ok(exit)
}

/// What each alarm catches: the two are easily taken for one another.
fn explain(context: &mut Context, triggers: Triggers) -> Result<(), Failure> {
    if triggers.unknown {
        context.out.line(
            "unknown: catches clients on no list whose address has no name in DNS; strangers with a name pass it by",
        )?;
    }
    if triggers.unlisted {
        context
            .out
            .line("unlisted: catches every client on no list, with a name or without")?;
    }
    Ok(())
}

/// The command line of the alarm: this very program, by its absolute path.
fn command(context: &Context) -> Result<String, Failure> {
    let own = std::env::current_exe().map_err(|error| {
        Failure::new(format_args!("cannot find the path of tcpw itself: {error}"))
            .hint("run it by its absolute path")
    })?;
    let fast = own.with_file_name(FAST_NAME);
    let is_program = |path: &Path| {
        path.metadata()
            .is_ok_and(|file| file.is_file() && file.mode() & 0o111 != 0)
    };
    let binary = if is_program(&fast) { fast } else { own };
    // A daemon's user may be unable to read the configuration: the rule itself says where to.
    let drop = load_as_written(&context.paths)?.drop;
    let drop = Some(drop.as_path()).filter(|drop| *drop != Path::new(DEFAULT_DROP));
    alarm_command(&binary, config(context)?.as_deref(), drop).map_err(|error| wrong_word(&error))
}

/// The options that every other call of tcpw needs to work on the same files.
fn words(context: &Context) -> Result<String, Failure> {
    let config = config(context)?;
    Ok(config.map_or_else(String::new, |path| format!(" --config {}", path.display())))
}

/// The configuration, if it is not the usual one.
fn config(context: &Context) -> Result<Option<PathBuf>, Failure> {
    if context.paths.config_is_given {
        let config = std::path::absolute(&context.paths.config).map_err(|error| {
            let path = context.paths.config.display();
            Failure::new(format_args!(
                "cannot find the absolute path of {path}: {error}"
            ))
            .hint("give --config as an absolute path")
        })?;
        Ok((config != Path::new("/etc/tcpw.toml")).then_some(config))
    } else {
        Ok(None)
    }
}

/// A directory of the alarms, and its mode.
struct Directory {
    path: PathBuf,
    mode: u32,
}

/// The drop directory, into which every daemon may put events and from which only the deliverer
/// takes them, and the directory of the journal.
fn alert_directories(config: &Config) -> Vec<Directory> {
    let journal = config.journal.parent().map(Path::to_path_buf);
    let journal = journal.map(|path| Directory { path, mode: 0o700 });
    let drop = Directory {
        path: config.drop.clone(),
        mode: 0o1733,
    };
    [Some(drop), journal].into_iter().flatten().collect()
}

/// Creates a directory that was missing, unless the history has done so by now, and says so; the alarm works without it, through
/// syslog, so a failure is told and not fatal.
fn create(context: &mut Context, directory: &Directory) -> Result<(), Failure> {
    let path = directory.path.display();
    let created = || -> io::Result<()> {
        if let Some(parent) = directory.path.parent() {
            DirBuilder::new()
                .recursive(true)
                .mode(0o755)
                .create(parent)?;
        }
        DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(&directory.path)?;
        // Not through the umask.
        std::fs::set_permissions(&directory.path, Permissions::from_mode(directory.mode))
    };
    match created() {
        Ok(()) => {
            let mode = directory.mode;
            context
                .out
                .line(format!("created {path} with mode {mode:o}"))
        }
        Err(error) => context.out.note(&format!(
            "cannot create the directory {path}: {error}; create it with mode {:o}",
            directory.mode
        )),
    }
}

/// Gives the drop directory back the mode it needs, and says so.
fn repair(context: &mut Context, drop: &Path) -> Result<(), Failure> {
    let path = drop.display();
    match repair_drop(drop) {
        Ok(None) => Ok(()),
        Ok(Some(was)) => context
            .out
            .line(format!("changed the mode of {path} from {was:o} to 1733")),
        Err(error) => context.out.note(&format!(
            "cannot set the mode of {path}: {error}; it must be 1733"
        )),
    }
}
