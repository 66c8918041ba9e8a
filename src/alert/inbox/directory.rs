//! A drop directory, opened once: what is looked at, read and deleted is in the directory that was
//! listed, whatever its path leads to meanwhile.

use crate::alert::trust::check_way_to;
use crate::alert::ways::is_roots_alone;
use nix::dir::{Dir, OwningIter};
use nix::errno::Errno;
use nix::fcntl::{AtFlags, OFlag, openat};
use nix::sys::stat::{FileStat, Mode, SFlag, fstatat};
use nix::unistd::{UnlinkatFlags, unlinkat};
use std::fs::{self, File, Metadata, OpenOptions};
use std::io;
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

/// An open drop directory.
#[derive(Debug)]
pub(crate) struct DropDirectory {
    file: File,
    /// Its path without links: the journal knows its files by that.
    path: PathBuf,
    /// Whether a file of root's in it was put there by root.
    is_roots: bool,
}

/// The names in a directory, as the system lists them. What is put there meanwhile may be left out.
#[derive(Debug)]
pub(crate) struct Names {
    entries: OwningIter,
    has_itself: bool,
}

/// What comes next in a directory.
#[derive(Debug)]
pub(crate) enum Step {
    /// A name that was asked for.
    Name(String),
    /// Another one.
    Other,
    /// Nothing.
    End,
}

impl Names {
    /// The next one, by name if that is text which `is_wanted`.
    ///
    /// # Errors
    /// When the directory cannot be listed to its end.
    pub(crate) fn step(&mut self, is_wanted: impl Fn(&str) -> bool) -> io::Result<Step> {
        let Some(entry) = self.entries.next() else {
            // Every directory lists itself; the C library takes one kind of failure for the end.
            return if self.has_itself {
                Ok(Step::End)
            } else {
                Err(Errno::ENOENT.into())
            };
        };
        let entry = entry?;
        self.has_itself |= entry.file_name().to_bytes() == b".";
        Ok(match entry.file_name().to_str() {
            Ok(name) if is_wanted(name) => Step::Name(name.to_owned()),
            Ok(_) | Err(_) => Step::Other,
        })
    }
}

/// What can be seen of a file without opening it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Look {
    /// Its owner.
    pub(crate) uid: u32,
    /// Whether it is a regular file.
    pub(crate) is_file: bool,
    /// How many names it has.
    pub(crate) links: u64,
    /// How long it is.
    pub(crate) bytes: u64,
    /// When it was last changed: seconds and nanoseconds since the epoch.
    pub(crate) changed: (i64, i64),
}

/// Why a directory that is not found is not the same as an empty one: a link on the way to it leads to
/// nothing, as where a disk is not mounted.
pub(super) fn link_to_nothing(path: &Path) -> Option<io::Error> {
    let mut way = path.ancestors();
    let at = way.find(|at| fs::symlink_metadata(at).is_ok())?;
    fs::metadata(at).err().map(|_| {
        let link = if at == path {
            "it".to_owned()
        } else {
            at.display().to_string()
        };
        io::Error::other(format!(
            "{link} is a link to nothing, perhaps to a disk that is not mounted"
        ))
    })
}

impl DropDirectory {
    /// Opens the directory at `path`; nothing if there is none.
    ///
    /// # Errors
    /// When it cannot be opened, or when its path without links cannot be found: by another one
    /// the journal would not know its files again.
    pub(crate) fn open(path: &Path) -> io::Result<Option<Self>> {
        let open = |path: PathBuf| {
            let flags = OFlag::O_DIRECTORY | OFlag::O_NOFOLLOW | OFlag::O_NONBLOCK;
            let file = OpenOptions::new()
                .read(true)
                .custom_flags(flags.bits())
                .open(&path)?;
            let is_roots = is_roots_alone(&file.metadata()?) && check_way_to(&path).is_ok();
            Ok(Self {
                file,
                path,
                is_roots,
            })
        };
        match fs::canonicalize(path).and_then(open) {
            Err(cause) if cause.kind() == io::ErrorKind::NotFound => {
                link_to_nothing(path).map_or(Ok(None), Err)
            }
            opened => opened.map(Some),
        }
    }

    /// Its path without links.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Whether the directory at `path` is one into which only root can put a file of root's.
    pub(crate) fn is_roots_at(path: &Path) -> bool {
        Self::open(path).is_ok_and(|opened| opened.is_some_and(|directory| directory.is_roots))
    }

    /// Whether only root can put a file of root's into it.
    pub(crate) fn is_roots(&self) -> bool {
        self.is_roots
    }

    /// Whether it is the directory that its path leads to now.
    pub(crate) fn is_at_its_path(&self) -> bool {
        let identity = |file: Metadata| (file.dev(), file.ino());
        let opened = self.file.metadata().map(identity);
        let found = fs::symlink_metadata(&self.path).map(identity);
        opened.is_ok_and(|opened| found.is_ok_and(|found| found == opened))
    }

    /// Shows the names in it to `visit`, those that are not text left out.
    ///
    /// # Errors
    /// When it cannot be listed to its end.
    pub(crate) fn visit(&self, visit: &mut dyn FnMut(&str)) -> io::Result<()> {
        let mut names = self.names()?;
        loop {
            match names.step(|_| true)? {
                Step::Name(name) => visit(&name),
                Step::Other => {}
                Step::End => return Ok(()),
            }
        }
    }

