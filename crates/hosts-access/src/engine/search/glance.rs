//! A glance at the clients of a rule: whether each of them certainly is somebody else, told from the
//! bytes of a line, without its tree. Most lines of a long table hold addresses, networks and names
//! that a glance settles; whatever else a line holds is left to the matcher.

use crate::engine::model::text::{is_quad, number, quad};
use crate::policy::{Rule, dotted_quad, ipv6};
use crate::span::{Span, offset};
use memchr::{memchr, memchr2, memchr3, memmem};
use std::net::Ipv6Addr;

/// Lines that are longer than this are looked at as a whole before they are taken apart.
const LONG: usize = 96;
/// Rules that are longer than this are searched as a whole before they are taken apart.
const LONG_RULE: u32 = 256;
/// The longest pattern in brackets: an IPv6 address whose last four bytes are written as IPv4.
const BRACKET_LIMIT: usize = 48;

/// Who is looked for. The address and the name are those that libwrap compares (F-V4-15).
#[derive(Debug)]
pub(crate) struct Glance<'r> {
    address: &'r [u8],
    name: &'r [u8],
    /// The address as [`address_word`] gives it, if it does.
    word: u128,
    ipv4: Option<u32>,
    /// The address as IPv6, if brackets can be settled by it.
    ipv6: Option<u128>,
    /// Whether no pattern in brackets can match.
    is_outside_brackets: bool,
    /// Whether the name is still to be looked up: a word that may be one is left to the matcher.
    is_open: bool,
    finder: memmem::Finder<'r>,
}

/// What a word says about the client that is looked for.
enum Word {
    /// It is about somebody else; this is its length.
    Other(usize),
    /// It may match, or only the matcher can tell.
    Unsettled,
}

impl<'r> Glance<'r> {
    /// Looks for `host`, whose mapped addresses are written as IPv4 already.
    pub(crate) fn new(address: &'r [u8], name: &'r [u8]) -> Self {
        let is_bracket = |text: &[u8]| text.starts_with(b"[") || text.contains(&b':');
        let ipv6 = ipv6(address).filter(|found| found.zone.is_none() && !is_bracket(name));
        let mut line = [b'\n'; 16];
        line.iter_mut()
            .zip(address)
            .for_each(|(to, from)| *to = *from);
        let word = address_word(u128::from_le_bytes(line)).map(|(word, _)| word);
        Self {
            address,
            name,
            ipv4: dotted_quad(address).map(u32::from),
            ipv6: ipv6.map(|found| found.address.to_bits()),
            is_outside_brackets: !is_bracket(address) && !is_bracket(name),
            is_open: name.is_empty(),
            finder: memmem::Finder::new(address),
            word: word.unwrap_or(0),
        }
    }

    /// The length of what follows a rule's first colon, its newline included, if no client of it
    /// can match and the line stands alone.
    pub(crate) fn other_clients(&self, text: &[u8]) -> Option<usize> {
        if let Some(length) = self.other_address(text) {
            return Some(length);
        }
        let near = text.get(..LONG.min(text.len()))?;
        if memchr(b'\n', near).is_none()
            && let Some(length) = self.other_addresses(text)
        {
            return Some(length);
        }
        let mut at = 0;
        loop {
            match *text.get(at)? {
                b' ' | b',' | b'\t' | b'\r' => at += 1,
                b'\n' => return Some(at + 1),
                b':' => return options_end(text, at),
                _ => match self.word(text.get(at..)?)? {
                    Word::Other(length) => at += length,
                    Word::Unsettled => return None,
                },
            }
        }
    }

    /// The length of a line with one address in digits and dots, and another one: most lines of long
    /// tables are such. All of its bytes are worked out at once.
    #[inline]
    fn other_address(&self, text: &[u8]) -> Option<usize> {
        let blank = usize::from(text.first() == Some(&b' '));
        let bytes = text.get(blank..)?.first_chunk()?;
        let (word, length) = address_word(u128::from_le_bytes(*bytes))?;
        (word != self.word).then_some(blank + length + 1)
    }

    /// The length of a long line of nothing but addresses in digits and dots, and other ones.
    fn other_addresses(&self, text: &[u8]) -> Option<usize> {
        let length = memchr(b'\n', text)?;
        let line = text.get(..length)?;
        let is_separator = |byte| byte == b' ' || byte == b',';
        let are_others = are_addresses(line, is_separator) && self.finder.find(line).is_none();
        are_others.then_some(length + 1)
    }

