//! An exception outside of everything that its list matches (F-EXCEPT-04).

use crate::lint::sink::Sink;
use crate::lint::view::{RuleView, base};
use crate::lint::words::quote;
use crate::policy::{ClientPattern, Element, HostPattern, TextPattern, dotted_quad};

rows! {
    /// An exception excludes nothing from its list.
    ///
    /// Nothing before EXCEPT matches what stands after it, so the exception was meant for another
    /// rule or is misspelt.
    ///
    /// Repair: by hand
    /// Facts: F-EXCEPT-04
    CHECK = Row::new("TW215", "except-nothing", Warning, Dead, Run::Rule(check))
        .shown(claims::missed_by_list);
}

/// Addresses from one to another, of one family; no exception spans two.
#[derive(Debug, Clone, Copy)]
struct Range {
    is_ipv6: bool,
    first: u128,
    last: u128,
}

fn check(rule: &RuleView<'_, '_>, sink: &mut Sink) {
    let Some(except) = rule
        .clients
        .iter()
        .position(|element| matches!(element, Element::Except { .. }))
    else {
        return;
    };
    let sets: Option<Vec<Set<'_>>> = base(&rule.clients).map(|(text, _)| Set::of(text)).collect();
    let Some(sets) = sets.filter(|sets| !sets.is_empty()) else {
        return;
    };
    for element in rule.clients.iter().skip(except + 1) {
        let Element::Pattern { text, span } = element else {
            return;
        };
        let Some(taken) = Set::of(text) else {
            continue;
        };
        if sets.iter().any(|set| set.meets(&taken)) {
            continue;
        }
        sink.report(*span, || {
            (
                format!(
                    "nothing before EXCEPT matches {}: the exception excludes nothing",
                    quote(text)
                ),
                "correct it, or remove it".to_owned(),
            )
        });
    }
}

/// Clients by what a pattern compares.
#[derive(Debug, Clone, Copy)]
enum Set<'p> {
    Addresses(Range),
    /// One name.
    Name(&'p [u8]),
    /// All names that end so.
    Domain(&'p [u8]),
}

impl<'p> Set<'p> {
    /// What a pattern matches, where that is only addresses or only names.
    fn of(text: &'p [u8]) -> Option<Self> {
        if let Some(range) = range(text) {
            return Some(Self::Addresses(range));
        }
        let pattern = ClientPattern::read(text);
        // No address has such letters.
        let is_name = text
            .iter()
            .any(|byte| b"ghijklmnopqrstuvwxyz".contains(&byte.to_ascii_lowercase()));
        match pattern.host {
            HostPattern::Text {
                pattern: TextPattern::Exact(name),
                also_name: true,
            } if is_name && pattern.user.is_none() => Some(Self::Name(name)),
            HostPattern::Text {
                pattern: TextPattern::Suffix(domain),
                also_name: true,
            } if is_name && pattern.user.is_none() => Some(Self::Domain(domain)),
            HostPattern::Text { .. }
            | HostPattern::Netgroup(_)
            | HostPattern::ListFile(_)
            | HostPattern::Known
            | HostPattern::Local
            | HostPattern::Ipv4Net { .. }
            | HostPattern::Ipv6Net { .. }
            | HostPattern::BadNet(_) => None,
        }
    }

    /// Whether a client can be in both. One with an address may have any name.
    fn meets(&self, other: &Self) -> bool {
        let ends_with = |name: &[u8], domain: &[u8]| {
            let start = name.len().checked_sub(domain.len());
            let tail = start.and_then(|start| name.get(start..));
            tail.is_some_and(|tail| tail.eq_ignore_ascii_case(domain))
        };
        match (*self, *other) {
            (Self::Addresses(a), Self::Addresses(b)) => {
                a.is_ipv6 == b.is_ipv6 && a.first <= b.last && b.first <= a.last
            }
            (Self::Name(a), Self::Name(b)) => a.eq_ignore_ascii_case(b),
            (Self::Name(name), Self::Domain(domain)) | (Self::Domain(domain), Self::Name(name)) => {
                ends_with(name, domain)
            }
            (Self::Domain(a), Self::Domain(b)) => ends_with(a, b) || ends_with(b, a),
            (Self::Addresses(_), _) | (_, Self::Addresses(_)) => true,
        }
    }
}

/// What a pattern of addresses matches; nothing for all others.
fn range(text: &[u8]) -> Option<Range> {
    let v4 = |net: u32, mask: u32| {
        (net & !mask == 0 && mask.leading_ones() + mask.trailing_zeros() == 32).then_some(Range {
            is_ipv6: false,
            first: u128::from(net),
            last: u128::from(net | !mask),
        })
    };
    let v6 = |net: u128, length: u8| {
        let mask = u128::MAX.checked_shl(128 - u32::from(length)).unwrap_or(0);
        Some(Range {
            is_ipv6: true,
            first: net & mask,
            last: net | !mask,
        })
    };
    let pattern = ClientPattern::read(text);
    match pattern.host {
        _ if pattern.user.is_some() => None,
        HostPattern::Ipv4Net { net, mask } => v4(net, mask),
        HostPattern::Ipv6Net { net, length } => v6(net.address.to_bits(), length),
        HostPattern::Text {
            pattern: TextPattern::Ipv6(net),
            ..
        } => v6(net.address.to_bits(), 128),
        HostPattern::Text {
            pattern: TextPattern::Exact(word),
            also_name: false,
        } => v4(u32::from(dotted_quad(word)?), u32::MAX),
        HostPattern::Text {
            pattern: TextPattern::Prefix(prefix),
            also_name: false,
        } => prefix_range(prefix),
        HostPattern::Netgroup(_)
        | HostPattern::ListFile(_)
        | HostPattern::Known
        | HostPattern::Local
        | HostPattern::BadNet(_)
        | HostPattern::Text { .. } => None,
    }
}

/// `10.` and the like.
fn prefix_range(prefix: &[u8]) -> Option<Range> {
    let parts: Vec<u32> = prefix
        .strip_suffix(b".")?
        .split(|&byte| byte == b'.')
        .map(|part| str::from_utf8(part).ok()?.parse::<u8>().ok().map(u32::from))
        .collect::<Option<_>>()?;
    let bits = u32::try_from(parts.len()).ok().filter(|&n| n < 4)? * 8;
    let net = parts.iter().fold(0, |net, part| net << 8 | part) << (32 - bits);
    Some(Range {
        is_ipv6: false,
        first: u128::from(net),
        last: u128::from(net | u32::MAX.checked_shr(bits).unwrap_or(0)),
    })
}
