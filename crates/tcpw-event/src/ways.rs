//! The two ways in, which are drop directories: one that everybody may write to, and one of root's.
//! Which user and modes they need, how they are made, and which directory only root can write to.

use super::account;
use super::places::{DEFAULT_DROP, DEFAULT_ROOT_DROP};
use super::spool_error::{SpoolError, failed};
use nix::fcntl::OFlag;
use nix::unistd::{getegid, geteuid};
use std::fmt;
use std::fs::{self, DirBuilder, File, Metadata, OpenOptions, Permissions};
use std::io;
use std::os::unix::fs::{
    DirBuilderExt as _, MetadataExt as _, OpenOptionsExt as _, PermissionsExt as _, fchown,
};
use std::path::{Path, PathBuf};

/// Everybody may pass through the directory above them.
const PARENT_MODE: u32 = 0o755;
/// The mode of a directory that is being made: whoever finds it so waits, or goes on with the work.
const UNFINISHED: u32 = 0o400;
const SET_GROUP: u32 = 0o2000;
const WRITE_BY_GROUP: u32 = 0o020;
const WRITE_BY_ALL: u32 = 0o002;
const STICKY: u32 = 0o1000;

/// A way in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// Everybody may put files there, nobody but the deliverer may list them, nobody may touch
    /// another's.
    Public,
    /// Only root may put files there: who reports there is root.
    Root,
}

/// What a drop directory looks like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Form {
    /// Its permissions, with the bits for sticky and set-group-ID.
    pub mode: u32,
    /// Its user and group; nothing where it belongs to whoever makes it.
    pub owner: Option<(u32, u32)>,
}

/// A mode, and an owner where it matters: `mode 3733, owner 995:995`.
impl fmt::Display for Form {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(to, "mode {:o}", self.mode)?;
        match self.owner {
            Some((uid, gid)) => write!(to, ", owner {uid}:{gid}"),
            None => Ok(()),
        }
    }
}

impl Way {
    /// The form that a directory of this way needs here: with the user and the group `tcpw`, if
    /// root makes it and they exist.
    pub fn form(self) -> Form {
        let is_root = geteuid().is_root();
        let group = account::group().filter(|_| is_root);
        let user = match self {
            Self::Public => account::user().filter(|_| is_root),
            Self::Root => Some(0),
        };
        match (self, user.zip(group)) {
            (Self::Public, None) => Form {
                mode: 0o1733,
                owner: None,
            },
            (Self::Public, owner) => Form {
                mode: 0o3733,
                owner,
            },
            (Self::Root, None) => Form {
                mode: 0o700,
                owner: None,
            },
            (Self::Root, owner) => Form {
                mode: 0o2770,
                owner,
            },
        }
    }

    /// Which of the usual directories this is, if it is one.
    pub fn of_usual(directory: &Path) -> Option<Self> {
        let is = |path: &str| directory.ends_with(path.trim_start_matches('/'));
        if is(DEFAULT_DROP) {
            Some(Self::Public)
        } else {
            is(DEFAULT_ROOT_DROP).then_some(Self::Root)
        }
    }

    /// The modes that a directory may have which belongs to the group `tcpw`, or to nobody else.
    fn modes(self) -> [u32; 2] {
        match self {
            Self::Public => [0o1733, 0o3733],
            Self::Root => [0o700, 0o2770],
        }
    }
}

/// Where root's events go beside the public way at `drop`, unless the configuration says otherwise.
pub fn root_way_beside(drop: &Path) -> PathBuf {
    drop.with_file_name("root")
}

/// Whether this process is root's.
pub fn is_root() -> bool {
    geteuid().is_root()
}

/// Makes the drop directory at `directory`, and its parent if that is missing too. One that is
/// there stays as it is, but for the usual ones, which [`repair`] repairs.
///
/// # Errors
/// When neither its parent nor that one's parent is there, or they may not be written.
pub fn make(directory: &Path, way: Way) -> Result<(), SpoolError> {
    match make_one(directory, way.form()) {
        Err(error) if error.cause.kind() == io::ErrorKind::NotFound => {
            let Some(parent) = directory.parent() else {
                return Err(error);
            };
            make_parent(parent).map_err(failed("make the directory", directory))?;
            make_one(directory, way.form())?;
        }
        made => made?,
    }
    // Whoever may not do that is not the one whose business it is.
    drop(repair(directory));
    Ok(())
}

fn make_parent(parent: &Path) -> io::Result<()> {
    match DirBuilder::new().mode(PARENT_MODE).create(parent) {
        // A umask would have taken bits away.
        Ok(()) => fs::set_permissions(parent, Permissions::from_mode(PARENT_MODE)),
        Err(cause) if cause.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        Err(cause) => Err(cause),
    }
}