    /// What the word at the start of `text` says; nothing if the text ends within it.
    #[inline]
    fn word(&self, text: &[u8]) -> Option<Word> {
        let first = *text.first()?;
        if first.is_ascii_digit() {
            if let Some((address, length)) = quad(text) {
                let next = *text.get(length)?;
                if is_end(next) {
                    return Some(Word::other_if(self.ipv4 != Some(address), length));
                }
                if next == b'/' {
                    return Some(self.network(text, address, length + 1));
                }
            }
        } else if first == b'[' {
            return Some(self.bracket(text));
        }
        if self.is_open {
            return Some(Word::Unsettled);
        }
        let length = text.iter().position(|&byte| !is_name(byte))?;
        let word = text.get(..length)?;
        if !is_end(*text.get(length)?) || word.last() == Some(&b'.') {
            return Some(Word::Unsettled);
        }
        let texts = [self.name, self.address];
        let may_match = if first == b'.' {
            texts.iter().any(|text| ends_like(text, word))
        } else {
            // A word without a dot can be one of those that mean more than they say.
            memchr(b'.', word).is_none() || texts.iter().any(|text| text.len() == word.len())
        };
        Some(Word::other_if(!may_match, length))
    }

    /// The network of `address` whose mask or length begins at `start`.
    fn network(&self, text: &[u8], address: u32, start: usize) -> Word {
        let rest = text.get(start..).unwrap_or_default();
        let (mask, digits) = if let Some(found) = quad(rest) {
            found
        } else if let Some((bits, digits)) = number(rest, 32) {
            (u32::MAX.checked_shl(32 - bits).unwrap_or(0), digits)
        } else {
            return Word::Unsettled;
        };
        let length = start + digits;
        let is_whole = text.get(length).is_some_and(|&next| is_end(next));
        let is_other = self.ipv4.is_none_or(|ipv4| ipv4 & mask != address);
        Word::other_if(is_whole && mask != 0 && is_other, length)
    }

    /// An IPv6 address or network.
    fn bracket(&self, text: &[u8]) -> Word {
        let near = text
            .get(..BRACKET_LIMIT.min(text.len()))
            .unwrap_or_default();
        let Some(close) = memchr(b']', near) else {
            return Word::Unsettled;
        };
        let (mut length, mut bits) = (close + 1, 128);
        if text.get(length) == Some(&b'/') {
            let Some((value, digits)) = number(text.get(length + 1..).unwrap_or_default(), 128)
            else {
                return Word::Unsettled;
            };
            (length, bits) = (length + 1 + digits, value);
        }
        let inner = near.get(1..close).unwrap_or_default();
        let is_plain = |byte: &u8| byte.is_ascii_hexdigit() || matches!(byte, b':' | b'.');
        let is_whole = text.get(length).is_some_and(|&next| is_end(next));
        // A network is compared with addresses alone (F-NAME-09).
        let asks_name = self.is_open && text.get(close + 1) != Some(&b'/');
        if asks_name || !is_whole || !inner.iter().all(is_plain) {
            return Word::Unsettled;
        }
        let is_other = self.is_outside_brackets
            || self.ipv6.is_some_and(|address| {
                let inner = str::from_utf8(inner).unwrap_or_default();
                let mask = u128::MAX.checked_shl(128 - bits).unwrap_or(0);
                inner
                    .parse::<Ipv6Addr>()
                    .is_ok_and(|net| (net.to_bits() ^ address) & mask != 0)
            });
        Word::other_if(is_other, length)
    }
}

/// The word of digits and dots that the first newline of these bytes ends, `0` in the place of what
/// follows, and its length.
#[inline]
fn address_word(bytes: u128) -> Option<(u128, usize)> {
    const EACH: u128 = u128::MAX / 0xff;
    const TOP: u128 = EACH * 0x80;
    // The lowest bit that is set is exact: the top bit of the first byte that is nothing.
    let nothing = |bytes: u128| bytes.wrapping_sub(EACH) & !bytes & TOP;
    let newline = nothing(bytes ^ (EACH * u128::from(b'\n')));
    let end = newline.trailing_zeros() & !7;
    let after = u128::MAX.checked_shl(end)?;
    let zeros = EACH * u128::from(b'0');
    let word = (bytes & !after) | (zeros & after);
    let too_high = word | word.wrapping_add(EACH * u128::from(0x80 - (b'9' + 1)));
    let too_low = !word.wrapping_add(EACH * u128::from(0x80 - b'.'));
    let is_other =
        (too_high | too_low) & TOP != 0 || nothing(word ^ (EACH * u128::from(b'/'))) != 0;
    let is_dot = |at: u32| {
        word.checked_shr(at)
            .is_some_and(|rest| rest & 0xff == u128::from(b'.'))
    };
    let is_part = end == 0 || is_dot(0) || is_dot(end - 8);
    (!is_other && !is_part).then_some((word, usize::try_from(end / 8).ok()?))
}

