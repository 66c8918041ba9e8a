//! The line of a table that settles a request, found through its compiled form.

use super::fault::CompiledFault;
use super::reader::CompiledTable;
use crate::engine::model::request::Request;
use crate::engine::model::surroundings::Surroundings;
use crate::engine::search::matching::Matcher;
use crate::engine::search::skim::{Excerpt, group, settles};
use std::io;

/// Bytes asked from the table at a time.
const PIECE: usize = 4096;

/// Reads from a place of the table into a buffer, and says how many bytes it got: none at its end.
pub type ReadAt<'r> = dyn FnMut(&mut [u8], u64) -> io::Result<usize> + 'r;

impl CompiledTable<'_> {
    /// What [`crate::engine::skim`] finds in the table, which `read` reads, from the lines that may
    /// match. Whoever calls it looks before and after at whether the table is [`CompiledTable::identity`].
    ///
    /// # Errors
    /// When that cannot be told from here: the table itself tells it.
    pub fn excerpt(
        &self,
        read: &mut ReadAt<'_>,
        request: &Request,
        world: &dyn Surroundings,
    ) -> Result<Excerpt, CompiledFault> {
        if !world.dialect().has_debian_patterns() {
            return Err(CompiledFault::Version);
        }
        let matcher = Matcher::new(request, world);
        let mut window = Window::new(read);
        for line in self.candidates(request)? {
            let line = line?;
            let text = window.lines_at(line.offset.into())?;
            if text.is_empty() {
                return Err(CompiledFault::Content("a line is not in the table"));
            }
            if let (Some(excerpt), _) = settles(&matcher, text, line.lines_before) {
                return Ok(excerpt);
            }
        }
        Ok(Excerpt::default())
    }
}

/// A part of the table that was read.
struct Window<'w, 'r> {
    read: &'w mut ReadAt<'r>,
    start: u64,
    bytes: Vec<u8>,
    is_end: bool,
}

impl<'w, 'r> Window<'w, 'r> {
    fn new(read: &'w mut ReadAt<'r>) -> Self {
        Self {
            read,
            start: 0,
            bytes: Vec::new(),
            is_end: false,
        }
    }

    /// The physical lines from `at` on that may be one logical line; empty at the end of the table.
    fn lines_at(&mut self, at: u64) -> io::Result<&[u8]> {
        let inside = at
            .checked_sub(self.start)
            .and_then(|from| usize::try_from(from).ok());
        let from = inside.filter(|&from| from < self.bytes.len());
        if from.is_none() {
            self.start = at;
            self.bytes.clear();
            self.is_end = false;
        }
        let from = from.unwrap_or(0);
        loop {
            let text = self.bytes.get(from..).unwrap_or_default();
            let length = group(text).or(self.is_end.then_some(text.len()));
            if let Some(length) = length {
                return Ok(self.bytes.get(from..from + length).unwrap_or_default());
            }
            self.more()?;
        }
    }

    /// Reads on, twice as much as there is.
    fn more(&mut self) -> io::Result<()> {
        let filled = self.bytes.len();
        self.bytes.resize(filled + filled.max(PIECE), 0);
        let place = u64::try_from(filled)
            .ok()
            .and_then(|filled| self.start.checked_add(filled));
        let place = place.ok_or(io::ErrorKind::FileTooLarge)?;
        let room = self.bytes.get_mut(filled..).unwrap_or_default();
        let read = loop {
            match (self.read)(room, place) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                read => break read?,
            }
        };
        self.is_end = read == 0;
        self.bytes.truncate(filled + read);
        Ok(())
    }
}
