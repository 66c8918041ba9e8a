//! The three classes of bytes that end a word, each in its own part of a rule.

/// Separates the items of a list: space, tab, carriage return, comma, newline (F-LINE-11).
pub fn is_separator(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\r' | b'\n' | b',')
}

/// Makes a blank line when there is nothing else: space, tab, carriage return (F-LINE-10).
pub fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\r' | b'\n')
}

/// White space as C's `isspace` knows it: trimmed around options (F-OPT-01) and between the words
/// of a list file (F-FILE-01).
pub fn is_white(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t'..=b'\r')
}