/// Whether `text` is made of digits, dots and separators, and each of its words begins and ends with
/// a digit: such a word matches the address that is spelt like it, and nobody else. Every byte is
/// looked at without a branch, so that many are worked out at a time.
#[inline]
fn are_addresses(text: &[u8], is_separator: impl Fn(u8) -> bool) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_digit() || byte == b'.' || is_separator(byte);
    let is_part = |left: u8, right: u8| {
        ((left == b'.') & !right.is_ascii_digit()) | ((right == b'.') & !left.is_ascii_digit())
    };
    let is_edge = |byte: Option<&u8>| byte == Some(&b'.');
    let after = text.get(1..).unwrap_or_default();
    text.iter().fold(true, |all, &byte| all & is_plain(byte))
        && !(text.iter().zip(after)).fold(false, |any, (left, right)| any | is_part(*left, *right))
        && !is_edge(text.first())
        && !is_edge(text.last())
}

/// Where an address stands among the clients of a rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Among {
    /// There, for the first time.
    At(Span),
    /// Nowhere, and nothing else in the rule can match it.
    Nowhere,
    /// Only a look at each word can tell.
    Unsettled,
}

/// Where `address` stands among the clients of a long rule that has nothing but addresses in digits
/// and dots up to there, no options and no exceptions.
pub(crate) fn place_among_addresses(rule: Rule<'_, '_>, address: &[u8]) -> Among {
    let line = rule.line().span();
    if line.end - line.start < LONG_RULE {
        return Among::Unsettled;
    }
    let text = line.of(rule.line().tree().source());
    let text = text.strip_suffix(b"\n").unwrap_or(text);
    let parts = memchr(b':', text).and_then(|colon| text.split_at_checked(colon + 1));
    let Some((daemons, clients)) = parts else {
        return Among::Unsettled;
    };
    let is_separator = |byte| byte == b' ' || byte == b',';
    if memchr2(b'[', b']', daemons).is_some() || address.is_empty() {
        return Among::Unsettled;
    }
    let parts = |at: usize| {
        let before = clients.get(..at).unwrap_or_default();
        (
            before,
            clients.get(at + address.len()..).unwrap_or_default(),
        )
    };
    let is_end = |next: Option<&u8>| next.is_none_or(|&byte| is_separator(byte));
    let is_word = |at: &usize| {
        let (before, after) = parts(*at);
        is_end(before.last()) && is_end(after.first())
    };
    let at = memmem::find_iter(clients, address).find(is_word);
    let Some(at) = at.filter(|_| is_quad(address)) else {
        return if are_addresses(clients, is_separator) {
            Among::Nowhere
        } else {
            Among::Unsettled
        };
    };
    let (before, after) = parts(at);
    // After a client that matches only an exception matters, whose word has an X.
    let is_settled =
        memchr3(b'x', b'X', b':', after).is_none() && memchr2(b'\\', 0, after).is_none();
    if !is_settled || !are_addresses(before, is_separator) {
        return Among::Unsettled;
    }
    let start = line.start + offset(daemons.len() + at);
    Among::At(Span::new(start, start + offset(address.len())))
}

impl Word {
    fn other_if(is_other: bool, length: usize) -> Self {
        if is_other {
            Self::Other(length)
        } else {
            Self::Unsettled
        }
    }
}

/// The end of a line whose clients end at `colon`, if it is not joined to the next one.
fn options_end(text: &[u8], colon: usize) -> Option<usize> {
    let rest = text.get(colon..)?;
    let length = memchr2(b'\n', 0, rest)?;
    let line = rest.get(..length)?;
    (rest.get(length) == Some(&b'\n') && line.last() != Some(&b'\\')).then_some(colon + length + 1)
}

/// Whether `text` ends with `tail`, letters of either case alike.
fn ends_like(text: &[u8], tail: &[u8]) -> bool {
    let is_last_alike = |(left, right): (&u8, &u8)| left.eq_ignore_ascii_case(right);
    text.last().zip(tail.last()).is_some_and(is_last_alike)
        && (text.len().checked_sub(tail.len()))
            .and_then(|from| text.get(from..))
            .is_some_and(|end| end.eq_ignore_ascii_case(tail))
}

/// Whether a byte ends a word: a separator, the end of the line, or the colon before options.
fn is_end(byte: u8) -> bool {
    matches!(byte, b' ' | b',' | b'\n' | b':' | b'\t' | b'\r')
}

