//! Blocks of lines in which certainly no client matches, told without taking a line apart: every
//! place where a client may begin is looked at without a branch, so that many are worked out at a
//! time. Options and comments are looked at as if they were clients, which is sound.

#![expect(
    clippy::needless_bitwise_bool,
    reason = "a lazy operator is a branch, and branches are looked at one by one"
)]

use crate::engine::model::request::Host;
use crate::engine::model::text::unmapped;
use crate::policy::{dotted_quad, plain_quad};
use crate::syntax::LINE_LIMIT;
use memchr::{memchr, memchr3, memrchr};

/// Blocks are about as long, unless a line is longer.
const BLOCK: usize = 1024;
/// As many bytes after a block are looked at, too.
const AHEAD: usize = 4;
/// The bit by which small letters differ from capitals.
const CASE: u8 = 0x20;
/// As many domains are compared in one walk over a block.
const DOMAINS: usize = 4;

/// What a word that matches one host begins with.
#[derive(Debug)]
pub(crate) struct Calm {
    /// The byte after which no client begins, though it separates words.
    idle: u8,
    /// How the address and the name begin.
    starts: [Start; 2],
    /// How their tails begin that a `.suffix` can match, its dot left out.
    domains: Vec<[Start; DOMAINS]>,
    /// The bracket with which a word begins that may match, or once more the slash.
    bracket: u8,
    has_ipv4: bool,
}

/// The first three bytes of a text, or all up to its first dot: in small letters, with those bits set
/// that do not matter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Start {
    bytes: [u8; 3],
    ignored: [u8; 3],
}

impl Start {
    fn of(text: &[u8]) -> Self {
        let length = memchr(b'.', text).map_or(text.len(), |dot| dot + 1);
        let mut start = Self {
            bytes: [u8::MAX; 3],
            ignored: [u8::MAX; 3],
        };
        let places = start.bytes.iter_mut().zip(&mut start.ignored);
        for ((byte, ignored), letter) in places.zip(text.iter().take(length)) {
            (*byte, *ignored) = (letter | CASE, CASE);
        }
        start
    }

    #[inline]
    fn is_at(self, [a, b, c]: [u8; 3]) -> bool {
        let [first, second, third] = self.ignored;
        let [one, two, three] = self.bytes;
        (a | first == one) & (b | second == two) & (c | third == three)
    }
}

impl Calm {
    /// Blocks of a table for `host`; none if they cannot be told for it.
    pub(crate) fn in_table(host: &Host) -> Option<Self> {
        // What stands at the start of a line is a daemon.
        Self::new(host, b'\n')
    }

    /// Blocks of a list file.
    pub(crate) fn in_list(host: &Host) -> Option<Self> {
        Self::new(host, u8::MAX)
    }

    fn new(host: &Host, idle: u8) -> Option<Self> {
        let texts = [host.address(), host.name().as_bytes()].map(unmapped);
        let [address, name] = texts;
        let ipv4 = dotted_quad(address);
        if ipv4 != plain_quad(address) {
            return None;
        }
        let mut tails: Vec<_> = texts
            .iter()
            .flat_map(|text| memchr::memchr_iter(b'.', text).map(|dot| text.get(dot + 1..)))
            .flatten()
            // Those that begin with a digit are looked at first.
            .filter(|tail| tail.first().is_none_or(|&byte| byte > b'9'))
            .map(Start::of)
            .collect();
        tails.dedup();
        let domains = tails.chunks(DOMAINS).filter_map(|some| {
            let mut group = [*some.first()?; DOMAINS];
            group
                .iter_mut()
                .zip(some)
                .for_each(|(to, from)| *to = *from);
            Some(group)
        });
        let is_bracket = |text: &[u8]| text.starts_with(b"[") || text.contains(&b':');
        Some(Self {
            idle,
            starts: [address, name].map(Start::of),
            domains: domains.collect(),
            bracket: if texts.iter().any(|text| is_bracket(text)) {
                b'['
            } else {
                b'/'
            },
            has_ipv4: ipv4.is_some(),
        })
    }

    /// Some lines at the start of `text`, each short enough for libwrap if the first one is whole,
    /// and [`AHEAD`] bytes more; none if there is no such line or too little after it.
    pub(crate) fn block(text: &[u8]) -> Option<&[u8]> {
        let whole = |most: usize| {
            let near = text.get(..most.min(text.len()))?;
            let end = memrchr(b'\n', near).filter(|&end| end > 0)?;
            text.get(..end + 1 + AHEAD)
        };
        whole(BLOCK).or_else(|| whole(LINE_LIMIT + 1))
    }

