//! Addresses that a blank or a comma has torn into several words of a list.

use crate::lint::foreign::oddity;
use crate::lint::words::plain;
use crate::policy::Element;
use crate::span::Span;

/// How many numbers an IPv4 address has.
const NUMBERS: usize = 4;

/// The numbers at the start of a word of numbers, if they are too few for an address.
fn piece(word: &[u8]) -> Option<Vec<&[u8]>> {
    let is_number = |byte: &u8| byte.is_ascii_digit() || *byte == b'.';
    if word.iter().any(u8::is_ascii_alphabetic) {
        return None;
    }
    let end = word.iter().position(|byte| !is_number(byte));
    let head = word.get(..end.unwrap_or(word.len()))?;
    let numbers = head.split(|&byte| byte == b'.');
    let numbers: Vec<&[u8]> = numbers.filter(|part| !part.is_empty()).collect();
    (1..NUMBERS).contains(&numbers.len()).then_some(numbers)
}

/// The words before and after a place of a list; nothing where `EXCEPT` or an end of the list is.
fn beside<'e>(list: &'e [Element<'_>], span: Span) -> [Option<&'e [u8]>; 2] {
    let text = |element: Option<&'e Element<'_>>| match element? {
        Element::Pattern { text, .. } => Some(&**text),
        Element::Except { .. } => None,
    };
    let before = list
        .iter()
        .rfind(|element| element.span().end <= span.start);
    let after = list.iter().find(|element| element.span().start >= span.end);
    [text(before), text(after)]
}

/// Whether the word at a place may be a part of an address, of which another part is the word beside
/// it: then neither means what it says by itself.
pub(in crate::lint) fn is_torn(list: &[Element<'_>], span: Span, word: &[u8]) -> bool {
    let begins = |word: &[u8]| word.starts_with(b".") || word.starts_with(b"/");
    let own = piece(word).map(|numbers| numbers.len());
    let [before, after] = beside(list, span);
    let is_part = |other: &[u8], second: &[u8]| {
        let together = own.zip(piece(other).map(|numbers| numbers.len()));
        let is_short = together.is_some_and(|(own, other)| own + other <= NUMBERS);
        // A domain begins with a dot, too.
        let is_tail = begins(second) && second.get(1).is_some_and(u8::is_ascii_digit);
        is_short || is_tail
    };
    before.is_some_and(|before| is_part(before, word))
        || after.is_some_and(|after| is_part(after, after))
}

/// The address that a word and the one beside it make up, where a dot, or a single number at the end,
/// shows that they are one.
pub(in crate::lint) fn whole(list: &[Element<'_>], span: Span, word: &[u8]) -> Option<Vec<u8>> {
    let [before, after] = beside(list, span);
    let joined = |first: &[u8], second: &[u8]| {
        let (head, tail) = (piece(first)?, piece(second)?);
        let is_one = first.ends_with(b".") || second.starts_with(b".") || tail.len() == 1;
        let all = [head, tail].concat();
        let is_byte =
            |part: &&[u8]| str::from_utf8(part).is_ok_and(|part| part.parse::<u8>().is_ok());
        let is_address = all.len() == NUMBERS && all.iter().all(is_byte);
        (is_one && is_address).then(|| all.join(&b'.'))
    };
    before
        .and_then(|before| joined(before, word))
        .or_else(|| after.and_then(|after| joined(word, after)))
}

/// What to do about the parts of an address.
pub(in crate::lint) fn help(address: &[u8]) -> String {
    format!("write `{}`, in one word", plain(address))
}

/// Whether a list holds words that no client is called, or that read like a sentence: its numbers may
/// be those of a version or a date.
pub(in crate::lint) fn is_prose(list: &[Element<'_>]) -> bool {
    list.iter().any(|element| match element {
        Element::Pattern { text, .. } => is_odd(text) || is_bare(text),
        Element::Except { .. } => false,
    })
}

fn is_odd(word: &[u8]) -> bool {
    let is_wildcard = word.iter().all(|byte| b"*?".contains(byte));
    let has_none = !word.iter().any(u8::is_ascii_alphanumeric);
    (has_none && !is_wildcard) || oddity(word, b"/:%[]*?~@!\\").is_some()
}

/// Whether a word is a name without a domain.
fn is_bare(word: &[u8]) -> bool {
    let reserved: [&[u8]; 6] = [b"ALL", b"ANY", b"KNOWN", b"UNKNOWN", b"LOCAL", b"PARANOID"];
    let is_letters = |byte: &u8| byte.is_ascii_alphanumeric() || b"-_".contains(byte);
    word.iter().all(is_letters)
        && word.iter().any(u8::is_ascii_alphabetic)
        && !reserved
            .iter()
            .any(|other| word.eq_ignore_ascii_case(other))
}

/// Whether a word consists of fewer numbers than an address.
pub(in crate::lint) fn is_short(word: &[u8]) -> bool {
    piece(word).is_some()
}
