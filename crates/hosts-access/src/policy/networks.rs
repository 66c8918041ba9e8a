//! A range of addresses as networks, and networks as libwrap matches them.

use std::fmt::{self, Display, Formatter};
use std::net::IpAddr;

/// An address and how many of its bits count; it prints as a table needs it (F-V4-01, F-V6-01).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Network {
    /// Its lowest address.
    pub address: IpAddr,
    /// From 0 to 32 or 128.
    pub length: u8,
}

impl Display for Network {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match (self.address, self.length) {
            (IpAddr::V4(address), 32) => write!(f, "{address}"),
            (IpAddr::V4(address), length) => write!(f, "{address}/{length}"),
            (IpAddr::V6(address), 128) => write!(f, "[{address}]"),
            (IpAddr::V6(address), length) => write!(f, "[{address}]/{length}"),
        }
    }
}

/// The fewest networks that are `first` to `last` together; none if the range ends before it
/// begins, or mixes IPv4 and IPv6.
pub fn networks(first: IpAddr, last: IpAddr) -> Option<Vec<Network>> {
    let (at, last, width) = match (first, last) {
        (IpAddr::V4(first), IpAddr::V4(last)) => {
            (u128::from(first.to_bits()), u128::from(last.to_bits()), 32)
        }
        (IpAddr::V6(first), IpAddr::V6(last)) => (first.to_bits(), last.to_bits(), 128),
        (IpAddr::V4(_), IpAddr::V6(_)) | (IpAddr::V6(_), IpAddr::V4(_)) => return None,
    };
    (at <= last).then(|| cut(at, last, width))
}

/// The mask of an IPv4 network of this length, which is at most 32.
pub fn mask4(length: u8) -> u32 {
    let hosts = 32_u32.saturating_sub(length.into());
    u32::MAX.checked_shl(hosts).unwrap_or(0)
}

/// The mask of an IPv6 network of this length, which is at most 128.
pub fn mask6(length: u8) -> u128 {
    let hosts = 128_u32.saturating_sub(length.into());
    u128::MAX.checked_shl(hosts).unwrap_or(0)
}

fn cut(first: u128, last: u128, width: u8) -> Vec<Network> {
    let mut found = Vec::new();
    let mut at = first;
    loop {
        // As large as the address is round and the rest is long.
        let round = u8::try_from(at.trailing_zeros())
            .unwrap_or(width)
            .min(width);
        let fits = (0..=round).rev().find(|&bits| ones(bits) <= last - at);
        let bits = fits.unwrap_or(0);
        found.push(Network {
            address: address(at, width),
            length: width - bits,
        });
        let end = at + ones(bits);
        if end >= last {
            return found;
        }
        at = end + 1;
    }
}

fn ones(bits: u8) -> u128 {
    u128::MAX.checked_shr(128 - u32::from(bits)).unwrap_or(0)
}

fn address(bits: u128, width: u8) -> IpAddr {
    match u32::try_from(bits) {
        Ok(bits) if width == 32 => IpAddr::from(bits.to_be_bytes()),
        _ => IpAddr::from(bits.to_be_bytes()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::Ipv4Addr;

    #[test]
    fn every_small_range_is_covered_once() {
        let ip = |bits: u32| IpAddr::from(Ipv4Addr::from_bits(bits));
        for first in 0..40_u32 {
            for last in first..40 {
                let found = networks(ip(first), ip(last)).unwrap();
                let mut at = first;
                for network in &found {
                    assert_eq!(network.address, ip(at));
                    at += 1 << (32 - network.length);
                }
                assert_eq!(at, last + 1, "{first}-{last}: {found:?}");
                assert!(found.len() <= 10);
            }
        }
        assert_eq!(networks(ip(2), ip(1)), None);
    }

    #[test]
    fn a_network_prints_as_a_table_needs_it() {
        let shown = |first: &str, last: &str| {
            let found = networks(first.parse().unwrap(), last.parse().unwrap()).unwrap();
            let found: Vec<_> = found.iter().map(ToString::to_string).collect();
            found.join(" ")
        };
        assert_eq!(shown("10.0.0.7", "10.0.0.9"), "10.0.0.7 10.0.0.8/31");
        assert_eq!(
            shown("2001:db8::1", "2001:db8::3"),
            "[2001:db8::1] [2001:db8::2]/127"
        );
        assert_eq!(
            shown("::", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"),
            "[::]/0"
        );
    }
}
