//! Texts as libwrap compares them: addresses as they are spelt, and the words of list files.

use crate::policy::dotted_quad;
use crate::syntax::is_white;

/// The longest word of a list file; libwrap crashes on a longer one (F-FILE-06).
pub(crate) const LIST_WORD_LIMIT: usize = 8192;

/// `::ffff:1.2.3.4` is compared as `1.2.3.4` (F-V4-15).
pub(crate) fn unmapped(text: &[u8]) -> &[u8] {
    match text.split_at_checked(7) {
        Some((prefix, rest))
            if prefix.eq_ignore_ascii_case(b"::ffff:") && dotted_quad(rest).is_some() =>
        {
            rest
        }
        _ => text,
    }
}

/// The words of a list file, each with its place.
pub(crate) fn words(bytes: &[u8]) -> impl Iterator<Item = (usize, &[u8])> {
    let mut at = 0;
    std::iter::from_fn(move || {
        let rest = bytes.get(at..)?;
        let start = at + rest.iter().position(|&byte| !is_white(byte))?;
        let rest = bytes.get(start..)?;
        let length = rest.iter().position(|&byte| is_white(byte));
        at = start + length.unwrap_or(rest.len());
        Some((start, bytes.get(start..at)?))
    })
}

/// Whether a word is made of digits and dots, with a digit at both ends: it is compared with the
/// address as it stands, and with nothing else.
pub(crate) fn is_quad(word: &[u8]) -> bool {
    let digits_and_dots = |byte: &u8| byte.is_ascii_digit() || *byte == b'.';
    let ends_in_digits = |word: &[u8]| {
        word.first().is_some_and(u8::is_ascii_digit) && word.last().is_some_and(u8::is_ascii_digit)
    };
    ends_in_digits(word) && word.len() <= LIST_WORD_LIMIT && word.iter().all(digits_and_dots)
}

/// An IPv4 address at the start of `text`, as clients are spelt, and its length.
#[inline]
pub(crate) fn quad(text: &[u8]) -> Option<(u32, usize)> {
    let (mut address, mut octet, mut digits, mut dots) = (0, 0_u32, 0, 0);
    for (at, &byte) in text.iter().enumerate() {
        let digit = byte.wrapping_sub(b'0');
        if digit < 10 {
            if digits == 3 || digits == 1 && octet == 0 {
                return None;
            }
            octet = octet * 10 + u32::from(digit);
            digits += 1;
            continue;
        }
        if digits == 0 || octet > 255 {
            return None;
        }
        address = address << 8 | octet;
        if byte != b'.' {
            return (dots == 3).then_some((address, at));
        }
        (octet, digits, dots) = (0, 0, dots + 1);
        if dots > 3 {
            return None;
        }
    }
    None
}

/// A number of at most three digits, without a leading zero, and its length.
pub(crate) fn number(text: &[u8], most: u32) -> Option<(u32, usize)> {
    let (mut value, mut digits) = (0, 0);
    while let Some(digit) = text.get(digits).map(|byte| byte.wrapping_sub(b'0'))
        && digit < 10
    {
        if digits == 3 || digits == 1 && value == 0 {
            return None;
        }
        value = value * 10 + u32::from(digit);
        digits += 1;
    }
    (digits > 0 && digits < text.len() && value <= most).then_some((value, digits))
}
