//! A compiled set on its way to its place: there as a whole, or not at all.

use crate::cli::base::Failure;
use std::fs::{self, File, OpenOptions, Permissions};
use std::io::{self, ErrorKind};
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use tcpw_gate::set::{Builder, SetSource, SetSummary};
use tempfile::{NamedTempFile, TempPath};

/// Everybody reads it: rules are asked as any user.
const MODE: u32 = 0o644;
/// Nobody else reads it before it is whole.
const OWN_MODE: u32 = 0o600;

/// A set that is not yet in its place. Nothing is left of it if it is dropped.
#[derive(Debug)]
pub(crate) struct SetFile {
    place: Place,
}

#[derive(Debug)]
enum Place {
    /// It shall stand here, and lies beside it.
    Real {
        target: PathBuf,
        file: NamedTempFile,
    },
    /// It is written for its numbers only.
    Rehearsed(File),
}

impl SetFile {
    /// Begins a set that shall stand at `target`; without one nothing is kept of it. What a tcpw
    /// left there that was killed is removed.
    ///
    /// # Errors
    /// When no file can be made there, or another tcpw builds the same set.
    pub(crate) fn begin(target: Option<&PathBuf>) -> Result<Self, Failure> {
        let Some(target) = target else {
            let file = tempfile::tempfile().map_err(|error| {
                Failure::new(format_args!("cannot make a temporary file: {error}"))
                    .hint("name another directory in TMPDIR")
            })?;
            let place = Place::Rehearsed(file);
            return Ok(Self { place });
        };
        let file = make(target).map_err(|error| cannot_write(target, &error))?;
        let target = target.clone();
        Ok(Self {
            place: Place::Real { target, file },
        })
    }

    /// What makes files without a name where the set will be, for [`Builder::new`].
    pub(crate) fn scratch(&self) -> impl FnMut() -> io::Result<File> + use<> {
        let folder = match &self.place {
            Place::Real { target, .. } => folder(target).to_owned(),
            Place::Rehearsed(_) => std::env::temp_dir(),
        };
        move || tempfile::tempfile_in(&folder)
    }

    /// Writes the set.
    ///
    /// # Errors
    /// When it cannot be written.
    pub(crate) fn fill(
        &mut self,
        builder: Builder<'_>,
        sources: Vec<SetSource>,
        built: i64,
    ) -> Result<SetSummary, Failure> {
        match &mut self.place {
            Place::Real { target, file } => builder
                .finish(sources, built, file.as_file_mut())
                .map_err(|error| cannot_write(target, &error)),
            Place::Rehearsed(file) => builder.finish(sources, built, file).map_err(|error| {
                Failure::new(format_args!("cannot write a temporary file: {error}"))
                    .hint("name another directory in TMPDIR")
            }),
        }
    }

    /// Puts the set in the place of what is there, and returns when that lasts.
    ///
    /// # Errors
    /// When it cannot be put there; what was there stays.
    pub(crate) fn commit(self) -> Result<(), Failure> {
        let (target, file) = match self.place {
            Place::Rehearsed(_) => return Ok(()),
            Place::Real { target, file } => (target, file),
        };
        let failed = |error: &io::Error| cannot_write(&target, error);
        file.as_file()
            .set_permissions(Permissions::from_mode(MODE))
            .and_then(|()| file.as_file().sync_all())
            .map_err(|error| failed(&error))?;
        if let Err(error) = own(&file) {
            drop(file.keep());
            return Err(failed(&error));
        }
        file.persist(&target)
            .map_err(|error| failed(&error.error))?;
        File::open(folder(&target))
            .and_then(|folder| folder.sync_all())
            .map_err(|error| failed(&error))
    }
}

/// Makes the file beside `target` and locks it: its name is always the same, so that what a killed
/// tcpw left is found, and not locked.
fn make(target: &Path) -> io::Result<NamedTempFile> {
    let mut name = std::ffi::OsString::from(".");
    let last = target
        .file_name()
        .ok_or_else(|| io::Error::other("it has no name of a file"))?;
    name.push(last);
    name.push(".tcpw.new");
    let folder = folder(target);
    let path = folder.join(&name);
    let create = || {
        let mut options = OpenOptions::new();
        options
            .read(true)
            .write(true)
            .create_new(true)
            .mode(OWN_MODE);
        let file = options.open(&path)?;
        let path = TempPath::try_from_path(&path)?;
        Ok::<_, io::Error>(NamedTempFile::from_parts(file, path))
    };
    let file = match create() {
        Err(error) if error.kind() == ErrorKind::AlreadyExists => {
            remove_left(&path)?;
            create().map_err(|error| {
                if error.kind() == ErrorKind::AlreadyExists {
                    busy()
                } else {
                    error
                }
            })?
        }
        made => made?,
    };
    let mine = lock(file.as_file()).and_then(|()| own(&file));
    if let Err(error) = mine {
        // What has its name now is another's, and stays.
        drop(file.keep());
        return Err(error);
    }
    Ok(file)
}

/// Removes what a tcpw left that was killed. One that still runs has it locked.
fn remove_left(path: &Path) -> io::Result<()> {
    let left = match crate::system::open_unfollowed(path) {
        // Whoever had it has put it in its place.
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
        opened => opened?,
    };
    if !left.metadata()?.is_file() {
        return Err(io::Error::other(format!(
            "{} is in the way",
            path.display()
        )));
    }
    lock(&left)?;
    match fs::remove_file(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
        removed => removed,
    }
}

fn lock(file: &File) -> io::Result<()> {
    file.try_lock().map_err(|error| match error {
        fs::TryLockError::WouldBlock => busy(),
        fs::TryLockError::Error(error) => error,
    })
}

/// Whether the file still has its name: another tcpw may have taken it for one that was left.
fn own(file: &NamedTempFile) -> io::Result<()> {
    let ours = file.as_file().metadata()?;
    let named = match fs::symlink_metadata(file.path()) {
        // It was removed, and what the other one makes is not there yet.
        Err(error) if error.kind() == ErrorKind::NotFound => return Err(busy()),
        named => named?,
    };
    if (ours.dev(), ours.ino()) == (named.dev(), named.ino()) {
        Ok(())
    } else {
        Err(busy())
    }
}

fn folder(target: &Path) -> &Path {
    let parent = target
        .parent()
        .filter(|parent| !parent.as_os_str().is_empty());
    parent.unwrap_or(Path::new("."))
}

fn cannot_write(target: &Path, error: &io::Error) -> Failure {
    let kind = error.kind();
    let hint = if matches!(kind, ErrorKind::StorageFull | ErrorKind::QuotaExceeded) {
        "make room on its disk; nothing was changed"
    } else if kind == ErrorKind::ResourceBusy {
        "wait until that has ended; nothing was changed"
    } else {
        "name a file in a directory that you may write to; nothing was changed"
    };
    Failure::new(format_args!("cannot write {}: {error}", target.display())).hint(hint)
}

fn busy() -> io::Error {
    io::Error::new(ErrorKind::ResourceBusy, "another tcpw is building it")
}
