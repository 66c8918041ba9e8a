//! Faults of the system that are not damage of a journal: what cannot be read for want of
//! descriptors or memory may be read a moment later.

use rusqlite::{Error, ErrorCode, ffi};

/// What a fault of the system is while a damaged journal is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Faults {
    /// It may pass, so that nothing is given up for it.
    MayPass,
    /// It has not passed again and again, as on a disk that cannot be read any more: what it hides is
    /// lost.
    Stay,
}

impl Faults {
    /// Whether an error says that something is damaged.
    ///
    /// # Errors
    /// The error itself, if it may pass.
    pub(super) fn damage(self, error: Error) -> rusqlite::Result<()> {
        match self {
            Self::MayPass if may_pass(&error) => Err(error),
            Self::MayPass | Self::Stay => Ok(()),
        }
    }
}

/// Whether an error of the database may pass.
fn may_pass(error: &Error) -> bool {
    let Some(code) = error.sqlite_error() else {
        return false;
    };
    // A file that ends too early does not grow. What a disk cannot read now it may read again.
    let is_short = code.extended_code == ffi::SQLITE_IOERR_SHORT_READ;
    let is_fault = matches!(
        code.code,
        ErrorCode::SystemIoFailure
            | ErrorCode::OutOfMemory
            | ErrorCode::CannotOpen
            | ErrorCode::DatabaseBusy
            | ErrorCode::DatabaseLocked
            | ErrorCode::DiskFull
            | ErrorCode::OperationInterrupted
            | ErrorCode::PermissionDenied
            | ErrorCode::ReadOnly
            | ErrorCode::FileLockingProtocolFailed
    );
    is_fault && !is_short
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn damage_is_told_from_what_may_pass() {
        let error = |code| Error::SqliteFailure(ffi::Error::new(code), None);
        for code in [
            ffi::SQLITE_IOERR,
            ffi::SQLITE_NOMEM,
            ffi::SQLITE_CANTOPEN,
            ffi::SQLITE_IOERR_READ,
            ffi::SQLITE_IOERR_CORRUPTFS,
        ] {
            assert!(Faults::MayPass.damage(error(code)).is_err(), "{code}");
            assert!(Faults::Stay.damage(error(code)).is_ok(), "{code}");
        }
        for code in [
            ffi::SQLITE_CORRUPT,
            ffi::SQLITE_NOTADB,
            ffi::SQLITE_ERROR,
            ffi::SQLITE_IOERR_SHORT_READ,
        ] {
            assert!(Faults::MayPass.damage(error(code)).is_ok(), "{code}");
        }
    }
}