/// Makes one directory; one that is there already, as when another process was faster, stays as it
/// is.
fn make_one(directory: &Path, form: Form) -> Result<(), SpoolError> {
    match DirBuilder::new().mode(UNFINISHED).create(directory) {
        Ok(()) => shape(directory, form).map_err(failed("set the mode of", directory)),
        Err(cause) if cause.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        Err(cause) => Err(failed("make the directory", directory)(cause)),
    }
}

/// Whether a directory is being made, or was when its maker was killed.
pub(crate) fn is_unfinished(found: &Metadata) -> bool {
    found.is_dir() && mode(found) == UNFINISHED
}

/// Goes on with the work of a maker that was killed; the maker, if it lives, does the same.
///
/// # Errors
/// When it belongs to somebody else.
pub(crate) fn finish(directory: &Path, way: Way) -> io::Result<()> {
    shape(directory, way.form())
}

/// Gives an unfinished directory its form.
fn shape(directory: &Path, form: Form) -> io::Result<()> {
    let opened = open(directory)?;
    if is_unfinished(&opened.metadata()?) {
        set(&opened, form)?;
    }
    Ok(())
}

fn set(directory: &File, form: Form) -> io::Result<()> {
    if let Some((user, group)) = form.owner {
        fchown(directory, Some(user), Some(group))?;
    }
    directory.set_permissions(Permissions::from_mode(form.mode))
}

/// Opens a directory, never a link to one.
fn open(directory: &Path) -> io::Result<File> {
    let flags = OFlag::O_DIRECTORY | OFlag::O_NOFOLLOW;
    OpenOptions::new()
        .read(true)
        .custom_flags(flags.bits())
        .open(directory)
}

/// Gives a usual drop directory back the user and the mode it needs; says which mode it had, if
/// something was changed. One that the configuration names may be somebody's for other things too,
/// and stays as it is.
///
/// # Errors
/// When they cannot be read or set.
pub fn repair(directory: &Path) -> io::Result<Option<u32>> {
    let metadata = fs::symlink_metadata(directory)?;
    let Some(way) = Way::of_usual(directory).filter(|_| metadata.is_dir()) else {
        return Ok(None);
    };
    let form = way.form();
    let is_sound = match form.owner {
        Some(owner) => owner == (metadata.uid(), metadata.gid()) && form.mode == mode(&metadata),
        None => way.modes().contains(&mode(&metadata)),
    };
    if is_sound {
        return Ok(None);
    }
    set(&open(directory)?, form)?;
    Ok(Some(mode(&metadata)))
}

/// The form that a drop directory has, and the one that it needs, where alerts would be lost or
/// forged as it is; nothing of one that is sound. Of those that only a configuration names it is asked
/// that nobody can remove or replace another's alerts there.
///
/// # Errors
/// When it cannot be looked at.
pub fn misfit(directory: &Path) -> io::Result<Option<(Form, Form)>> {
    let metadata = fs::metadata(directory)?;
    let found = Form {
        mode: mode(&metadata),
        owner: Some((metadata.uid(), metadata.gid())),
    };
    let Some(way) = Way::of_usual(directory) else {
        let is_open = found.mode & WRITE_BY_ALL != 0 && found.mode & STICKY == 0;
        let wanted = Form {
            mode: found.mode | STICKY,
            owner: None,
        };
        return Ok(is_open.then_some((found, wanted)));
    };
    let form = way.form();
    let is_sound = match form.owner {
        Some(_) => form.owner == found.owner && form.mode == found.mode,
        None => way.modes().contains(&found.mode),
    };
    Ok((!is_sound).then_some((found, form)))
}

/// Whether the files in a directory are readable for its group: the deliverer's.
pub(crate) fn is_for_group(found: &Metadata) -> bool {
    found.mode() & SET_GROUP != 0
}

/// Whether root may put an event there: nobody can take it away again.
pub(crate) fn is_safe_for_root(found: &Metadata) -> bool {
    found.uid() == 0 && found.mode() & WRITE_BY_ALL == 0
}

/// Whether only root can put a file of root's into a directory: it belongs to root, and nobody else
/// may write to it but the group `tcpw`, or the group of a deliverer that is not root.
pub fn is_roots_alone(found: &Metadata) -> bool {
    let is_deliverers = |group: u32| {
        let is_own = !geteuid().is_root() && group == getegid().as_raw();
        group == 0 || is_own || account::group() == Some(group)
    };
    is_safe_for_root(found) && (found.mode() & WRITE_BY_GROUP == 0 || is_deliverers(found.gid()))
}

