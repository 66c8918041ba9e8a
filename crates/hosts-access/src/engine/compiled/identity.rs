//! Which file a table is: what `stat` says of it that changes with it.

/// A file in one state, as `stat` tells it. Every change of its bytes moves the time of the change,
/// which nobody can set, and a file that takes its place has another inode.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct TableIdentity {
    /// Its size in bytes.
    pub size: u64,
    /// When its bytes were changed, in seconds since 1970 and nanoseconds.
    pub modified: (i64, i64),
    /// When it was changed in any way, likewise.
    pub changed: (i64, i64),
    /// Its inode.
    pub inode: u64,
    /// The file system that it is on.
    pub device: u64,
}

/// As many numbers are made of an identity.
pub(super) const IDENTITY_WORDS: usize = 7;

impl TableIdentity {
    pub(super) fn to_words(self) -> [u64; IDENTITY_WORDS] {
        [
            self.size,
            self.modified.0.cast_unsigned(),
            self.modified.1.cast_unsigned(),
            self.changed.0.cast_unsigned(),
            self.changed.1.cast_unsigned(),
            self.inode,
            self.device,
        ]
    }

    pub(super) fn of_words(words: &mut impl Iterator<Item = u64>) -> Option<Self> {
        let mut next = || words.next();
        Some(Self {
            size: next()?,
            modified: (next()?.cast_signed(), next()?.cast_signed()),
            changed: (next()?.cast_signed(), next()?.cast_signed()),
            inode: next()?,
            device: next()?,
        })
    }
}
