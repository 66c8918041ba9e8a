//! How much room a file system has left.

use nix::sys::statvfs::statvfs;
use std::io;
use std::path::Path;

/// The bytes that somebody who is not root can still write where `path` is, or will be.
///
/// # Errors
/// When the file system cannot be asked.
pub fn free_space(path: &Path) -> io::Result<u64> {
    let place = path.ancestors().find(|place| place.exists());
    let found = statvfs(place.unwrap_or(Path::new("/")))?;
    // Wide enough for the types of every architecture.
    let bytes = u128::from(found.blocks_available()) * u128::from(found.fragment_size());
    Ok(u64::try_from(bytes).unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_directory_that_is_not_there_yet_is_asked_about_too() {
        let here = free_space(Path::new("/proc/nobody/has/this")).unwrap();
        assert_eq!(here, 0, "proc has no blocks");
        assert!(free_space(&std::env::temp_dir().join("a/b")).unwrap() > 0);
    }
}
