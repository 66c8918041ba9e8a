//! Bytes to tree and back: total (every input has a tree), lossless (printing a tree gives its
//! source, byte for byte), and without meaning.
//!
//! A table is read as libwrap reads it: physical lines are joined to logical lines (`lines`), and
//! each logical line is taken apart by the grammar in `grammar/hosts_access.ebnf` (`grammar`).
//! Nothing is normalised: column 1, the final newline and the length of a line change what libwrap
//! does, so the tree keeps them.

mod bytes;
mod grammar;
mod kinds;
mod lines;
mod parse;
mod reading;
mod tokens;
mod tree;

pub use bytes::{is_blank, is_separator, is_white};
pub use kinds::{LINE_LIMIT, LineKind, Reason, Run, Token, TokenKind};
pub use parse::{parse, parse_around, parse_as, parse_excerpt};
pub use reading::{Brackets, Comments, Reading, TooLong};
pub use tree::{Line, Tree};
