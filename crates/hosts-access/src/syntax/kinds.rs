//! What lines and tokens can be, and how long a line may be.

use crate::span::Span;

/// The longest logical line that libwrap reads, in bytes without its newline (F-LINE-14).
pub const LINE_LIMIT: usize = 2046;

/// What a logical line is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum LineKind {
    /// Nothing but spaces.
    Blank,
    /// `#` in the first column (F-LINE-08).
    Comment,
    /// Daemons, clients and options.
    Rule,
    /// libwrap cannot use it.
    Malformed(Reason),
}

/// Why libwrap cannot use a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Reason {
    /// No colon outside of brackets: the line is skipped (F-LINE-22).
    MissingColon,
    /// The file ends without a newline: the table ends before this line (F-LINE-12, F-LINE-13).
    Unterminated,
    /// Longer than [`LINE_LIMIT`]: the table ends before this line (F-LINE-14, F-LINE-15).
    TooLong,
}

/// What a token is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TokenKind {
    /// A whole comment line, without its newline; in some builds also the end of another line.
    Comment,
    /// Spaces and commas between items, or a blank line.
    Separator,
    /// One element of a daemon or client list.
    Item,
    /// The word `EXCEPT`.
    Except,
    /// A colon between fields.
    Colon,
    /// White space around an option.
    White,
    /// The keyword of an option.
    OptionName,
    /// The spaces and at most one `=` between keyword and value.
    Assign,
    /// The value of an option, `\:` not yet unescaped.
    OptionValue,
    /// The text of a malformed line.
    Garbage,
    /// Backslash and newline between tokens: deleted by libwrap (F-LINE-01).
    Splice,
    /// NUL and what it hides between tokens: deleted by libwrap (F-LINE-17).
    Hidden,
    /// The newline that ends a logical line.
    Newline,
}

/// A piece of the source, by its kind. A token may contain splices; its text does not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Token {
    /// What it is.
    pub kind: TokenKind,
    /// Where it is.
    pub span: Span,
}

/// Lines in a row that are left out of a tree: each is a logical line by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Run {
    /// All their bytes, newlines included.
    pub span: Span,
    /// How many they are.
    pub lines: u32,
}
