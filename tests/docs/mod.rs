//! The documents are true.

/// What the documents and the developers' menu name is there.
mod documents;
/// Every fact of libwrap that the tree cites is in `docs/`.
mod facts;
/// The README is true.
mod readme;
