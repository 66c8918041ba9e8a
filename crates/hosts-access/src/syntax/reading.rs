//! How a build of the library takes a table apart: where comments begin, what brackets protect, and
//! what follows a line that it cannot read.

use crate::syntax::bytes::is_blank;
use memchr::{memchr, memchr_iter};

/// The ways of one build. Everything else about lines is the same in every build.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reading {
    /// Where a comment may begin (F-LINE-08, F-LINE-09).
    pub comments: Comments,
    /// Which brackets keep a colon from ending a field (F-FIELD-04).
    pub brackets: Brackets,
    /// Whether a last line without a newline ends the table, which then denies if it is the deny
    /// table (F-LINE-12, F-LINE-13); else only that line is skipped.
    pub unterminated_ends: bool,
    /// What a line over the limit does (F-LINE-14 to F-LINE-16).
    pub too_long: TooLong,
}

/// Where a comment may begin.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Comments {
    /// In the first column only.
    FirstColumn,
    /// Anywhere but after a backslash, which stays.
    Anywhere,
}

/// Which brackets keep a colon from ending a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Brackets {
    /// All, by their depth, which may go negative (F-FIELD-05).
    Counted,
    /// Those around digits, letters of hexadecimal numbers, colons, dots and slashes, from the
    /// start of a field up to the first that holds anything else.
    Addresses,
    /// None.
    None,
}

/// What a line over the limit does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TooLong {
    /// It ends the table.
    Ends,
    /// The library never comes back from it.
    Hangs,
    /// It is skipped up to the limit, and what is left of it is read as a line of its own.
    Cut,
}

impl Reading {
    /// The one of Debian, which is compared with the library.
    pub const DEBIAN: Self = Self {
        comments: Comments::FirstColumn,
        brackets: Brackets::Counted,
        unterminated_ends: true,
        too_long: TooLong::Ends,
    };

    /// The length of `text` up to a comment that begins in it.
    pub(super) fn before_comment(self, text: &[u8]) -> usize {
        match self.comments {
            Comments::FirstColumn => text.len(),
            Comments::Anywhere => memchr_iter(b'#', text)
                .find(|&at| at == 0 || text.get(at - 1) != Some(&b'\\'))
                .unwrap_or(text.len()),
        }
    }
}

/// Whether a text is spaces only.
pub(super) fn is_idle(text: &[u8]) -> bool {
    text.iter().copied().all(is_blank)
}

/// The length of the brackets at the start of a field that hold nothing but an address, with what
/// stands before each ([`Brackets::Addresses`]).
pub(super) fn addresses(text: &[u8]) -> usize {
    let mut from = 0;
    while let Some(rest) = text.get(from..) {
        let Some((open, colon)) = memchr(b'[', rest).zip(memchr(b':', rest)) else {
            break;
        };
        let inner = rest.get(open + 1..).unwrap_or_default();
        let Some(close) = memchr(b']', inner).filter(|_| open < colon) else {
            break;
        };
        let is_of_address =
            |byte: &u8| byte.is_ascii_hexdigit() || matches!(byte, b':' | b'.' | b'/');
        if !inner.iter().take(close).all(is_of_address) {
            break;
        }
        from += open + close + 2;
    }
    from
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_backslash_keeps_a_comment_from_beginning() {
        let freebsd = Reading {
            comments: Comments::Anywhere,
            ..Reading::DEBIAN
        };
        for (text, kept) in [("a # b", 2), ("#", 0), ("a\\# b", 5), ("a\\# b#c", 5)] {
            assert_eq!(freebsd.before_comment(text.as_bytes()), kept, "{text}");
            assert_eq!(Reading::DEBIAN.before_comment(text.as_bytes()), text.len());
        }
    }

    #[test]
    fn only_brackets_with_an_address_are_passed() {
        for (text, passed) in [
            ("[2001:db8::1] x: y", 13),
            ("a [::1] [::2]: y", 13),
            ("[x:y]: z", 0),
            ("a: [::1]", 0),
            ("[::1", 0),
            ("[::1] [x]:", 5),
        ] {
            assert_eq!(addresses(text.as_bytes()), passed, "{text}");
        }
    }
}
