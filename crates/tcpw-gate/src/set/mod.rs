//! Compiled sets of networks: one file that is mapped, not read.

mod reader;

pub use reader::{Found, Set, SetFault};
