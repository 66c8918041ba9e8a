//! Compiled sets: many networks in one file that is mapped and never read as a whole.

mod blocks;
mod builder;
mod entry;
mod fault;
mod header;
mod layout;
mod leaves;
mod networks;
mod packed;
mod pieces;
mod reader;
mod sorter;
mod source;
#[cfg(test)]
mod tests;
mod verify;

pub use builder::{Builder, SetSummary, build};
pub use fault::SetFault;
pub use header::SetHeader;
pub use networks::Listed;
pub use reader::{Found, Set};
pub use source::SetSource;
pub use verify::SetEnds;
