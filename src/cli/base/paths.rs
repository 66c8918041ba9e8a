//! Where the files of this run are: defaults below `--root`, options as they are.

use super::global_args::GlobalArgs;
use crate::system::{is_root, place_below};
use std::io;
use std::path::{Path, PathBuf};
use tcpw_notify::Run;

/// Where libwrap reads its tables.
const ALLOW_TABLE: &str = "/etc/hosts.allow";
const DENY_TABLE: &str = "/etc/hosts.deny";

/// The files every command works on.
#[derive(Debug, Clone)]
pub(crate) struct Paths {
    /// The allow table.
    pub(crate) allow: PathBuf,
    /// The deny table.
    pub(crate) deny: PathBuf,
    /// The directory of the history of changes.
    pub(crate) history: PathBuf,
    /// The configuration.
    pub(crate) config: PathBuf,
    /// Whether `--config` named it: then it must exist.
    pub(crate) config_is_given: bool,
    /// The directory all other paths are below, if not `/`.
    pub(crate) root: Option<PathBuf>,
}

impl Paths {
    pub(crate) fn new(global: &GlobalArgs) -> Self {
        let root = global.root.clone();
        let place = |given: &Option<PathBuf>, default: &str| {
            given
                .clone()
                .unwrap_or_else(|| target(root.as_deref(), Path::new(default)))
        };
        Self {
            allow: place(&global.allow_file, ALLOW_TABLE),
            deny: place(&global.deny_file, DENY_TABLE),
            history: history(global),
            config: place(&global.config, "/etc/tcpw.toml"),
            config_is_given: global.config.is_some(),
            root,
        }
    }

    /// Whether both tables are those that daemons read, here or below `--root`.
    pub(crate) fn are_of_system(&self) -> bool {
        let usual = |path: &str| target(self.root.as_deref(), Path::new(path));
        [&self.allow, &self.deny] == [&usual(ALLOW_TABLE), &usual(DENY_TABLE)]
    }

    /// The paths of the two tables as daemons name them: that of a link, not of the file it leads to.
    pub(crate) fn entries(&self) -> [PathBuf; 2] {
        let root = self.root.as_deref();
        [(&self.allow, ALLOW_TABLE), (&self.deny, DENY_TABLE)].map(|(path, usual)| {
            let usual = Path::new(usual);
            if *path == target(root, usual) {
                below(root, usual)
            } else {
                path.clone()
            }
        })
    }

    /// Whether every file is the one of the system, here or below `--root`: no option names another.
    pub(crate) fn are_all_usual(&self) -> bool {
        !self.config_is_given && self.are_of_system()
    }

    /// These paths, with these files instead of the two tables.
    pub(crate) fn with_tables(&self, allow: Option<&Path>, deny: Option<&Path>) -> Self {
        let own = self.root.is_none().then(own_history).flatten();
        Self {
            allow: allow.unwrap_or(Path::new("")).to_owned(),
            deny: deny.unwrap_or(Path::new("")).to_owned(),
            history: own.unwrap_or_else(|| self.history.clone()),
            ..self.clone()
        }
    }

    /// The files of a run that was told about them in the line of an alert rule.
    pub(crate) fn of(run: &Run) -> Self {
        Self::new(&GlobalArgs {
            root: run.root.clone(),
            config: run.config.clone(),
            allow_file: run.allow.clone(),
            deny_file: run.deny.clone(),
            ..GlobalArgs::default()
        })
    }

    /// The files of this run, for programs that it starts.
    pub(crate) fn run(&self) -> Run {
        Run {
            root: self.root.clone(),
            config: self.config_is_given.then(|| self.config.clone()),
            allow: Some(self.allow.clone()),
            deny: Some(self.deny.clone()),
        }
    }

    /// A path named inside a table or the configuration, as it is found on this machine.
    pub(crate) fn inside(&self, path: &Path) -> PathBuf {
        below(self.root.as_deref(), path)
    }

    /// The same with links followed, which mean places of the copy below `--root`; without `--root` the path
    /// itself.
    pub(crate) fn followed(&self, path: &Path) -> io::Result<PathBuf> {
        place_below(self.root.as_deref(), path)
    }
}

/// Where changes are recorded: beside the journal, or below the home of somebody who is not root
/// and names tables of their own.
fn history(global: &GlobalArgs) -> PathBuf {
    let are_own = global.allow_file.is_some() && global.deny_file.is_some();
    if let Some(own) = own_history().filter(|_| global.root.is_none() && are_own) {
        return own;
    }
    below(global.root.as_deref(), Path::new("/var/lib/tcpw/history"))
}

/// Where somebody who is not root keeps state, as the XDG base directory specification has it.
fn own_history() -> Option<PathBuf> {
    if is_root() {
        return None;
    }
    let named = |name: &str| std::env::var_os(name).map(PathBuf::from);
    let state = named("XDG_STATE_HOME").filter(|path| path.is_absolute());
    let home = || named("HOME").map(|home| home.join(".local/state"));
    state.or_else(home).map(|state| state.join("tcpw/history"))
}

/// The file at `path` in the copy of a system below `root`, whose links mean places of the copy.
fn target(root: Option<&Path>, path: &Path) -> PathBuf {
    place_below(root, path).unwrap_or_else(|_| below(root, path))
}

fn below(root: Option<&Path>, path: &Path) -> PathBuf {
    match root {
        None => path.to_owned(),
        Some(root) => root.join(path.strip_prefix("/").unwrap_or(path)),
    }
}
