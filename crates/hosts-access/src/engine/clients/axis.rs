//! The addresses of clients as three axes.

use crate::policy::{Network, networks};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// IPv4 in IPv6: libwrap takes such a client for one of IPv4 (F-V4-15).
pub(in crate::engine) const MAPPED: (u128, u128) = (0xffff_0000_0000, 0xffff_ffff_ffff);

/// One family of addresses. IPv4 in IPv6 is IPv4 (F-V4-15).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(in crate::engine) enum Axis {
    /// The address is not known: one point.
    Nowhere,
    V4,
    V6,
}

impl Axis {
    pub(in crate::engine) const ALL: [Self; 3] = [Self::Nowhere, Self::V4, Self::V6];

    pub(in crate::engine) fn last(self) -> u128 {
        match self {
            Self::Nowhere => 0,
            Self::V4 => u128::from(u32::MAX),
            Self::V6 => u128::MAX,
        }
    }

    /// An address as libwrap gets to see it.
    pub(in crate::engine) fn text(self, at: u128) -> String {
        match self.ip(at) {
            None => "unknown".to_owned(),
            Some(ip) => ip.to_string(),
        }
    }

    /// An address; none on the axis of those that are not known.
    pub(in crate::engine) fn ip(self, at: u128) -> Option<IpAddr> {
        match self {
            Self::Nowhere => None,
            Self::V4 => Some(Ipv4Addr::from_bits(u32::try_from(at).unwrap_or(u32::MAX)).into()),
            Self::V6 => Some(Ipv6Addr::from_bits(at).into()),
        }
    }

    /// The fewest networks from one address to another; none for an unknown address.
    pub(in crate::engine) fn networks(self, low: u128, high: u128) -> Vec<Network> {
        let ends = self.ip(low).zip(self.ip(high));
        ends.and_then(|(low, high)| networks(low, high))
            .unwrap_or_default()
    }

    /// Where an address lies, as text that libwrap gets; none for what is not a usual address.
    pub(in crate::engine) fn of_text(text: &[u8]) -> Option<(Self, u128)> {
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