    /// The length of `block`'s lines, if none of their clients can match.
    pub(crate) fn lines(&self, block: &[u8]) -> Option<usize> {
        let length = block.len().checked_sub(AHEAD)?;
        let lines = block.get(..length)?;
        // These make patterns, users and netgroups, join lines, and end numbers within a word.
        let has_odd = memchr3(b'\\', b'@', b'*', lines).is_some()
            || memchr3(0, 0x0b, 0x0c, lines).is_some()
            || memchr(b'?', lines).is_some();
        (!has_odd && self.is_calm(block)).then_some(length)
    }

    /// The parts of a list file in which a word may match.
    pub(crate) fn parts<'l>(&self, list: &'l [u8]) -> Vec<&'l [u8]> {
        let mut parts = Vec::new();
        let mut start = 0;
        // A newline, from the end of the first line on: before that no byte stands.
        let mut at = memchr(b'\n', list).unwrap_or(list.len());
        while let Some(block) = list.get(at..).and_then(Self::block) {
            let next = at + block.len() - AHEAD - 1;
            if self.lines(block).is_some() {
                parts.extend(list.get(start..at));
                start = next;
            }
            at = next;
        }
        parts.extend(list.get(start..));
        parts
    }

    fn is_calm(&self, block: &[u8]) -> bool {
        let found = self.first_look(block);
        let may_match = found & HOT != 0
            || (found & LETTER != 0 && has_reserved(block, self.idle))
            || (found & DOT != 0 && self.has_domain(block))
            || (self.has_ipv4 && memchr(b'/', block).is_some() && has_short_mask(block));
        !may_match
    }

    /// Whether a word may match ([`HOT`]), and whether one may be a word that means more than it says
    /// ([`LETTER`]), or the tail of a name ([`DOT`]).
    fn first_look(&self, block: &[u8]) -> u8 {
        let (idle, [address, name], bracket) = (self.idle, self.starts, self.bracket);
        fold(block, |before, [a, b, c, _]| {
            // An octal or hexadecimal number, no time of day.
            let is_number = (a == b'0') & is_digit(b) & is_digit(c);
            let is_tail = (a == b'.') & (b <= b'9');
            let is_hot = address.is_at([a, b, c])
                | name.is_at([a, b, c])
                | (a == b'/')
                | (a == bracket)
                | is_number
                | is_tail;
            let found = bits(is_hot, HOT) | bits(a == b'.', DOT) | bits(a > b'9', LETTER);
            found & bits(begins(before, idle), u8::MAX)
        })
    }

    /// Whether a word may be the tail of a name.
    fn has_domain(&self, block: &[u8]) -> bool {
        let idle = self.idle;
        self.domains.iter().any(|&group| {
            let found = fold(block, |before, [dot, a, b, c]| {
                let is_one = group
                    .iter()
                    .fold(false, |any, one| any | one.is_at([a, b, c]));
                bits((dot == b'.') & is_one & begins(before, idle), HOT)
            });
            found != 0
        })
    }
}

const HOT: u8 = 1;
const LETTER: u8 = 2;
const DOT: u8 = 4;

/// `mask` if so, else nothing.
#[inline]
fn bits(is_so: bool, mask: u8) -> u8 {
    u8::from(is_so).wrapping_neg() & mask
}

/// Whether a word may be `ALL`, `KNOWN` or `LOCAL`.
fn has_reserved(block: &[u8], idle: u8) -> bool {
    let found = fold(block, |before, [a, b, ..]| {
        let (a, b) = (a | CASE, b | CASE);
        let is_one =
            ((a == b'a') & (b == b'l')) | ((a == b'k') & (b == b'n')) | ((a == b'l') & (b == b'o'));
        bits(is_one & begins(before, idle), HOT)
    });
    found != 0
}

/// Whether a number that begins with `0` may go on with this byte: a digit, a letter or a dot.
#[inline]
fn is_digit(byte: u8) -> bool {
    (byte >= b'.') & (byte != b':')
}

/// Whether a word may begin after this byte.
#[inline]
fn begins(before: u8, idle: u8) -> bool {
    ((before <= b' ') | (before == b',') | (before == b':')) & (before != idle)
}

/// Whether a network has a mask that may leave out a part of the first number: neither a length of
/// two or three digits nor `255.` and more.
fn has_short_mask(block: &[u8]) -> bool {
    let is_part = |byte: u8| byte.wrapping_sub(b'.') < 12;
    let found = fold(block, |before, [a, b, c, d]| {
        let is_length = (a.wrapping_sub(b'1') < 9)
            & (b.wrapping_sub(b'0') < 10)
            & (c != b'.')
            & !(is_part(c) & is_part(d));
        let is_whole = (a == b'2') & (b == b'5') & (c == b'5') & (d == b'.');
        bits((before == b'/') & !is_length & !is_whole, HOT)
    });
    found != 0
}

