//! The documents are true.

/// What the documents and the developers' menu name is there.
mod documents;
/// The examples of the manual pages run.
mod examples;
/// Every fact of libwrap that the tree cites is in `docs/`.
mod facts;
/// One oldest version of Rust, wherever it is said.
mod oldest;
/// What other tools are given decides as the page says.
mod policies;
/// Each promise of the threat model has its tests.
mod promises;
/// The README is true.
mod readme;
