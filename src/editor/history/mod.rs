//! What became of the changes that were recorded.

pub(super) mod fate;
pub(super) mod timeline;
pub(super) mod written;
