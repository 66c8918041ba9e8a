//! How a text pattern compares with a name, a user or an address as text.

use crate::engine::search::glob::wildcard_matches;
use crate::policy::TextPattern;

/// Whether a pattern matches a text; one in brackets compares numbers, and matches no text.
pub(crate) fn text_matches(pattern: TextPattern<'_>, text: &[u8]) -> bool {
    let is = |part: Option<&[u8]>, other| part.is_some_and(|p| p.eq_ignore_ascii_case(other));
    match pattern {
        TextPattern::All => true,
        TextPattern::Known => !text.eq_ignore_ascii_case(b"unknown"),
        TextPattern::Wildcard(pattern) => wildcard_matches(pattern, text),
        TextPattern::Exact(pattern) => text.eq_ignore_ascii_case(pattern),
        TextPattern::Prefix(pattern) => is(text.get(..pattern.len()), pattern),
        TextPattern::Suffix(pattern) => {
            let from = text.len().checked_sub(pattern.len());
            let from = from.filter(|&from| from > 0);
            is(from.and_then(|from| text.get(from..)), pattern)
        }
        TextPattern::Ipv6(_) | TextPattern::BadIpv6(_) => false,
    }
}
