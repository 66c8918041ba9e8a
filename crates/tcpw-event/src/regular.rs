//! Reading files that somebody named: nothing but regular ones, which never let anybody wait.

use crate::whole::read_whole;
use nix::fcntl::OFlag;
use std::fs::{self, File, Metadata, OpenOptions};
use std::io;
use std::os::unix::fs::{FileTypeExt as _, MetadataExt as _, OpenOptionsExt as _};
use std::path::Path;

/// The number of `/dev/null`, which stands for an empty file (Linux, admin-guide/devices.txt).
const NULL: u64 = (1 << 8) | 3;

/// Opens a regular file, or `/dev/null`, to read it.
///
/// # Errors
/// When it cannot be opened, or is a pipe, a device, a directory or a socket: opening those may last
/// for ever, or do something.
pub fn open_regular(path: &Path) -> io::Result<File> {
    check(&fs::metadata(path)?)?;
    // It may have become something else since.
    let flags = OFlag::O_NONBLOCK | OFlag::O_NOCTTY;
    let file = OpenOptions::new()
        .read(true)
        .custom_flags(flags.bits())
        .open(path)?;
    check(&file.metadata()?)?;
    Ok(file)
}

/// The bytes of a regular file of at most `most` bytes.
///
/// # Errors
/// As [`open_regular`]; or when it is larger, or cannot be read.
pub fn read_regular(path: &Path, most: u64) -> io::Result<Vec<u8>> {
    read_whole(&mut open_regular(path)?, most)
}

fn check(found: &Metadata) -> io::Result<()> {
    let is_null = found.file_type().is_char_device() && found.rdev() == NULL;
    if found.is_file() || is_null {
        return Ok(());
    }
    let text = "it is not a regular file";
    Err(io::Error::new(io::ErrorKind::InvalidInput, text))
}

#[cfg(test)]
mod tests {
    use super::*;
    use nix::sys::stat::Mode;
    use nix::unistd::mkfifo;

    #[test]
    fn only_regular_files_and_the_null_device_are_read() {
        let directory = tempfile::tempdir().unwrap();
        let (file, pipe) = (directory.path().join("file"), directory.path().join("pipe"));
        fs::write(&file, "12345").unwrap();
        mkfifo(&pipe, Mode::S_IRWXU).unwrap();
        assert_eq!(read_regular(&file, 5).unwrap(), b"12345");
        let error = read_regular(&file, 4).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::FileTooLarge);
        assert!(read_regular(Path::new("/dev/null"), 5).unwrap().is_empty());
        for path in [&pipe, directory.path(), Path::new("/dev/zero")] {
            let error = read_regular(path, 5).unwrap_err();
            assert_eq!(error.to_string(), "it is not a regular file");
        }
        let error = read_regular(&directory.path().join("absent"), 5).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::NotFound);
    }
}
