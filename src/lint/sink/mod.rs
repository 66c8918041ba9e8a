//! Where the findings of the checks go: grouped by cause, without what follows from others, capped
//! a code, then sorted.

mod line;
mod merge;
mod store;

pub(super) use store::Sink;
