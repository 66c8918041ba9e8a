//! The system that a run is about, and the programs of tcpw on it.

use memchr::memmem;
use std::env;
use std::ffi::{OsStr, OsString};
use std::io::{self, Read as _};
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf, absolute};
use tcpw_event::detach::start_unwatched;
use tcpw_event::places::{
    ALLOW_TABLE, CONFIGURATION, DEFAULT_DROP, DEFAULT_ROOT_DROP, DENY_TABLE, GATE, NOTIFIER,
    default_journal,
};
use tcpw_event::regular::open_regular;
use tcpw_event::secrecy::keep_secrets;

/// What Linux puts after the path of a program whose file is gone.
const DELETED: &[u8] = b" (deleted)";
/// A configuration of this size is read in full.
const MOST_SKIMMED: u64 = 64 * 1024;

/// The deliverer as an alert starts it.
pub const BY_ALERT: [&str; 3] = ["deliver", "--background", "--by-alert"];
/// What is there while systemd runs the machine (`sd_booted(3)`), and what is there while it watches the
/// drop directories.
const WATCH: [&str; 2] = [
    "/run/systemd/system",
    "/etc/systemd/system/paths.target.wants/tcpw-deliver.path",
];

/// Which files a run is about.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Run {
    /// The directory all other paths are below, if not `/`.
    pub root: Option<PathBuf>,
    /// The configuration, if it was named.
    pub config: Option<PathBuf>,
    /// The allow table, if it was named.
    pub allow: Option<PathBuf>,
    /// The deny table, if it was named.
    pub deny: Option<PathBuf>,
}

/// Where an event goes, and the deliverer works.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Places {
    /// The drop directory that everybody may write to.
    pub drop: PathBuf,
    /// The one of root's events; nothing where all are to go into the other one.
    pub root_drop: Option<PathBuf>,
    /// The journal.
    pub journal: PathBuf,
}

impl Places {
    /// The places of a run with `--drop`: a directory that is not the usual one stands alone.
    #[must_use]
    pub fn with_drop(self, drop: Option<&Path>) -> Self {
        match drop {
            Some(drop) if drop != self.drop => Self {
                drop: drop.to_owned(),
                root_drop: None,
                ..self
            },
            Some(_) | None => self,
        }
    }
}

impl Run {
    /// A path named in the configuration, as it is found on this machine.
    pub fn inside(&self, path: &Path) -> PathBuf {
        match &self.root {
            None => path.to_owned(),
            Some(root) => root.join(path.strip_prefix("/").unwrap_or(path)),
        }
    }

    /// The places that are used where the configuration names no other.
    pub fn default_places(&self) -> Places {
        Places {
            drop: self.inside(Path::new(DEFAULT_DROP)),
            root_drop: Some(self.inside(Path::new(DEFAULT_ROOT_DROP))),
            journal: default_journal(&|path| self.inside(path)),
        }
    }

    /// Whether the configuration is absent or has none of the words that name another place, so that
    /// nobody has to wait until all of it is understood. The table `drop` names both ways in.
    pub fn has_default_places(&self) -> bool {
        let path = self.place(self.config.as_ref(), CONFIGURATION);
        // It may hold a password.
        keep_secrets();
        let mut text = Vec::new();
        let read =
            open_regular(&path).and_then(|file| file.take(MOST_SKIMMED).read_to_end(&mut text));
        match read {
            // An escape may spell a key in other letters.
            Ok(length) => {
                u64::try_from(length).is_ok_and(|length| length < MOST_SKIMMED)
                    && [&b"drop"[..], b"journal", b"\\u", b"\\U"]
                        .iter()
                        .all(|word| memmem::find(&text, word).is_none())
            }
            // That this user may not read it is usual: the rule runs as the daemon's user.
            Err(cause) if cause.kind() == io::ErrorKind::PermissionDenied => true,
            Err(cause) => cause.kind() == io::ErrorKind::NotFound && self.config.is_none(),
        }
    }