    /// The names in it, to be asked for one after the other.
    ///
    /// # Errors
    /// When it cannot be listed.
    pub(crate) fn names(&self) -> io::Result<Names> {
        let flags = OFlag::O_RDONLY | OFlag::O_DIRECTORY | OFlag::O_CLOEXEC;
        let entries = Dir::openat(&self.file, ".", flags, Mode::empty())?.into_iter();
        Ok(Names {
            entries,
            has_itself: false,
        })
    }

    /// Looks at a file and follows no link.
    ///
    /// # Errors
    /// When there is none, or it cannot be looked at.
    pub(crate) fn look(&self, name: &str) -> io::Result<Look> {
        Ok(Look::from(&fstatat(
            &self.file,
            name,
            AtFlags::AT_SYMLINK_NOFOLLOW,
        )?))
    }

    /// Opens a file to read it, follows no link and waits for nobody.
    ///
    /// # Errors
    /// When the system cannot open it.
    pub(crate) fn read(&self, name: &str) -> io::Result<File> {
        let flags = OFlag::O_RDONLY
            | OFlag::O_NOFOLLOW
            | OFlag::O_NONBLOCK
            | OFlag::O_NOCTTY
            | OFlag::O_CLOEXEC;
        Ok(openat(&self.file, name, flags, Mode::empty())?.into())
    }

    /// Deletes a file.
    ///
    /// # Errors
    /// When the system cannot delete it, or there is none.
    pub(crate) fn remove(&self, name: &str) -> io::Result<()> {
        Ok(unlinkat(&self.file, name, UnlinkatFlags::NoRemoveDir)?)
    }

    /// Deletes a directory that is empty.
    ///
    /// # Errors
    /// When the system cannot delete it.
    pub(crate) fn remove_directory(&self, name: &str) -> io::Result<()> {
        Ok(unlinkat(&self.file, name, UnlinkatFlags::RemoveDir)?)
    }

    /// Makes what was deleted stay deleted, whatever happens to the machine.
    ///
    /// # Errors
    /// When the disk cannot be written.
    pub(crate) fn sync(&self) -> io::Result<()> {
        self.file.sync_all()
    }
}

impl From<&FileStat> for Look {
    fn from(file: &FileStat) -> Self {
        let kind = SFlag::from_bits_truncate(file.st_mode & SFlag::S_IFMT.bits());
        Self {
            uid: file.st_uid,
            is_file: kind == SFlag::S_IFREG,
            links: file.st_nlink,
            bytes: u64::try_from(file.st_size).unwrap_or(u64::MAX),
            changed: (file.st_ctime, file.st_ctime_nsec),
        }
    }
}

impl From<&Metadata> for Look {
    fn from(file: &Metadata) -> Self {
        Self {
            uid: file.uid(),
            is_file: file.is_file(),
            links: file.nlink(),
            bytes: file.len(),
            changed: (file.ctime(), file.ctime_nsec()),
        }
    }
}

/// Whether there is no directory at `path`, which the directory above must prove by not listing
/// it: that a path leads nowhere may be a passing fault of the system.
pub(crate) fn is_proven_absent(path: &Path) -> bool {
    let (Some(above), Some(name)) = (path.parent(), path.file_name()) else {
        return false;
    };
    let above = if above.as_os_str().is_empty() {
        Path::new(".")
    } else {
        above
    };
    let directory = match DropDirectory::open(above) {
        Ok(Some(directory)) => directory,
        Ok(None) => return is_proven_absent(above),
        Err(_) => return false,
    };
    let mut is_listed = false;
    let listed = directory.visit(&mut |found| is_listed |= name == found);
    // What is not text is not found in the listing.
    listed.is_ok() && !is_listed && name.to_str().is_some()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::symlink;

    #[test]
    fn only_a_directory_above_proves_that_one_is_absent() {
        let place = tempfile::tempdir().unwrap();
        let drop = place.path().join("spool/drop");
        assert!(is_proven_absent(&drop));
        fs::create_dir_all(&drop).unwrap();
        assert!(!is_proven_absent(&drop));
        fs::remove_dir(&drop).unwrap();
        symlink("/nonexistent", &drop).unwrap();
        assert!(DropDirectory::open(&drop).is_err());
        assert!(
            !is_proven_absent(&drop),
            "a link that leads nowhere is there"
        );
        assert!(!is_proven_absent(Path::new("/")));
    }

    #[test]
    fn what_is_deleted_is_in_the_directory_that_was_opened() {
        let place = tempfile::tempdir().unwrap();
        let [first, second] = ["first", "second"].map(|name| place.path().join(name));
        for directory in [&first, &second] {
            fs::create_dir(directory).unwrap();
            fs::write(directory.join("x"), "x").unwrap();
        }
        let drop = place.path().join("drop");
        symlink(&first, &drop).unwrap();
        let opened = DropDirectory::open(&drop).unwrap().unwrap();
        assert_eq!(opened.path(), fs::canonicalize(&first).unwrap());
        let moved = place.path().join("moved");
        fs::rename(&first, &moved).unwrap();
        symlink(&second, &first).unwrap();
        assert!(!opened.is_at_its_path());
        opened.remove("x").unwrap();
        assert!(second.join("x").exists() && !moved.join("x").exists());
    }
}
