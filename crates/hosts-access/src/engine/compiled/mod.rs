//! A table compiled into a file: one request on a table of a million rules looks at a few blocks of it
//! and at the few lines that may match.

mod builder;
mod excerpt;
mod fault;
mod identity;
mod layout;
mod reader;
#[cfg(test)]
mod tests;

pub use builder::compile_table;
pub use excerpt::ReadAt;
pub use fault::CompiledFault;
pub use identity::TableIdentity;
pub use reader::{CandidateLine, Candidates, CompiledTable};
