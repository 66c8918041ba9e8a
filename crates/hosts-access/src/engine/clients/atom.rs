//! A host pattern as conditions on the address and on the name of a client.

use crate::engine::clients::axis::Axis;
use crate::policy::{HostPattern, TextPattern, Zoned6, ipv6 as ipv6_of, mask6, plain_quad};

/// No string of a request is longer, so no longer text is a name (F-DAEMON-12).
pub(super) const LONGEST: usize = 127;

/// One way in which a host pattern matches; it matches if any of its atoms does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::engine) enum Atom<'p> {
    /// The addresses from one to another.
    Range(Axis, u128, u128),
    /// Some addresses of a family: those whose text, or whose bits, the pattern matches.
    Scattered(Axis, HostPattern<'p>),
    /// The addresses from one to another, if the system knows the zone of the pattern (F-V6-09).
    Zoned(Zoned6<'p>, u128, u128),
    /// The names that a text pattern matches: a whole name, a head, a tail or a wildcard.
    Name(TextPattern<'p>),
    /// Name and address are known.
    Known,
    /// A known name without a dot.
    Local,
    /// The names in a netgroup.
    Netgroup(&'p [u8]),
    /// Whom the words of a list file match.
    ListFile(&'p [u8]),
}

impl<'p> Atom<'p> {
    /// The pattern that names are compared with, if it is one.
    pub(super) fn name(&self) -> Option<TextPattern<'p>> {
        if let Self::Name(pattern) = self {
            Some(*pattern)
        } else {
            None
        }
    }
}

/// Calls `each` with the atoms of a pattern; there are none if it never matches.
pub(in crate::engine) fn atoms<'p>(pattern: HostPattern<'p>, each: &mut dyn FnMut(Atom<'p>)) {
    match pattern {
        HostPattern::BadNet(_) => {}
        HostPattern::Netgroup(group) => each(Atom::Netgroup(group)),
        HostPattern::ListFile(path) => each(Atom::ListFile(path)),
        HostPattern::Known => each(Atom::Known),
        HostPattern::Local => each(Atom::Local),
        HostPattern::Ipv4Net { net, mask } if net & !mask != 0 => {}
        HostPattern::Ipv4Net { net, mask } if mask.leading_ones() == mask.count_ones() => {
            each(Atom::Range(Axis::V4, net.into(), (net | !mask).into()));
        }
        HostPattern::Ipv4Net { .. } => each(Atom::Scattered(Axis::V4, pattern)),
        HostPattern::Ipv6Net { net, length } => each(ipv6(net, length)),
        HostPattern::Text {
            pattern: TextPattern::Ipv6(net),
            ..
        } => each(ipv6(net, 128)),
        HostPattern::Text {
            pattern: text,
            also_name,
        } => {
            addresses(text, pattern, each);
            // No name has a colon: what the name service gives as an address is not believed
            // (F-NAME-07).
            let name = text.text();
            let is_name = !matches!(name, b"" | b"*") && !name.contains(&b':');
            if also_name && is_name && name.len() <= LONGEST {
                each(Atom::Name(text));
            }
        }
    }
}

fn ipv6(net: Zoned6<'_>, length: u8) -> Atom<'_> {
    let mask = mask6(length);
    let (low, high) = (net.address.to_bits() & mask, net.address.to_bits() | !mask);
    match net.zone {
        None => Atom::Range(Axis::V6, low, high),
        Some(_) => Atom::Zoned(net, low, high),
    }
}

/// The addresses whose text `text` matches, which is all of `pattern`.
fn addresses<'p>(text: TextPattern<'p>, pattern: HostPattern<'p>, each: &mut dyn FnMut(Atom<'p>)) {
    match text {
        TextPattern::All | TextPattern::Wildcard(b"*") => {
            for axis in Axis::ALL {
                each(Atom::Range(axis, 0, axis.last()));
            }
        }
        TextPattern::Known | TextPattern::BadIpv6(_) | TextPattern::Ipv6(_) => {}
        TextPattern::Exact(text) if text.eq_ignore_ascii_case(b"unknown") => {
            each(Atom::Range(Axis::Nowhere, 0, 0));
        }
        TextPattern::Exact(text) => exact(text).into_iter().for_each(each),
        TextPattern::Prefix(text) => prefix(text).into_iter().for_each(each),
        TextPattern::Suffix(text) => {
            let is_digit_or_dot = |byte: &u8| byte.is_ascii_digit() || *byte == b'.';
            if text.iter().all(is_digit_or_dot) {
                each(Atom::Scattered(Axis::V4, pattern));
            }
        }
        TextPattern::Wildcard(text) => wildcard(text, pattern, each),
    }
}

fn exact(text: &[u8]) -> Option<Atom<'_>> {
    if let Some(net) = ipv6_of(text).filter(|net| net.zone.is_some()) {
        return Some(ipv6(net, 128));
    }
    if let Some(ip) = plain_quad(text) {
        let at = u128::from(ip.to_bits());
        return Some(Atom::Range(Axis::V4, at, at));
    }
    let (axis, at) = Axis::of_text(text)?;
    let is_usual = axis.text(at).as_bytes().eq_ignore_ascii_case(text);
    is_usual.then_some(Atom::Range(axis, at, at))
}

/// `10.1.` as 10.1.0.0/16, as far as its numbers are spelt as in addresses.
fn prefix(text: &[u8]) -> Option<Atom<'static>> {
    let text = str::from_utf8(text).ok()?.strip_suffix('.')?;
    let numbers: Vec<u8> = text
        .split('.')
        .map(|n| n.parse().ok())
        .collect::<Option<_>>()?;
    let is_usual = numbers
        .iter()
        .map(ToString::to_string)
        .collect::<Vec<_>>()
        .join(".")
        == text;
    if !is_usual || numbers.len() > 3 {
        return None;
    }
    let low = numbers
        .iter()
        .chain([&0; 4])
        .take(4)
        .fold(0, |n, byte| n << 8 | u128::from(*byte));
    let rest = numbers
        .iter()
        .fold(u128::from(u32::MAX), |rest, _| rest >> 8);
    Some(Atom::Range(Axis::V4, low, low | rest))
}

fn wildcard<'p>(text: &[u8], pattern: HostPattern<'p>, each: &mut dyn FnMut(Atom<'p>)) {
    if let Some(head) = text.strip_suffix(b"*")
        && let Some(range) = prefix(head)
    {
        return each(range);
    }
    let only =
        |allowed: fn(u8) -> bool| text.iter().all(|&b| matches!(b, b'*' | b'?') || allowed(b));
    if only(|byte| byte.is_ascii_digit() || byte == b'.') {
        each(Atom::Scattered(Axis::V4, pattern));
    }
    // The few old addresses that end in four numbers are written with dots.
    if only(|byte| byte.is_ascii_hexdigit() || matches!(byte, b':' | b'.')) {
        each(Atom::Scattered(Axis::V6, pattern));
    }
    if only(|byte| b"unkowUNKOW".contains(&byte)) {
        each(Atom::Scattered(Axis::Nowhere, pattern));
    }
}
