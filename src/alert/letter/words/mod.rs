//! Everything a mail says, each language in a file of its own.

pub(crate) mod choose;
pub(crate) mod english;
pub(crate) mod korean;
pub(crate) mod table;
