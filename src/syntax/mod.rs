//! Bytes to tree and back: total (every input has a tree), lossless (printing a tree gives its
//! source, byte for byte), and without meaning.
//!
//! A table is read as libwrap reads it: physical lines are joined to logical lines ([`lines`]), and
//! each logical line is taken apart by the grammar in `grammar/hosts_access.ebnf` ([`grammar`]).
//! Nothing is normalised: column 1, the final newline and the length of a line change what libwrap
//! does, so the tree keeps them.

mod bytes;
mod grammar;
mod lines;
mod tree;

pub use bytes::{is_blank, is_separator, is_white};
pub use tree::{Line, LineKind, Reason, Token, TokenKind, Tree};

/// The longest logical line that libwrap reads, in bytes without its newline (F-LINE-14).
pub const LINE_LIMIT: usize = 2046;

/// Reads a table. Never fails: what libwrap would reject becomes a line of its own kind.
///
/// Offsets are 32 bits wide, so a source may have at most 4 GiB; whoever reads files checks that.
pub fn parse(source: &[u8]) -> Tree<'_> {
    let mut builder = tree::Builder::new(source);
    let mut scanner = lines::Scanner::new(source);
    while let Some(line) = scanner.next_line() {
        builder.line(&line, scanner.pieces());
    }
    builder.finish()
}
