//! Events out of drop directories, and what waits there.

pub(super) mod collector;
pub(super) mod directory;
pub(super) mod reading;
pub(super) mod rejects;
pub(super) mod share;
pub(super) mod sweep;
pub(super) mod waiting;
