//! For whom, and when, the status is shown.

use crate::values::Language;
use chrono::{DateTime, FixedOffset, Utc};

/// Shows a time as the clocks of this machine's place do.
pub type LocalTime<'a> = &'a dyn Fn(DateTime<Utc>) -> DateTime<FixedOffset>;

/// Who looks at the status, and when.
#[derive(Clone, Copy)]
pub struct View<'a> {
    /// The language.
    pub language: Language,
    /// The columns of the terminal.
    pub width: usize,
    /// What time it is for the reader.
    pub now: DateTime<Utc>,
    /// The clocks here.
    pub local: LocalTime<'a>,
    /// Whether the status was saved by root and is read by somebody else.
    pub is_saved: bool,
}
