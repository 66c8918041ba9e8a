//! What libwrap logged by itself: lines such as `sshd[9]: refused connect from h.example (192.0.2.7)`.
//!
//! Log lines hold what strangers chose (user names, paths), so a line counts only if the whole
//! message is one that a daemon with libwrap writes, straight after the program's tag: whatever
//! stands in the middle of a message, or has something after it, was not written by libwrap. What
//! is not counted is said: lines without a time, refusals of other times, forms that are not known.

mod entry;
mod line;
mod reader;
mod seen;
mod stamp;

pub use entry::{FIELDS as JOURNAL_FIELDS, is_export};
pub use reader::{Lines, LogReader, Logged};
