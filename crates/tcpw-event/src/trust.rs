//! Whether a file may be obeyed by root: the rule of sudo. It and every directory and link on the way
//! to it belong to root, or to whoever asks, and nobody else can write to them.

use nix::unistd::geteuid;
use std::ffi::OsString;
use std::fs::{self, Metadata};
use std::io;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Component, Path, PathBuf, absolute};
use std::sync::atomic::{AtomicBool, Ordering};
use thiserror::Error;

/// The sticky bit: others cannot replace what is in the directory.
const STICKY: u32 = 0o1000;
const WRITE_BY_OTHERS: u32 = 0o022;
/// As many links are followed as the kernel follows (`path_resolution(7)`).
const MOST_LINKS: u32 = 40;

/// Why a file may not be obeyed.
#[derive(Debug, Error)]
pub enum Distrust {
    /// Others can change a part of its path.
    #[error("others than root can change {}; run {}", part.display(), mend(part, *is_foreign, *is_open))]
    Weak {
        /// The file itself, or a directory or a link on the way to it.
        part: PathBuf,
        /// It belongs to somebody else.
        is_foreign: bool,
        /// Others can write to it.
        is_open: bool,
    },
    /// Nobody knows who can change it.
    #[error("cannot see who can change {}: {cause}", part.display())]
    Unseen {
        /// The part of the path.
        part: PathBuf,
        /// Why.
        cause: io::Error,
    },
}

impl Distrust {
    /// The part of the path that is not to be trusted.
    pub fn part(&self) -> &Path {
        match self {
            Self::Weak { part, .. } | Self::Unseen { part, .. } => part,
        }
    }
}

/// The commands that make `part` one that can be trusted.
fn mend(part: &Path, is_foreign: bool, is_open: bool) -> String {
    let part = part.display();
    let owner = is_foreign.then(|| format!("chown -h root {part}"));
    let mode = is_open.then(|| format!("chmod go-w {part}"));
    let commands: Vec<String> = owner.into_iter().chain(mode).collect();
    commands.join(" && ")
}

/// Whether this process was root and obeys, as another user, only what root would.
static IS_BOUND: AtomicBool = AtomicBool::new(false);

/// From now on [`check_for_root`] asks although this process is not root: what it obeys must belong to
/// root or to its own user.
pub fn stay_bound() {
    IS_BOUND.store(true, Ordering::Relaxed);
}

/// Whether this process obeys only what root would, although it may be another user.
pub fn is_bound() -> bool {
    geteuid().is_root() || IS_BOUND.load(Ordering::Relaxed)
}

/// Whether root, or the deliverer as a user of its own, may obey the file at `path`; any other user may
/// obey what he likes. A file that is not there is one that nobody else can put there.
///
/// # Errors
/// What others can change.
pub fn check_for_root(path: &Path) -> Result<(), Distrust> {
    if is_bound() {
        check_trust(path)
    } else {
        Ok(())
    }
}

/// Whether nobody else than root and whoever runs this can change the file at `path`, or put another
/// one in its place.
///
/// # Errors
/// The first part, from the top, that others can change.
pub fn check_trust(path: &Path) -> Result<(), Distrust> {
    walk(path, true)
}

/// Whether nobody else than root and whoever runs this can put another file in the place of the one
/// at `path`, whoever can change that one.
///
/// # Errors
/// The first directory or link on the way to it that others can change.
pub fn check_way_to(path: &Path) -> Result<(), Distrust> {
    walk(path, false)
}

