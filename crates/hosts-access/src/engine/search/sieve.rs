//! Which lines of a table cannot matter to some clients: whole runs of them are left unparsed when a
//! small change is made to a table of a million rules.
//!
//! A line is passed over only if it is certain about it: a comment, a blank line, or a rule with a
//! daemon list that was seen before and with clients that are plain addresses, networks and names,
//! none of which is one of those looked for. Everything else is kept for the grammar and the matcher.

use crate::engine::model::request::Host;
use crate::engine::model::text::{number, quad, unmapped};
use crate::span::{Span, offset};
use crate::syntax::{LINE_LIMIT, Run};
use memchr::{memchr, memrchr};
use std::net::{Ipv4Addr, Ipv6Addr};
use std::thread;

/// As many daemon lists are remembered.
const HEADS_LIMIT: usize = 32;
/// The share of the bytes that may be kept; beyond, the whole table is as well parsed.
const KEPT_SHARE: usize = 16;
/// As many bytes may always be kept.
const KEPT_LEAST: usize = 4096;
/// Words of a client list that are about more than their spelling.
const RESERVED: [&[u8]; 4] = [b"all", b"known", b"local", b"except"];
/// The bits of a [`Set`].
const BITS: usize = 1 << 16;

/// The clients looked for.
#[derive(Debug, Clone)]
pub struct Sieve {
    /// Ranges of IPv4 addresses, and in which parts of all of them they are.
    ranges4: Vec<(u32, u32)>,
    near4: Set,
    ranges6: Vec<(u128, u128)>,
    /// Hashes of words that match one of them or are about them.
    words: Set,
    /// Domains whose names are looked for, with a dot in front.
    domains: Vec<Vec<u8>>,
}

/// What else matters than lines about the clients looked for.
#[derive(Debug, Clone, Copy, Default)]
pub struct Keeps {
    /// Lines about names: an address can have any name.
    pub names: bool,
    /// Lines with options, which may do the opposite of what their table does.
    pub options: bool,
}

impl Default for Sieve {
    fn default() -> Self {
        let mut sieve = Self {
            ranges4: Vec::new(),
            near4: Set::new(),
            ranges6: Vec::new(),
            words: Set::new(),
            domains: Vec::new(),
        };
        for word in RESERVED {
            sieve.words.insert(hash(word));
        }
        sieve
    }
}

impl Sieve {
    /// Looks for what matches this client.
    pub fn add_host(&mut self, host: &Host) {
        for text in [host.address(), host.name().as_bytes()].map(unmapped) {
            self.words.insert(hash(text));
            for dot in memchr::memchr_iter(b'.', text) {
                self.words.insert(hash(text.get(dot..).unwrap_or_default()));
            }
            let text = str::from_utf8(text).unwrap_or_default();
            if let Ok(address) = text.parse::<Ipv4Addr>() {
                self.add_range4(address.to_bits(), address.to_bits());
            }
            let bare = text.split('%').next().unwrap_or_default();
            if let Ok(address) = bare.parse::<Ipv6Addr>() {
                self.add_range6(address.to_bits(), address.to_bits());
            }
        }
    }

    /// Looks for what is about some of these IPv4 addresses.
    pub fn add_range4(&mut self, first: u32, last: u32) {
        if self.ranges4.contains(&(first, last)) {
            return;
        }
        let most = u32::try_from(BITS).unwrap_or(u32::MAX);
        for near in (first >> 8..=last >> 8).take(usize::try_from(most).unwrap_or(0)) {
            self.near4.insert(near);
        }
        self.ranges4.push((first, last));
    }

    /// Looks for what is about some of these IPv6 addresses.
    pub fn add_range6(&mut self, first: u128, last: u128) {
        if !self.ranges6.contains(&(first, last)) {
            self.ranges6.push((first, last));
        }
    }

    /// Looks for what is about names below a domain.
    pub fn add_domain(&mut self, domain: &str) {
        self.domains.push(format!(".{domain}").into_bytes());
    }

    /// The runs of lines of `source` that do not matter; none if that cannot be told, or if much is
    /// left. The rule in front of a line that is left is left too, with the line above it, since
    /// that may be its label.
    ///
    /// With `keeps`, other lines matter, too.
    pub fn runs(&self, source: &[u8], keeps: Keeps) -> Option<Vec<Run>> {
        if memchr(0, source).is_some() {
            return None;
        }
        let middle = seam(source, source.len() / 2);
        let part = |from: usize, to: usize| Scan::new(self, source, keeps).part(from, to);
        let (first, second) = thread::scope(|scope| {
            let first = thread::Builder::new().spawn_scoped(scope, || part(0, middle));
            let second = part(middle, source.len());
            // Where no thread can be had, this one does both halves.
            let first = first.map_or_else(|_| part(0, middle), |first| first.join().ok().flatten());
            (first, second)
        });
        let runs = first?.into_iter().chain(second?);
        let runs = runs.map(|run| without_last_rule(source, run));
        Some(runs.filter(|run| run.lines > 0).collect())
    }