fn mode(found: &Metadata) -> u32 {
    found.mode() & 0o7777
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::chown;
    use std::sync::Barrier;
    use std::thread;

    /// How many make the directory at once.
    const RACERS: usize = 16;

    fn chmod(path: &Path, mode: u32) {
        fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
    }

    fn mode_of(path: &Path) -> u32 {
        mode(&fs::metadata(path).unwrap())
    }

    #[test]
    fn whoever_comes_second_finds_the_directory_too() {
        let place = tempfile::tempdir().unwrap();
        for round in 0..200 {
            let way = [Way::Public, Way::Root][round % 2];
            let directory = place.path().join(format!("{round}/drop"));
            let start = Barrier::new(RACERS);
            thread::scope(|scope| {
                let racers: Vec<_> = (0..RACERS)
                    .map(|_| {
                        scope.spawn(|| {
                            start.wait();
                            make(&directory, way).map(|()| directory.is_dir())
                        })
                    })
                    .collect();
                for racer in racers {
                    assert!(racer.join().unwrap().unwrap(), "round {round}");
                }
            });
            assert_eq!(mode_of(&directory), way.form().mode);
        }
    }

    #[test]
    fn only_the_usual_directories_get_their_mode_back() {
        let parent = tempfile::tempdir().unwrap();
        for (path, way) in [(DEFAULT_DROP, Way::Public), (DEFAULT_ROOT_DROP, Way::Root)] {
            let usual = parent.path().join(path.trim_start_matches('/'));
            fs::create_dir_all(&usual).unwrap();
            chmod(&usual, 0o777);
            assert_eq!(repair(&usual).unwrap(), Some(0o777));
            assert_eq!(repair(&usual).unwrap(), None);
            assert_eq!(mode_of(&usual), way.form().mode);
        }
        chmod(parent.path(), 0o750);
        make(parent.path(), Way::Public).unwrap();
        assert_eq!(mode_of(parent.path()), 0o750);
    }

    #[test]
    fn a_directory_in_which_alerts_can_be_lost_is_a_misfit() {
        let parent = tempfile::tempdir().unwrap();
        let usual = parent.path().join(DEFAULT_DROP.trim_start_matches('/'));
        fs::create_dir_all(&usual).unwrap();
        chmod(&usual, Way::Public.form().mode);
        let named = parent.path().join("named");
        fs::create_dir(&named).unwrap();
        for (mode, is_misfit) in [(0o755, false), (0o1777, false), (0o777, true)] {
            chmod(&named, mode);
            assert_eq!(misfit(&named).unwrap().is_some(), is_misfit, "{mode:o}");
        }
        chmod(&usual, 0o777);
        let (found, wanted) = misfit(&usual).unwrap().unwrap();
        assert_eq!((found.mode, wanted), (0o777, Way::Public.form()));
        assert!(misfit(&parent.path().join("absent")).is_err());
    }

    #[test]
    fn a_maker_that_was_killed_leaves_a_directory_that_is_finished_later() {
        let parent = tempfile::tempdir().unwrap();
        let directory = parent.path().join("drop");
        DirBuilder::new()
            .mode(UNFINISHED)
            .create(&directory)
            .unwrap();
        assert!(is_unfinished(&fs::metadata(&directory).unwrap()));
        finish(&directory, Way::Root).unwrap();
        assert_eq!(mode_of(&directory), Way::Root.form().mode);
        // One that has its form is not changed.
        finish(&directory, Way::Public).unwrap();
        assert_eq!(mode_of(&directory), Way::Root.form().mode);
    }

    #[test]
    fn only_a_directory_that_nobody_else_can_write_to_is_roots() {
        assert!(is_root(), "run as root");
        let place = tempfile::tempdir().unwrap();
        let path = place.path();
        let is_roots = || is_roots_alone(&fs::metadata(path).unwrap());
        for (mode, wanted) in [
            (0o700, true),
            (0o755, true),
            (0o2770, true),
            (0o1733, false),
            (0o1777, false),
            (0o702, false),
        ] {
            chmod(path, mode);
            assert_eq!(is_roots(), wanted, "{mode:o}");
        }
        chmod(path, 0o2770);
        chown(path, None, Some(65_534)).unwrap();
        assert!(!is_roots(), "a group of others may write");
        chmod(path, 0o2750);
        assert!(is_roots());
        chown(path, Some(65_534), None).unwrap();
        assert!(!is_roots(), "its owner may write");
    }
}
