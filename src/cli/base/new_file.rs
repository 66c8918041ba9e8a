//! A file that a command writes where the user says.

use super::failure::Failure;
use std::fs;
use std::io::{self, Write as _};
use std::path::Path;
use tempfile::NamedTempFile;

/// Writes a new file, mode 0600, and puts it in the place of what is there when it is whole. A link
/// is replaced and never followed; what is neither file nor link stays.
pub(crate) fn write_new(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    let failed = |cause| {
        Failure::new(format_args!("cannot write {}: {cause}", path.display()))
            .hint("name a file in a directory that you may write to")
    };
    let is_special = fs::symlink_metadata(path)
        .is_ok_and(|found| !found.is_file() && !found.file_type().is_symlink());
    if is_special {
        return Err(failed(io::Error::other("it is not a regular file")));
    }
    let directory = path
        .parent()
        .filter(|parent| !parent.as_os_str().is_empty());
    let mut file = NamedTempFile::new_in(directory.unwrap_or(Path::new("."))).map_err(failed)?;
    file.write_all(bytes)
        .and_then(|()| file.as_file().sync_all())
        .map_err(failed)?;
    file.persist(path).map_err(|error| failed(error.error))?;
    Ok(())
}
