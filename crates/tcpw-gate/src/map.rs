//! Files that are mapped into memory instead of being read: a question touches a few pages of them.
//!
//! The one unsafe call of the gate. Databases and sets are replaced by renaming a new file over the old
//! one, which leaves a map of the old one whole. A file that is cut short in place while it is mapped
//! ends the process by SIGBUS; libwrap takes that for a gate that does not admit (F-ACL-04). Bytes that
//! are overwritten in place are read as they come: nothing here relies on reading the same twice.

use memmap2::Mmap;
use std::fmt;
use std::fs::File;
use std::io;
use std::path::Path;
use tcpw_event::regular::open_regular;

/// The bytes of a file, mapped.
pub struct Map(Option<Mmap>);

impl Map {
    /// Maps the regular file at `path`.
    ///
    /// # Errors
    /// When it cannot be opened, is not a regular file, or the kernel does not map it.
    pub fn open(path: &Path) -> io::Result<Self> {
        Self::of(&open_regular(path)?)
    }

    /// Maps a regular file that is open.
    ///
    /// # Errors
    /// When the kernel does not map it.
    pub fn of(file: &File) -> io::Result<Self> {
        if file.metadata()?.len() == 0 {
            return Ok(Self(None));
        }
        #[expect(
            unsafe_code,
            reason = "the compiler cannot know that nobody writes to the file; see the head of this file"
        )]
        // SAFETY: the map is only read, as bytes, of which every value is sound.
        let map = unsafe { Mmap::map(file) }?;
        Ok(Self(Some(map)))
    }
}

impl AsRef<[u8]> for Map {
    fn as_ref(&self) -> &[u8] {
        self.0.as_deref().unwrap_or_default()
    }
}

impl fmt::Debug for Map {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "Map({} bytes)", self.as_ref().len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    #[test]
    fn a_map_has_the_bytes_of_the_file_even_when_another_takes_its_place() {
        let place = tempfile::tempdir().unwrap();
        let (path, other) = (place.path().join("a"), place.path().join("b"));
        fs::write(&path, "old").unwrap();
        let map = Map::open(&path).unwrap();
        fs::write(&other, "").unwrap();
        fs::rename(&other, &path).unwrap();
        assert_eq!(map.as_ref(), b"old");
        assert_eq!(Map::open(&path).unwrap().as_ref(), b"");
        for wrong in [place.path().to_owned(), place.path().join("absent")] {
            assert!(Map::open(&wrong).is_err());
        }
    }
}
