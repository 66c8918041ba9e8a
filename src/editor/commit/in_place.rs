//! Writing a table where it is: one that has other names (hard links), or is a mount point.
//!
//! No rename can do that. The journal of the commit holds both contents; a write that was cut short
//! leaves the beginning of the new content and the end of the old, which [`is_torn`] recognises.

use crate::editor::commit::error::EditError;
use crate::editor::commit::table::TableFile;
use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::FileExt as _;

/// Writes `bytes` over the table, and after them what was appended since it was read.
pub(crate) fn write(table: &TableFile, bytes: &[u8]) -> Result<(), EditError> {
    let path = table.path();
    let file = OpenOptions::new()
        .write(true)
        .open(table.target())
        .map_err(EditError::at("write", path))?;
    let found = std::fs::read(table.target()).map_err(EditError::at("read", path))?;
    let Some(appended) = found.strip_prefix(table.bytes()) else {
        return Err(EditError::ChangedMeanwhile(path.to_owned()));
    };
    let whole = [bytes, appended].concat();
    let Err(error) = overwrite(&file, &whole) else {
        return Ok(());
    };
    let error = EditError::at("write", path)(error);
    // What was there fits, since it did before. If it cannot be written either, the journal stays,
    // and the next command repairs what is torn now.
    match overwrite(&file, &found) {
        Ok(()) => Err(error),
        Err(second) => Err(EditError::HalfDone {
            path: path.to_owned(),
            first: Box::new(error),
            second: Box::new(EditError::at("write", path)(second)),
        }),
    }
}

/// In one call, so that readers see as little as possible of what is between.
fn overwrite(file: &File, bytes: &[u8]) -> io::Result<()> {
    file.write_all_at(bytes, 0)?;
    file.set_len(u64::try_from(bytes.len()).unwrap_or(u64::MAX))?;
    file.sync_all()
}

/// Whether `found` is what a write of `new` over `old` leaves that was cut short.
pub(crate) fn is_torn(found: &[u8], old: &[u8], new: &[u8]) -> bool {
    if found == old || found == new || found.len() < old.len().min(new.len()) {
        return false;
    }
    let same = |one: &[u8], other: &[u8]| one.iter().zip(other).take_while(|(a, b)| a == b).count();
    let written = same(found, new);
    let (rest, old_rest) = (found.get(written..), old.get(written..));
    rest.unwrap_or_default() == old_rest.unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_torn_write_is_recognised_and_nothing_else() {
        for (old, new) in [
            (&b"sshd: 10.1.2.3\n"[..], &b"sshd: 10.1.2.4\nALL: ALL\n"[..]),
            (b"a: b\nc: d\n", b"c: d\n"),
            (b"", b"a: b\n"),
        ] {
            for cut in 1..new.len() {
                let mut found = new[..cut].to_vec();
                found.extend(old.get(cut..).unwrap_or_default());
                let is_either = found == old || found == new;
                assert!(is_either || is_torn(&found, old, new), "{cut}");
            }
            // All is written, and only the end of the old content is still there.
            let mut found = new.to_vec();
            found.extend(old.get(new.len()..).unwrap_or_default());
            assert!(found == new || is_torn(&found, old, new));
            assert!(!is_torn(b"somebody else's\n", old, new) || old.is_empty());
            let appended = [new, b"x: y\n"].concat();
            assert!(!is_torn(&appended, old, new));
        }
    }
}