    /// The arguments that let a command work on the files of this run. Its working directory is
    /// another, so all paths are made absolute.
    ///
    /// # Errors
    /// When the working directory is not known.
    pub fn arguments(&self, words: &[&str], drop: Option<&Path>) -> io::Result<Vec<OsString>> {
        let mut args: Vec<OsString> = words.iter().map(Into::into).collect();
        let allow = self.place(self.allow.as_ref(), ALLOW_TABLE);
        let deny = self.place(self.deny.as_ref(), DENY_TABLE);
        for (option, path) in [
            ("--root", self.root.as_deref()),
            ("--config", self.config.as_deref()),
            ("--allow-file", Some(allow.as_path())),
            ("--deny-file", Some(deny.as_path())),
            ("--drop", drop),
        ] {
            if let Some(path) = path {
                let mut arg = OsString::from(format!("{option}="));
                arg.push(absolute(path)?);
                args.push(arg);
            }
        }
        Ok(args)
    }

    /// Starts `tcpw deliver --background`, for a process of one thread that somebody waits for: it
    /// does not wait until the program is loaded.
    pub(crate) fn start_deliverer(&self, drop: Option<&Path>) -> io::Result<()> {
        let args = self.arguments(&BY_ALERT, drop)?;
        start_unwatched(&program()?, &args)
    }

    /// Whether systemd watches the directory `drop` into which an event went, and starts the deliverer:
    /// then nobody else need do it.
    pub(crate) fn is_watched(&self, drop: &Path) -> bool {
        let is_there = |path: &str| Path::new(path).symlink_metadata().is_ok();
        self.root.is_none()
            && self.config.is_none()
            && is_named_by_units(drop)
            && WATCH.into_iter().all(is_there)
    }

    fn place(&self, given: Option<&PathBuf>, default: &str) -> PathBuf {
        given
            .cloned()
            .unwrap_or_else(|| self.inside(Path::new(default)))
    }
}

/// Whether `drop` is one of the two directories that the path unit and the timer look at. Another one beside
/// them is none of theirs.
fn is_named_by_units(drop: &Path) -> bool {
    [DEFAULT_DROP, DEFAULT_ROOT_DROP]
        .iter()
        .any(|usual| Path::new(usual) == drop)
}

/// Where `tcpw` is: this very program, or the one beside it. A program that was replaced since it
/// was started is at its place again.
///
/// # Errors
/// When the system does not say where this program is.
pub fn program() -> io::Result<PathBuf> {
    let own = env::current_exe()?;
    let name = own.file_name().unwrap_or_default().as_bytes();
    let name = name.strip_suffix(DELETED).unwrap_or(name);
    let is_beside = [NOTIFIER, GATE]
        .iter()
        .any(|other| name == other.as_bytes());
    let name = if is_beside { "tcpw".as_bytes() } else { name };
    Ok(own.with_file_name(OsStr::from_bytes(name)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    #[test]
    fn every_spelling_of_another_place_is_noticed() {
        let root = tempfile::tempdir().unwrap();
        fs::create_dir(root.path().join("etc")).unwrap();
        let run = Run {
            root: Some(root.path().to_owned()),
            ..Run::default()
        };
        assert!(run.has_default_places());
        for (text, wanted) in [
            ("[mail]\nto = 'a@example.org'\n", true),
            ("[drop]\nroot = '/srv/root'\n", false),
            ("drop.root = '/srv/root'\n", false),
            ("drop = { root = '/srv/root' }\n", false),
            ("\"\\u0064rop\".root = '/srv/root'\n", false),
            ("[drop]\npath = '/srv/drop'\n", false),
            ("[journal]\npath = '/srv/journal'\n", false),
        ] {
            fs::write(root.path().join("etc/tcpw.toml"), text).unwrap();
            assert_eq!(run.has_default_places(), wanted, "{text}");
        }
    }

    #[test]
    fn a_directory_of_its_own_stands_alone() {
        let usual = Run::default().default_places();
        let own = usual.clone().with_drop(Some(Path::new("/srv/drop")));
        assert_eq!((own.drop, own.root_drop), ("/srv/drop".into(), None));
        let same = usual.clone().with_drop(Some(Path::new(DEFAULT_DROP)));
        assert_eq!(same, usual);
        assert_eq!(usual.clone().with_drop(None), usual);
    }

    #[test]
    fn only_the_directories_that_units_name_are_watched() {
        for usual in [DEFAULT_DROP, DEFAULT_ROOT_DROP, "/var/spool/tcpw/drop/"] {
            assert!(is_named_by_units(Path::new(usual)), "{usual}");
        }
        for other in ["/var/spool/tcpw/other", "/var/spool/tcpw", "/srv/drop"] {
            assert!(!is_named_by_units(Path::new(other)), "{other}");
        }
    }
}