/// What `look` finds at all places of a block, put together: it is given the byte before and the
/// next four.
#[inline]
fn fold(block: &[u8], look: impl Fn(u8, [u8; 4]) -> u8) -> u8 {
    let from = |at: usize| block.get(at..).unwrap_or_default().iter();
    let places = from(0).zip(from(1)).zip(from(2)).zip(from(3)).zip(from(4));
    places.fold(0, |found, ((((before, a), b), c), d)| {
        found | look(*before, [*a, *b, *c, *d])
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::model::request::{HostName, Request};
    use crate::engine::model::surroundings::Bare;
    use crate::engine::model::text::words;
    use crate::engine::search::list::list_matches;
    use crate::engine::search::matching::Matcher;
    use crate::policy::{HostPattern, rules};
    use crate::syntax::parse;
    use proptest::prelude::*;

    const CLIENTS: [[&str; 2]; 16] = [
        ["10.0.0.1", "pc.example.org"],
        ["10.0.0.1", "unknown"],
        ["::ffff:203.0.113.9", "client.lab.example.net"],
        ["1.2.3.4", "a.b.c.d.e.f.g.h"],
        ["0.0.0.9", "paranoid"],
        ["203.0.113.9", "203-0-113-9.isp.example"],
        ["127.0.0.1", "localhost"],
        ["010.0.0.1", "10.0.0.1"],
        ["255.255.255.255", "x.y."],
        ["2001:db8::1", "pc"],
        ["::ffff:102:304", "2001:db8::1"],
        ["fe80::1%eth0.org", "[x].example"],
        ["unknown", "ALLY.example.org"],
        ["unknown", "unknown"],
        ["192.168.0.1", ".example.org"],
        ["64.1.1.1", "k.example.org"],
    ];

    /// Words that are written to match `client`, or nearly.
    fn words_for([address, name]: [&str; 2]) -> Vec<String> {
        let address = address.trim_start_matches("::ffff:");
        let mut words: Vec<String> = [address, name].map(str::to_owned).into();
        for text in [address, name] {
            words.push(text.to_uppercase());
            for (at, _) in text.match_indices('.') {
                let (head, tail) = text.split_at(at);
                words.push(format!("{head}."));
                words.push(tail.to_owned());
                words.push(tail.to_uppercase());
            }
            words.push(format!("[{text}]"));
            words.push(format!("[{text}]/32"));
        }
        if let Ok(ip) = address.parse::<std::net::Ipv4Addr>() {
            let bits = ip.to_bits();
            for length in 0..34_u32 {
                let mask = u32::MAX
                    .checked_shl(32_u32.saturating_sub(length))
                    .unwrap_or(0);
                let net = std::net::Ipv4Addr::from_bits(bits & mask);
                let [a, b, c, d] = net.octets();
                words.push(format!("{net}/{length}"));
                words.push(format!("{net}/{}", std::net::Ipv4Addr::from_bits(mask)));
                words.push(format!("{net}/{length:02}"));
                words.push(format!("{net}/{}", u64::from(length) + (1 << 32)));
                words.push(format!("0{a:o}.{b}.{c}.{d}/{length}"));
                words.push(format!("{a:#x}.{b:#x}.{c}.{d}/{length}"));
                words.push(format!("{b}\u{b}.{a}.{c}.{d}/255\u{c}.0.0.0"));
            }
            for mask in [0x00ff_00ff, 0x7fff_ffff, 0xff00_00ff, 0x80ff_ffff, 0xff] {
                let net = std::net::Ipv4Addr::from_bits(bits & mask);
                words.push(format!("{net}/{}", std::net::Ipv4Addr::from_bits(mask)));
            }
        }
        words
    }

    const OTHERS: [&str; 24] = [
        "ALL",
        "known",
        "Local",
        "EXCEPT",
        "*.org",
        "10.?.0.1",
        "@net",
        "a@10.0.0.1",
        "/etc/list",
        "9.9.9.9",
        "9.9.9.0/24",
        "9.0.0.0/255.0.0.0",
        ".lan",
        "x.lan",
        "9.",
        "[2001:db8:9::]/64",
        "all.lan",
        "#",
        "00:00:00",
        "\\",
        "\0",
        "0.0.0.0/0",
        "lo",
        "2001",
    ];

    fn list(client: [&'static str; 2]) -> impl Strategy<Value = Vec<String>> {
        let word = prop_oneof![
            6 => (0..250_u8).prop_map(|d| format!("9.8.7.{d}")),
            1 => prop::sample::select(words_for(client)),
            1 => prop::sample::select(OTHERS.to_vec()).prop_map(str::to_owned),
        ];
        let separator = prop::sample::select(vec![" ", " ", ", ", ",", "\t", "\r", " : ", ":"]);
        let word = (separator, word).prop_map(|(separator, word)| format!("{separator}{word}"));
        prop::collection::vec(prop::collection::vec(word, 0..4), 1..4)
            .prop_map(|lines| lines.into_iter().map(|line| line.concat()).collect())
    }

    fn case() -> impl Strategy<Value = ([&'static str; 2], Vec<String>)> {
        prop::sample::select(CLIENTS.to_vec())
            .prop_flat_map(|client| list(client).prop_map(move |list| (client, list)))
    }

    fn host([address, name]: [&str; 2]) -> Host {
        Host::new(address, HostName::new(name))
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(5_000))]

        #[test]
        fn no_line_of_a_calm_block_matches((client, lists) in case()) {
            let request = Request::new("sshd", host(client));
            let lines: Vec<_> = lists.iter().map(|list| format!("sshd:{list}\n")).collect();
            let lines = lines.concat();
            let source = format!("{lines}sshd: ALL\n");
            let block = &source.as_bytes()[..lines.len() + AHEAD];
            let calm = Calm::in_table(request.client());
            if calm.and_then(|calm| calm.lines(block)).is_some() {
                let tree = parse(lines.as_bytes());
                let matcher = Matcher::new(&request, &Bare);
                for rule in rules(&tree) {
                    let found = list_matches(rule.clients(), |text| matcher.client(text)).unwrap();
                    prop_assert!(found.matched().is_none(), "{:?} {:?}", client, lines);
                }
                prop_assert_eq!(tree.lines().len(), lists.len(), "{:?}", lines);
            }
        }

        #[test]
        fn no_word_of_a_list_is_lost((client, lists) in case()) {
            let host = host(client);
            let list = format!("{}\n{}\n1.1.1.1\n", lists.join("\n"), "9.9.9.9\n".repeat(150));
            let list = format!("{list}{}\n{list}", lists.concat());
            if let Some(calm) = Calm::in_list(&host) {
                let parts = calm.parts(list.as_bytes());
                let kept = parts.concat();
                let kept: Vec<_> = words(&kept).map(|(_, word)| word).collect();
                let request = Request::new("sshd", host);
                let matcher = Matcher::new(&request, &Bare);
                for (_, word) in words(list.as_bytes()).filter(|(_, word)| !kept.contains(word)) {
                    let is_asked = matches!(HostPattern::read(word), HostPattern::Netgroup(_));
                    prop_assert!(!is_asked && word[0] != b'/', "{:?}", word);
                    prop_assert!(word.contains(&b'@') || !matcher.client(word).unwrap(), "{:?}", word);
                }
            }
        }
    }

    #[test]
    fn most_blocks_of_long_tables_are_calm() {
        let calm = Calm::in_table(&host(["203.0.113.9", "client.example.net"])).unwrap();
        for line in [
            "sshd: 10.0.0.1",
            "ALL: 10.0.0.0/24, 10.1.0.0/255.255.0.0",
            "ALL: [2001:db8::]/64",
            "sshd: .host1.example",
            "# DenyHosts: Tue Jan  6 10:00:00 2026 | sshd: 10.0.0.1",
            "sshd: 10.0.0.1 10.0.0.2 : deny",
        ] {
            let text = format!("{line}\n").repeat(300);
            let block = Calm::block(text.as_bytes()).unwrap();
            assert_eq!(calm.lines(block), Some(block.len() - AHEAD), "{line}");
        }
        let long = format!("sshd:{}\n", " 10.0.0.1".repeat(226)).repeat(2);
        assert_eq!(
            Calm::block(long.as_bytes()).map(<[u8]>::len),
            Some(long.len() / 2 + AHEAD)
        );
        let longer = format!("sshd:{}\n", " 10.0.0.1".repeat(228)).repeat(2);
        assert_eq!(Calm::block(longer.as_bytes()), None);
        let list = "10.0.0.1\n".repeat(1000);
        let calm = Calm::in_list(&host(["203.0.113.9", "client.example.net"])).unwrap();
        assert!(calm.parts(list.as_bytes()).concat().len() < 1100);
    }
}
