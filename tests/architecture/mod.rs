//! The tree itself: who uses whom, which crate belongs to whom, sizes, openings, forbidden words,
//! and that no test file is forgotten. Every check is tried on a bad snippet beside it.

mod circles;
mod faces;
mod form;
mod names;
mod owners;
mod packages;
mod plan;
mod tree;
mod walls;

fn assert_none(found: &[String]) {
    assert!(found.is_empty(), "{}", found.join("\n"));
}
