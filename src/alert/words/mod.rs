//! Everything a mail says, each language in a file of its own.

pub(super) mod choose;
pub(super) mod english;
pub(super) mod korean;
pub(super) mod table;