    fn has4(&self, first: u32, last: u32) -> bool {
        let is_one = first >> 8 == last >> 8;
        (!is_one || self.near4.contains(first >> 8))
            && (self.ranges4.iter()).any(|&(from, to)| from <= last && first <= to)
    }

    fn has6(&self, first: u128, last: u128) -> bool {
        (self.ranges6.iter()).any(|&(from, to)| from <= last && first <= to)
    }

    /// Whether a word of letters, digits, dots and hyphens may be about one of the clients.
    fn has_word(&self, word: &[u8]) -> bool {
        word.ends_with(b".")
            || self.words.contains(hash(word))
            || self.domains.iter().any(|domain| {
                let from = word.len().checked_sub(domain.len());
                from.and_then(|from| word.get(from..))
                    .is_some_and(|tail| tail.eq_ignore_ascii_case(domain))
            })
    }
}

/// The start of a line at or behind `at` that begins a logical line.
fn seam(source: &[u8], at: usize) -> usize {
    let mut at = at;
    while let Some(length) = source.get(at..).and_then(|rest| memchr(b'\n', rest)) {
        let newline = at + length;
        at = newline + 1;
        if newline == 0 || source.get(newline - 1) != Some(&b'\\') {
            return at;
        }
    }
    source.len()
}

/// A run without its last rule, the line above that, and what is behind it.
fn without_last_rule(source: &[u8], run: Run) -> Run {
    let Run { span, mut lines } = run;
    let bytes = span.of(source);
    let mut end = bytes.len();
    let mut is_enough = false;
    while lines > 0 && end > 0 {
        let before = bytes.get(..end - 1).unwrap_or_default();
        let start = memrchr(b'\n', before).map_or(0, |at| at + 1);
        let line = before.get(start..).unwrap_or_default();
        end = start;
        lines -= 1;
        if is_enough {
            break;
        }
        is_enough = !line.starts_with(b"#") && memchr(b':', line).is_some();
    }
    let end = span.start + offset(end);
    Run {
        span: Span::new(span.start, end),
        lines,
    }
}

/// A walk over a part of a table.
struct Scan<'a> {
    sieve: &'a Sieve,
    source: &'a [u8],
    /// The daemon lists seen, each with its colon.
    heads: Vec<&'a [u8]>,
    /// The last one.
    head: &'a [u8],
    has_names: bool,
    keeps: Keeps,
}

impl<'a> Scan<'a> {
    fn new(sieve: &'a Sieve, source: &'a [u8], keeps: Keeps) -> Self {
        Self {
            sieve,
            source,
            heads: Vec::new(),
            head: &[],
            has_names: false,
            keeps,
        }
    }

    /// The runs between two starts of logical lines.
    fn part(&mut self, from: usize, to: usize) -> Option<Vec<Run>> {
        let mut runs = Vec::new();
        let mut budget = ((to - from) / KEPT_SHARE).max(KEPT_LEAST);
        let (mut at, mut start, mut lines) = (from, from, 0);
        loop {
            let rest = self.source.get(at..to).filter(|rest| !rest.is_empty());
            if let Some(length) = rest.and_then(|rest| self.pass_line(rest)) {
                at += length;
                lines += 1;
                continue;
            }
            if lines > 0 {
                let span = Span::new(offset(start), offset(at));
                runs.push(Run { span, lines });
            }
            let Some(rest) = rest else {
                return Some(runs);
            };
            let kept = logical_line(rest);
            budget = budget.checked_sub(kept)?;
            at += kept;
            (start, lines) = (at, 0);
        }
    }

    /// The length of the first line with its newline, if it cannot matter.
    fn pass_line(&mut self, text: &'a [u8]) -> Option<usize> {
        if let Some(clients) = strip(text, self.head) {
            return self.pass_clients(clients, self.head.len());
        }
        let first = text.first()?;
        if *first == b'#' || is_separator(*first) || *first == b'\n' {
            let length = memchr(b'\n', text)?;
            let line = text.get(..length)?;
            let is_idle =
                *first == b'#' || line.iter().all(|&byte| is_separator(byte) && byte != b',');
            let is_plain = length <= LINE_LIMIT && !line.ends_with(b"\\");
            return (is_idle && is_plain).then_some(length + 1);
        }
        let length = text
            .iter()
            .position(|&byte| byte == b':' || byte == b'\n')?;
        let head = text.get(..=length)?;
        if self.heads.contains(&head) {
            self.head = head;
            return self.pass_clients(text.get(head.len()..)?, head.len());
        }
        // The first line with a daemon list is kept: the list itself may matter.
        let is_plain = |byte: &u8| is_word(*byte) || is_separator(*byte) || b"*?:".contains(byte);
        if head.ends_with(b":") && head.iter().all(is_plain) && self.heads.len() < HEADS_LIMIT {
            self.heads.push(head);
        }
        None
    }

