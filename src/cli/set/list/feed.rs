//! The bytes of a list as they are read: digested on the way, and an entry at most so long.

use ring::digest::{Context, SHA256};
use std::cell::Cell;
use std::io::{self, Read};
use std::rc::Rc;

/// The most bytes of an entry, with what was read ahead.
const LONGEST: usize = 1 << 20;

/// How many bytes were read since the last entry ended; shared by who reads and who understands.
#[derive(Debug, Clone, Default)]
pub(super) struct Leash(Rc<Cell<usize>>);

impl Leash {
    /// An entry ended.
    pub(super) fn release(&self) {
        self.0.set(0);
    }
}

/// A list that is read once.
pub(super) struct Feed {
    from: Box<dyn Read>,
    leash: Leash,
    digest: Context,
}

impl std::fmt::Debug for Feed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Feed")
            .field("leash", &self.leash)
            .finish_non_exhaustive()
    }
}

impl Feed {
    /// Reads from here.
    pub(super) fn new(from: Box<dyn Read>, leash: Leash) -> Self {
        Self {
            from,
            leash,
            digest: Context::new(&SHA256),
        }
    }

    /// The SHA-256 of what was read so far.
    pub(super) fn digest(&self) -> [u8; 32] {
        let digest = self.digest.clone().finish();
        digest.as_ref().try_into().unwrap_or([0; 32])
    }
}

impl Read for Feed {
    /// Fills `buffer`, but for the end of the list, so that its form can be told from its first bytes
    /// also where it comes from a pipe.
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.leash.0.get() > LONGEST {
            return Err(io::Error::other("it has an entry of more than 1 MiB"));
        }
        let mut filled = 0;
        while let Some(room) = buffer.get_mut(filled..).filter(|room| !room.is_empty()) {
            match self.from.read(room) {
                Ok(0) => break,
                Ok(read) => filled += read,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        self.leash.0.set(self.leash.0.get().saturating_add(filled));
        self.digest.update(buffer.get(..filled).unwrap_or_default());
        Ok(filled)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::{BufRead as _, BufReader};

    #[test]
    fn an_entry_without_an_end_is_an_error_and_many_entries_are_none() {
        let leash = Leash::default();
        let endless = Feed::new(Box::new(io::repeat(b'1')), leash.clone());
        let mut line = Vec::new();
        let error = BufReader::new(endless)
            .read_until(b'\n', &mut line)
            .unwrap_err();
        assert!(error.to_string().contains("1 MiB"));
        assert!(line.len() < 2 * LONGEST);
        leash.release();
        let text = "192.0.2.7\n".repeat(500_000);
        let mut reader = BufReader::new(Feed::new(
            Box::new(io::Cursor::new(text.clone().into_bytes())),
            leash.clone(),
        ));
        let mut count = 0;
        while reader.read_until(b'\n', &mut line).unwrap() > 0 {
            leash.release();
            line.clear();
            count += 1;
        }
        assert_eq!(count, 500_000);
        let whole = ring::digest::digest(&SHA256, text.as_bytes());
        assert_eq!(reader.into_inner().digest(), whole.as_ref());
    }
}
