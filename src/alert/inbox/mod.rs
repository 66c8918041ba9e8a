//! Events out of drop directories, and what waits there.

pub(super) mod collector;
pub(super) mod directory;
pub(super) mod rejects;
pub(super) mod waiting;
