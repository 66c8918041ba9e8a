//! What the commands that install the alert share: its command line, its directories, its words.

use super::refusal::wrong_word;
use super::words::{
    CREATED_WITH_MODE, FIRES_FOR_NAMELESS, FIRES_FOR_REFUSED, FIRES_FOR_UNLISTED, MODE_CHANGED,
};
use crate::alert::repair_drop;
use crate::cli::base::{Context, Failure, background};
use crate::cli::machine::own_program;
use crate::cli::machine::schedule::Setup;
use crate::config::{Config, DEFAULT_DROP};
use crate::editor::{Change, FAST_NAME, Note, Triggers, alert_command};
use crate::values::Language;
use clap::ValueEnum;
use std::fs::{DirBuilder, Permissions};
use std::io;
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

/// Who raises an alert.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub(crate) enum On {
    /// Unlisted clients whose name cannot be found
    Unknown,
    /// Every client that is on no list
    Unlisted,
    /// Both, each by a rule of its own; costs every stranger a DNS query
    #[default]
    Both,
}

impl On {
    /// The same as the editor takes it.
    pub(crate) fn triggers(self) -> Triggers {
        Triggers {
            unknown: self != Self::Unlisted,
            unlisted: self != Self::Unknown,
        }
    }
}

/// Which alerts a change leaves, by what is noted about it.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Raised {
    /// There is no rule of its own for clients without a name.
    is_left_out: bool,
    /// Not everybody who is on no list is refused.
    is_partly: bool,
}

impl Raised {
    /// Reads the notes of a change.
    pub(crate) fn of(change: &Change) -> Self {
        Self {
            is_left_out: change.notes.contains(&Note::LeftOut),
            is_partly: change.notes.contains(&Note::Partly),
        }
    }
}

/// What each alert catches: the two are easily taken for one another.
pub(crate) fn explain(
    context: &mut Context,
    triggers: Triggers,
    raised: Raised,
) -> Result<(), Failure> {
    if triggers.unknown && !raised.is_left_out {
        context.out.say(FIRES_FOR_NAMELESS, &[])?;
    }
    if triggers.unlisted {
        let text = if raised.is_partly {
            FIRES_FOR_REFUSED
        } else {
            FIRES_FOR_UNLISTED
        };
        context.out.say(text, &[])?;
    }
    Ok(())
}

/// The command line of the alert: this very program, or the small one beside it, by its absolute
/// path. `drop` is the drop directory as the configuration has it.
pub(crate) fn command(context: &Context, drop: &Path) -> Result<String, Failure> {
    let program = background::program().map_err(|error| {
        Failure::new(format_args!("cannot find the path of tcpw itself: {error}"))
            .hint("run it by its absolute path")
    })?;
    let fast = program.with_file_name(FAST_NAME);
    let is_program = |path: &Path| {
        path.metadata()
            .is_ok_and(|file| file.is_file() && file.mode() & 0o111 != 0)
    };
    let has_fast = is_program(&fast);
    if !context.is_rehearsal {
        let mut programs = vec![program.clone()];
        programs.extend(has_fast.then(|| fast.clone()));
        own_program::check(&programs)?;
    }
    let binary = if has_fast { fast } else { program };
    // A daemon's user may be unable to read the configuration: the rule itself says where to.
    let drop = Some(drop).filter(|drop| *drop != Path::new(DEFAULT_DROP));
    alert_command(&binary, configuration(context)?.as_deref(), drop)
        .map_err(|error| wrong_word(&error))
}

/// What the units of systemd and the lines of cron say on this machine; `config` is the
/// configuration as it is written.
pub(crate) fn schedule(context: &Context, config: &Config) -> Result<Setup, Failure> {
    let path = configuration(context)?;
    // The options that every other call of tcpw needs to work on the same files.
    let words = path.map_or_else(String::new, |path| format!(" --config {}", path.display()));
    Setup::new(config, &words, &context.paths)
}

/// The configuration, if it is not the usual one.
fn configuration(context: &Context) -> Result<Option<PathBuf>, Failure> {
    if !context.paths.config_is_given {
        return Ok(None);
    }
    let config = std::path::absolute(&context.paths.config).map_err(|error| {
        let path = context.paths.config.display();
        Failure::new(format_args!(
            "cannot find the absolute path of {path}: {error}"
        ))
        .hint("give --config as an absolute path")
    })?;
    Ok((config != Path::new("/etc/tcpw.toml")).then_some(config))
}

/// A directory of the alerts, and its mode.
pub(crate) struct Directory {
    pub(crate) path: PathBuf,
    mode: u32,
}

/// The drop directory, into which every daemon may put events and from which only the deliverer
/// takes them, and the directory of the journal.
fn directories(config: &Config) -> Vec<Directory> {
    let journal = config.journal.parent().map(Path::to_path_buf);
    let journal = journal.map(|path| Directory { path, mode: 0o700 });
    let drop = Directory {
        path: config.drop.clone(),
        mode: 0o1733,
    };
    [Some(drop), journal].into_iter().flatten().collect()
}

/// Those that are missing.
pub(crate) fn missing_directories(config: &Config) -> Vec<Directory> {
    let mut missing = directories(config);
    missing.retain(|directory| !directory.path.is_dir());
    missing
}

impl Directory {
    /// Creates it, and what is above it.
    pub(crate) fn create(&self) -> io::Result<()> {
        if let Some(parent) = self.path.parent() {
            DirBuilder::new()
                .recursive(true)
                .mode(0o755)
                .create(parent)?;
        }
        DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(&self.path)?;
        // Not through the umask.
        std::fs::set_permissions(&self.path, Permissions::from_mode(self.mode))
    }

    /// Says that it is not there yet.
    pub(crate) fn missing(&self) -> String {
        format!("{} is missing", self.path.display())
    }

    /// Says that it is there now.
    pub(crate) fn created(&self, language: Language) -> String {
        let (path, mode) = (self.path.display().to_string(), format!("{:o}", self.mode));
        CREATED_WITH_MODE.with(language, &[&path, &mode])
    }

    /// Says that it is not, and what to do.
    pub(crate) fn failed(&self, error: &io::Error) -> String {
        let (path, mode) = (self.path.display(), self.mode);
        format!("cannot create the directory {path}: {error}; create it with mode {mode:o}")
    }
}

/// Gives the drop directory back the mode it needs, and says so.
pub(crate) fn repair(context: &mut Context, drop: &Path) -> Result<(), Failure> {
    let path = drop.display();
    match repair_drop(drop) {
        Ok(None) => Ok(()),
        Ok(Some(was)) => {
            let (path, was) = (path.to_string(), format!("{was:o}"));
            let text = context.out.words(MODE_CHANGED, &[&path, &was, "1733"]);
            context.out.did(&text)
        }
        Err(error) => context.out.note(&format!(
            "cannot set the mode of {path}: {error}; it must be 1733"
        )),
    }
}
