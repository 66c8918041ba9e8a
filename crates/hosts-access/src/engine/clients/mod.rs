//! Whom a pattern, and a list of patterns, reaches: the one answer that everything else asks.
//!
//! A host pattern is read into [`atom`]s once. From those come the [`group`] of a single pattern,
//! which can be looked up, and the [`set`] of a whole list, which [`cells`] compares with another.

#[cfg(test)]
mod agreement;
mod answer;
pub(super) mod atom;
pub(super) mod axis;
mod cells;
mod classes;
mod group;
mod places;
mod relations;
mod set;

pub use answer::Answer;
pub use group::ClientGroup;
pub use set::ClientSet;