fn walk(path: &Path, is_with_last: bool) -> Result<(), Distrust> {
    let unseen = |part: &Path, cause| Distrust::Unseen {
        part: part.to_owned(),
        cause,
    };
    let whole = absolute(path).map_err(|cause| unseen(path, cause))?;
    let mut here = PathBuf::from("/");
    let mut left = Vec::new();
    push(&mut left, &whole);
    let mut links = 0;
    loop {
        let found = match fs::symlink_metadata(&here) {
            Err(cause) if cause.kind() == io::ErrorKind::NotFound => return Ok(()),
            Err(cause) => return Err(unseen(&here, cause)),
            Ok(found) => found,
        };
        let is_last = left.is_empty();
        if is_last && !is_with_last && !found.is_symlink() {
            return Ok(());
        }
        let is_foreign = found.uid() != 0 && found.uid() != geteuid().as_raw();
        let is_open = can_others_write(&found, is_last);
        if is_foreign || is_open {
            return Err(Distrust::Weak {
                part: here,
                is_foreign,
                is_open,
            });
        }
        if found.is_symlink() {
            links += 1;
            if links > MOST_LINKS {
                return Err(unseen(&here, io::ErrorKind::TooManyLinks.into()));
            }
            let target = fs::read_link(&here).map_err(|cause| unseen(&here, cause))?;
            here.pop();
            if target.is_absolute() {
                here = PathBuf::from("/");
            }
            push(&mut left, &target);
        }
        if !step(&mut here, &mut left) {
            return Ok(());
        }
    }
}

/// The parts of `path`, the first one on top.
fn push(left: &mut Vec<OsString>, path: &Path) {
    let parts = path.components().rev().filter_map(|part| match part {
        Component::Normal(name) => Some(name.to_owned()),
        Component::ParentDir => Some("..".into()),
        Component::RootDir | Component::CurDir | Component::Prefix(_) => None,
    });
    left.extend(parts);
}

/// Goes down to the next part; false if there is none.
fn step(here: &mut PathBuf, left: &mut Vec<OsString>) -> bool {
    while let Some(part) = left.pop() {
        if part != ".." {
            here.push(part);
            return true;
        }
        here.pop();
    }
    false
}

fn can_others_write(found: &Metadata, is_last: bool) -> bool {
    let is_guarded = found.is_dir() && !is_last && found.mode() & STICKY != 0;
    found.mode() & WRITE_BY_OTHERS != 0 && !is_guarded && !found.is_symlink()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::{PermissionsExt as _, lchown, symlink};

    fn chmod(path: &Path, mode: u32) {
        fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    }

    #[track_caller]
    fn weak(path: &Path, part: &Path, line: &str) {
        let distrust = check_trust(path).unwrap_err();
        assert_eq!(distrust.part(), part);
        let text = distrust.to_string();
        assert!(
            text.ends_with(&format!("run {line} {}", part.display())),
            "{text}"
        );
    }

    #[test]
    fn what_others_can_change_is_found_wherever_it_is() {
        let stage = tempfile::tempdir().unwrap();
        let root = fs::canonicalize(stage.path()).unwrap();
        let (real, link) = (root.join("real"), root.join("link"));
        fs::create_dir(&real).unwrap();
        let file = real.join("file");
        fs::write(&file, "").unwrap();
        chmod(&file, 0o600);
        chmod(&real, 0o755);
        symlink("real/../real", &link).unwrap();
        let way = link.join("file");
        for path in [&file, &way, &real.join("absent")] {
            assert!(check_trust(path).is_ok(), "{:?}", check_trust(path));
        }
        chmod(&file, 0o620);
        weak(&way, &file, "chmod go-w");
        assert!(check_way_to(&way).is_ok());
        chmod(&file, 0o600);
        chmod(&real, 0o777);
        weak(&way, &real, "chmod go-w");
        assert_eq!(check_way_to(&way).unwrap_err().part(), real);
        chmod(&real, 0o1777);
        assert!(check_trust(&way).is_ok());
        if geteuid().is_root() {
            lchown(&link, Some(65_534), None).unwrap();
            weak(&way, &link, "chown -h root");
            assert!(check_trust(&file).is_ok());
            lchown(&file, Some(65_534), None).unwrap();
            weak(&file, &file, "chown -h root");
        }
        symlink("loop", root.join("loop")).unwrap();
        assert!(matches!(
            check_trust(&root.join("loop")),
            Err(Distrust::Unseen { .. })
        ));
    }
}