fn is_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_')
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::model::request::{Host, HostName, Request};
    use crate::engine::model::surroundings::Bare;
    use crate::engine::model::text::unmapped;
    use crate::engine::search::list::list_matches;
    use crate::engine::search::matching::Matcher;
    use crate::policy::rules;
    use crate::syntax::parse;
    use proptest::prelude::*;

    const WORDS: [&str; 34] = [
        "10.0.0.1",
        "10.0.0.10",
        "110.0.0.1",
        "10.0.0.",
        "10.",
        ".0.0.1",
        "010.0.0.1",
        "10.0.0.0/24",
        "10.0.0.1/24",
        "10.0.0.0/0",
        "0.0.0.0/0.0.0.0",
        "10.0.0.0/255.255.255.0",
        "10.0.0.0/255.0.255.0",
        "10.0.0.1/32",
        "10.0.0.1/255.255.255.255",
        "[2001:db8::1]",
        "[2001:db8::]/32",
        "[2001:db8::1]/0",
        "[2001:DB8:0:0::1]",
        "[::ffff:10.0.0.1]",
        "[fe80::1%eth0]",
        "2001:db8::1",
        "pc.example.org",
        "PC.Example.org",
        ".example.org",
        "example.org.",
        "pc.",
        "ALL",
        "KNOWN",
        "LOCAL",
        "EXCEPT",
        "a@10.0.0.1",
        "*.example.org",
        "/etc/list",
    ];

    fn lists() -> impl Strategy<Value = String> {
        let word = prop::sample::select(WORDS.to_vec());
        let address = (0..3_u8, 0..40_u8).prop_map(|(c, d)| format!("10.0.{c}.{d}"));
        let separator =
            prop::sample::select(vec![" ", ", ", ",", "\t", " : ", ":deny", "\\", "\0"]);
        let few = prop::collection::vec(
            prop_oneof![4 => word.prop_map(str::to_owned), 4 => Just(" ".to_owned()),
                1 => separator.prop_map(str::to_owned)],
            0..12,
        );
        let many = prop::collection::vec(address, 0..60).prop_map(|words| vec![words.join(" ")]);
        prop_oneof![few, many].prop_map(|parts| parts.concat())
    }

    fn clients() -> impl Strategy<Value = Host> {
        let addresses = vec![
            "10.0.0.1",
            "2001:db8::1",
            "::ffff:10.0.0.1",
            "10.0.1.7",
            "unknown",
        ];
        let names = vec!["unknown", "pc.example.org", "pc", "10.0.0.1", "paranoid"];
        (prop::sample::select(addresses), prop::sample::select(names))
            .prop_map(|(address, name)| Host::new(address, HostName::new(name)))
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(20_000))]

        #[test]
        fn whoever_is_passed_over_does_not_match(list in lists(), client in clients()) {
            let source = format!("sshd:{list}\nsshd: ALL\n");
            let request = Request::new("sshd", client);
            let (address, name) = (request.client().address(), request.client().name().as_bytes());
            let glance = Glance::new(unmapped(address), unmapped(name));
            if let Some(length) = glance.other_clients(&source.as_bytes()[5..]) {
                let rest = &source.as_bytes()[5 + length..];
                prop_assert_eq!(rest, b"sshd: ALL\n", "{:?}", list);
                let tree = parse(source.as_bytes());
                let matcher = Matcher::new(&request, &Bare);
                for rule in rules(&tree).filter(|rule| rule.number() == 1) {
                    let found = list_matches(rule.clients(), |text| matcher.client(text)).unwrap();
                    prop_assert!(found.matched().is_none(), "{:?}", list);
                }
            }
        }

        #[test]
        fn a_long_rule_is_answered_as_word_by_word(list in lists(), client in clients()) {
            let source = format!("sshd: {}{list}\n", "192.0.2.1 ".repeat(26));
            let tree = parse(source.as_bytes());
            let request = Request::new("sshd", client);
            let matcher = Matcher::new(&request, &Bare);
            for rule in rules(&tree).filter(|rule| rule.number() == 1) {
                let address = unmapped(request.client().address());
                let hit = match place_among_addresses(rule, address) {
                    Among::At(span) => Some(Some(span)),
                    Among::Nowhere => Some(None),
                    Among::Unsettled => None,
                };
                if let Some(hit) = hit {
                    let found = list_matches(rule.clients(), |text| matcher.client(text)).unwrap();
                    prop_assert_eq!(hit, found.hit);
                    prop_assert!(found.exceptions.is_empty());
                }
            }
        }
    }

    #[test]
    fn most_lines_of_long_tables_are_passed_over() {
        let glance = Glance::new(b"203.0.113.9", b"client.example.net");
        for clients in [
            " 10.0.0.1\n",
            " 10.0.0.0/24, 10.1.0.0/255.255.0.0\n",
            " [2001:db8::]/32 [2001:db8::1]\n",
            " .example.org pc.example.org\n",
            " 10.0.0.1 : deny\n",
            "\n",
        ] {
            assert_eq!(
                glance.other_clients(clients.as_bytes()),
                Some(clients.len()),
                "{clients}"
            );
        }
        let long = format!(" {}10.0.0.1\n", "192.0.2.1 ".repeat(26));
        assert_eq!(glance.other_clients(long.as_bytes()), Some(long.len()));
        assert_eq!(glance.other_clients(b" 10.0.0.1"), None, "no end");
    }
}
