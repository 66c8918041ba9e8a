//! The lines of an answer.

use crate::database::FleetError;
use std::io::{self, Write};
use tcpw::report::FleetLine;

/// Where the lines of an answer go.
pub(super) struct Lines<'a> {
    out: &'a mut dyn Write,
    count: u64,
}

impl<'a> Lines<'a> {
    /// An answer that has no line yet.
    pub(super) fn new(out: &'a mut dyn Write) -> Self {
        Self { out, count: 0 }
    }

    /// Writes a line.
    pub(super) fn put(&mut self, line: &FleetLine) -> Result<(), FleetError> {
        let text = serde_json::to_string(line)
            .map_err(|error| FleetError::System(format!("cannot write the answer: {error}")))?;
        self.count += 1;
        writeln!(self.out, "{text}").map_err(|cause| cannot("write the answer", &cause))
    }

    /// Writes the last line: the answer is whole.
    pub(super) fn end(mut self) -> Result<(), FleetError> {
        let lines = self.count;
        self.put(&FleetLine::End { lines })?;
        self.out
            .flush()
            .map_err(|cause| cannot("write the answer", &cause))
    }
}

/// What the system kept from being done.
pub(super) fn cannot(step: &str, cause: &io::Error) -> FleetError {
    FleetError::System(format!("cannot {step}: {cause}"))
}
