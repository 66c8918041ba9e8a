//! The addresses of clients as three axes, and patterns as ranges on them.

use crate::policy::{Network, TextPattern, networks, plain_quad};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// One family of addresses. IPv4 in IPv6 is IPv4 (F-V4-15).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Axis {
    /// The address is not known: one point.
    Nowhere,
    V4,
    V6,
}

impl Axis {
    pub(super) const ALL: [Self; 3] = [Self::Nowhere, Self::V4, Self::V6];

    pub(super) fn last(self) -> u128 {
        match self {
            Self::Nowhere => 0,
            Self::V4 => u128::from(u32::MAX),
            Self::V6 => u128::MAX,
        }
    }

    /// An address as libwrap gets to see it.
    pub(super) fn text(self, at: u128) -> String {
        match self.ip(at) {
            None => "unknown".to_owned(),
            Some(ip) => ip.to_string(),
        }
    }

    fn ip(self, at: u128) -> Option<IpAddr> {
        match self {
            Self::Nowhere => None,
            Self::V4 => Some(Ipv4Addr::from_bits(u32::try_from(at).unwrap_or(u32::MAX)).into()),
            Self::V6 => Some(Ipv6Addr::from_bits(at).into()),
        }
    }

    /// The fewest networks from one address to another; none for an unknown address.
    pub(super) fn networks(self, low: u128, high: u128) -> Vec<Network> {
        let ends = self.ip(low).zip(self.ip(high));
        ends.and_then(|(low, high)| networks(low, high))
            .unwrap_or_default()
    }

    /// Where an address lies, as text that libwrap gets; none for what is no usual address.
    pub(super) fn of_text(text: &[u8]) -> Option<(Self, u128)> {
        if text.is_empty() || text.eq_ignore_ascii_case(b"unknown") {
            return Some((Self::Nowhere, 0));
        }
        match str::from_utf8(text).ok()?.parse().ok()? {
            IpAddr::V4(ip) => Some((Self::V4, ip.to_bits().into())),
            IpAddr::V6(ip) => match ip.to_ipv4_mapped() {
                Some(ip) => Some((Self::V4, ip.to_bits().into())),
                None => Some((Self::V6, ip.to_bits())),
            },
        }
    }
}

/// Which addresses a text pattern matches.
pub(super) enum Shape {
    All,
    Range(Axis, u128, u128),
    /// Some of a family, and only a single address can tell.
    Scattered(Axis),
}

/// The addresses whose text matches `pattern`; brackets are not among the texts.
pub(super) fn shapes(pattern: TextPattern<'_>) -> Vec<Shape> {
    match pattern {
        TextPattern::All | TextPattern::Wildcard(b"*") => vec![Shape::All],
        TextPattern::Known | TextPattern::BadIpv6(_) | TextPattern::Ipv6(_) => Vec::new(),
        TextPattern::Exact(text) if text.eq_ignore_ascii_case(b"unknown") => {
            vec![Shape::Range(Axis::Nowhere, 0, 0)]
        }
        TextPattern::Exact(text) => exact(text).into_iter().collect(),
        TextPattern::Prefix(text) => prefix(text).into_iter().collect(),
        TextPattern::Suffix(text) => {
            let is_number = text
                .iter()
                .all(|byte| byte.is_ascii_digit() || *byte == b'.');
            is_number
                .then_some(Shape::Scattered(Axis::V4))
                .into_iter()
                .collect()
        }
        TextPattern::Wildcard(text) => wildcard(text),
    }
}

fn exact(text: &[u8]) -> Option<Shape> {
    if let Some(ip) = plain_quad(text) {
        let at = u128::from(ip.to_bits());
        return Some(Shape::Range(Axis::V4, at, at));
    }
    let (axis, at) = Axis::of_text(text)?;
    let is_usual = axis.text(at).as_bytes().eq_ignore_ascii_case(text);
    is_usual.then_some(Shape::Range(axis, at, at))
}

/// `10.1.` as 10.1.0.0/16, as far as its numbers are spelt as in addresses.
fn prefix(text: &[u8]) -> Option<Shape> {
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
    Some(Shape::Range(Axis::V4, low, low | rest))
}

fn wildcard(text: &[u8]) -> Vec<Shape> {
    if let Some(head) = text.strip_suffix(b"*")
        && let Some(range) = prefix(head)
    {
        return vec![range];
    }
    let only =
        |allowed: fn(u8) -> bool| text.iter().all(|&b| matches!(b, b'*' | b'?') || allowed(b));
    let mut found = Vec::new();
    if only(|byte| byte.is_ascii_digit() || byte == b'.') {
        found.push(Shape::Scattered(Axis::V4));
    }
    // The few old addresses that end in four numbers are written with dots.
    if only(|byte| byte.is_ascii_hexdigit() || matches!(byte, b':' | b'.')) {
        found.push(Shape::Scattered(Axis::V6));
    }
    if only(|byte| b"unkowUNKOW".contains(&byte)) {
        found.push(Shape::Scattered(Axis::Nowhere));
    }
    found
}
