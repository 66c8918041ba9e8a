//! The tests of the gate: what they make, what is decided, and what the program does.

mod databases;
mod decisions;
mod hostile;
mod legacy_made;
mod listed;
mod mmdb_made;
mod program;
mod sets;
mod shape;

pub(super) use program::PROGRAM;