    /// The same for what stands behind the first colon, after `before` bytes.
    fn pass_clients(&mut self, text: &[u8], before: usize) -> Option<usize> {
        let mut at = 0;
        let end = loop {
            let byte = *text.get(at)?;
            if byte == b'\n' {
                break at;
            }
            if is_separator(byte) {
                at += 1;
                continue;
            }
            if byte == b':' {
                // Options do nothing unless the clients match; a name can be anybody's, and what they
                // do may be the opposite of what the table does.
                if self.keeps.options || text.get(..at)?.iter().any(u8::is_ascii_alphabetic) {
                    return None;
                }
                let length = memchr(b'\n', text)?;
                if text.get(length - 1) == Some(&b'\\') {
                    return None;
                }
                break length;
            }
            at += self.pass_word(text.get(at..)?)?;
        };
        (before + end <= LINE_LIMIT).then_some(before + end + 1)
    }

    /// The length of a word that is about none of the clients.
    #[inline]
    fn pass_word(&mut self, text: &[u8]) -> Option<usize> {
        if let Some((address, length)) = quad(text) {
            let next = *text.get(length)?;
            if is_end(next) {
                return (!self.sieve.has4(address, address)).then_some(length);
            }
            if next == b'/' {
                let (bits, digits) = number(text.get(length + 1..)?, 32)?;
                let host = u32::MAX.checked_shr(bits).unwrap_or(0);
                let length = length + 1 + digits;
                let is_other = bits > 0
                    && is_end(*text.get(length)?)
                    && !self.sieve.has4(address & !host, address | host);
                return is_other.then_some(length);
            }
        }
        if text.first() == Some(&b'[') {
            return self.pass_bracket(text);
        }
        let length = text.iter().position(|&byte| !is_word(byte))?;
        let word = text.get(..length)?;
        if !is_end(*text.get(length)?) || self.sieve.has_word(word) {
            return None;
        }
        // The first name is kept, so that the tables are seen to depend on names.
        let is_name = word.iter().any(u8::is_ascii_alphabetic);
        if is_name && (self.keeps.names || !std::mem::replace(&mut self.has_names, true)) {
            return None;
        }
        Some(length)
    }

    /// The same for an IPv6 address or network.
    fn pass_bracket(&self, text: &[u8]) -> Option<usize> {
        let close = text.iter().take(48).position(|&byte| byte == b']')?;
        let address = str::from_utf8(text.get(1..close)?).ok()?;
        let address = address.parse::<Ipv6Addr>().ok()?.to_bits();
        let (mut length, mut bits) = (close + 1, 128);
        if text.get(length) == Some(&b'/') {
            let (value, digits) = number(text.get(length + 1..)?, 128)?;
            (length, bits) = (length + 1 + digits, value);
        }
        let host = u128::MAX.checked_shr(bits).unwrap_or(0);
        let is_other =
            is_end(*text.get(length)?) && !self.sieve.has6(address & !host, address | host);
        is_other.then_some(length)
    }
}

/// The length of the lines that may be one logical line.
fn logical_line(text: &[u8]) -> usize {
    seam(text, 0)
}

/// What stands behind `head`, if the line begins with it.
#[inline]
fn strip<'t>(text: &'t [u8], head: &[u8]) -> Option<&'t [u8]> {
    let is_it = text.first() == head.first() && !head.is_empty();
    is_it.then(|| text.strip_prefix(head)).flatten()
}

fn is_separator(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\r' | b',')
}

fn is_end(byte: u8) -> bool {
    is_separator(byte) || byte == b'\n' || byte == b':'
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_')
}

/// A set of numbers that sometimes takes one for a member that is none.
#[derive(Debug, Clone)]
struct Set(Box<[u64]>);

impl Set {
    fn new() -> Self {
        Self(vec![0; BITS / 64].into())
    }

    fn place(number: u32) -> (usize, u64) {
        let low = usize::try_from(number).unwrap_or(0) % BITS;
        (low / 64, 1 << (low % 64))
    }

    fn insert(&mut self, number: u32) {
        let (word, bit) = Self::place(number);
        if let Some(word) = self.0.get_mut(word) {
            *word |= bit;
        }
    }

    #[inline]
    fn contains(&self, number: u32) -> bool {
        let (word, bit) = Self::place(number);
        self.0.get(word).is_none_or(|word| word & bit != 0)
    }
}

/// FNV-1a, with letters of either case alike.
fn hash(word: &[u8]) -> u32 {
    let hash = word.iter().fold(0x811c_9dc5_u32, |hash, byte| {
        (hash ^ u32::from(byte | 0x20)).wrapping_mul(0x0100_0193)
    });
    hash ^ hash >> 16
}
