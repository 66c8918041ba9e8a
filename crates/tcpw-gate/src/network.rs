//! A range of addresses of one family: an address, a network, or any range between two addresses.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::str::FromStr;
use thiserror::Error;

/// The first of the addresses that are IPv4 in the clothes of IPv6 (`::ffff:0:0/96`).
const MAPPED_FIRST: u128 = 0xffff_0000_0000;
/// The last of them.
const MAPPED_LAST: u128 = 0xffff_ffff_ffff;

/// All addresses from a first to a last one, both included. IPv4-mapped addresses are IPv4: a range
/// inside `::ffff:0:0/96` becomes one of IPv4, and one of IPv6 never contains an IPv4 address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Network {
    /// Addresses of IPv4.
    V4 {
        /// The first address.
        first: u32,
        /// The last address, which is not before the first.
        last: u32,
    },
    /// Addresses of IPv6.
    V6 {
        /// The first address.
        first: u128,
        /// The last address, which is not before the first.
        last: u128,
    },
}

/// Why a text is not a network.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum NetworkError {
    /// It is neither an address, nor a network, nor a range.
    #[error("it is not an address, a network or a range")]
    Form,
    /// The number after the slash is too large for the family, or is not a number.
    #[error("the prefix length is not a number from 0 to {most}")]
    Prefix {
        /// The largest prefix length of the family.
        most: u8,
    },
    /// The address has bits set after the prefix.
    #[error("the address has bits set after the prefix; the network is {0}")]
    HostBits(Network),
    /// A range ends before it begins, or in another family.
    #[error("the range does not go from a lower to a higher address of one family")]
    Order,
}

impl Network {
    /// All addresses of IPv4.
    pub const ALL_V4: Self = Self::V4 {
        first: 0,
        last: u32::MAX,
    };
    /// All addresses of IPv6.
    pub const ALL_V6: Self = Self::V6 {
        first: 0,
        last: u128::MAX,
    };

    /// The range from `first` to `last`; nothing if they are of two families or in the wrong order.
    pub fn new(first: IpAddr, last: IpAddr) -> Option<Self> {
        let range = match (first, last) {
            (IpAddr::V6(first), IpAddr::V6(last)) => Self::of_v6(first.to_bits(), last.to_bits()),
            (first, last) => match (first.to_canonical(), last.to_canonical()) {
                (IpAddr::V4(first), IpAddr::V4(last)) => Self::V4 {
                    first: first.to_bits(),
                    last: last.to_bits(),
                },
                (IpAddr::V4(_) | IpAddr::V6(_), _) => return None,
            },
        };
        range.is_ordered().then_some(range)
    }

    /// One address.
    pub fn single(address: IpAddr) -> Self {
        match address.to_canonical() {
            IpAddr::V4(address) => Self::V4 {
                first: address.to_bits(),
                last: address.to_bits(),
            },
            IpAddr::V6(address) => Self::V6 {
                first: address.to_bits(),
                last: address.to_bits(),
            },
        }
    }

    /// The network of `length` bits that `address` lies in; nothing if the family has fewer bits.
    pub fn of_prefix(address: IpAddr, length: u8) -> Option<Self> {
        match address {
            IpAddr::V4(address) => {
                let host = host_bits(length, 32)?;
                let mask = u32::try_from(host).ok()?;
                let first = address.to_bits() & !mask;
                Some(Self::V4 {
                    first,
                    last: first | mask,
                })
            }
            IpAddr::V6(address) => {
                let mask = host_bits(length, 128)?;
                let first = address.to_bits() & !mask;
                Some(Self::of_v6(first, first | mask))
            }
        }
    }

    /// A range of IPv6, or of IPv4 if all of it is mapped.
    fn of_v6(first: u128, last: u128) -> Self {
        let is_mapped = first >= MAPPED_FIRST && last <= MAPPED_LAST && first <= last;
        let low = |address: u128| u32::try_from(address - MAPPED_FIRST);
        match is_mapped.then(|| (low(first), low(last))) {
            Some((Ok(first), Ok(last))) => Self::V4 { first, last },
            Some(_) | None => Self::V6 { first, last },
        }
    }

    fn is_ordered(self) -> bool {
        match self {
            Self::V4 { first, last } => first <= last,
            Self::V6 { first, last } => first <= last,
        }
    }

    /// The first address.
    pub fn first(self) -> IpAddr {
        match self {
            Self::V4 { first, .. } => IpAddr::V4(Ipv4Addr::from_bits(first)),
            Self::V6 { first, .. } => IpAddr::V6(Ipv6Addr::from_bits(first)),
        }
    }

    /// The last address.
    pub fn last(self) -> IpAddr {
        match self {
            Self::V4 { last, .. } => IpAddr::V4(Ipv4Addr::from_bits(last)),
            Self::V6 { last, .. } => IpAddr::V6(Ipv6Addr::from_bits(last)),
        }
    }

    /// Whether `address` lies in it, an IPv4-mapped one as IPv4.
    pub fn contains(self, address: IpAddr) -> bool {
        match (self, address.to_canonical()) {
            (Self::V4 { first, last }, IpAddr::V4(address)) => {
                (first..=last).contains(&address.to_bits())
            }
            (Self::V6 { first, last }, IpAddr::V6(address)) => {
                (first..=last).contains(&address.to_bits())
            }
            (Self::V4 { .. }, IpAddr::V6(_)) | (Self::V6 { .. }, IpAddr::V4(_)) => false,
        }
    }

    /// Whether every address of `other` lies in it.
    pub fn covers(self, other: Self) -> bool {
        self.contains(other.first()) && self.contains(other.last())
    }

    /// The prefix length, in bits, if it is a network; nothing if it is another range.
    pub fn prefix(self) -> Option<u8> {
        let (first, last, bits) = match self {
            Self::V4 { first, last } => (u128::from(first), u128::from(last), 32_u32),
            Self::V6 { first, last } => (first, last, 128),
        };
        let host = first ^ last;
        let is_network = host & host.wrapping_add(1) == 0 && first & host == 0;
        let free = u128::BITS - host.leading_zeros();
        is_network.then(|| u8::try_from(bits - free).ok()).flatten()
    }
}

/// The bits after a prefix, as ones.
fn host_bits(length: u8, bits: u8) -> Option<u128> {
    let free = u32::from(bits.checked_sub(length)?);
    Some(match free {
        0 => 0,
        _ => u128::MAX >> (u128::BITS - free),
    })
}

impl FromStr for Network {
    type Err = NetworkError;

    /// Reads `192.0.2.7`, `192.0.2.0/24`, `192.0.2.1-192.0.2.9` with or without spaces around the
    /// hyphen, and the same of IPv6.
    fn from_str(text: &str) -> Result<Self, NetworkError> {
        let address = |text: &str| text.trim().parse().map_err(|_| NetworkError::Form);
        if let Some((first, last)) = text.split_once('-') {
            return Self::new(address(first)?, address(last)?).ok_or(NetworkError::Order);
        }
        let Some((start, length)) = text.split_once('/') else {
            return Ok(Self::single(address(text)?));
        };
        let start: IpAddr = address(start)?;
        let most = if start.is_ipv4() { 32 } else { 128 };
        let is_number = !length.is_empty() && length.bytes().all(|byte| byte.is_ascii_digit());
        let length = length.parse().ok().filter(|_| is_number);
        let found = length.and_then(|length| Self::of_prefix(start, length));
        let found = found.ok_or(NetworkError::Prefix { most })?;
        if found.first() == start.to_canonical() {
            Ok(found)
        } else {
            Err(NetworkError::HostBits(found))
        }
    }
}

impl fmt::Display for Network {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (first, last) = (self.first(), self.last());
        match self.prefix() {
            _ if first == last => write!(out, "{first}"),
            Some(length) => write!(out, "{first}/{length}"),
            None => write!(out, "{first}-{last}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn network(text: &str) -> Network {
        text.parse().unwrap()
    }

    #[test]
    fn networks_are_read_and_written() {
        for (text, shown) in [
            ("192.0.2.7", "192.0.2.7"),
            ("192.0.2.7/32", "192.0.2.7"),
            ("192.0.2.0/24", "192.0.2.0/24"),
            ("0.0.0.0/0", "0.0.0.0/0"),
            ("192.0.2.0 - 192.0.2.255", "192.0.2.0/24"),
            ("192.0.2.1-192.0.2.2", "192.0.2.1-192.0.2.2"),
            ("2001:db8::/32", "2001:db8::/32"),
            ("::/0", "::/0"),
            ("::ffff:192.0.2.7", "192.0.2.7"),
            ("::ffff:192.0.2.0/120", "192.0.2.0/24"),
            ("::ffff:0:0/96", "0.0.0.0/0"),
            ("::ffff:192.0.2.1-192.0.2.2", "192.0.2.1-192.0.2.2"),
        ] {
            assert_eq!(network(text).to_string(), shown, "{text}");
        }
        for (text, error) in [
            ("", NetworkError::Form),
            ("sshd", NetworkError::Form),
            ("010.0.0.1", NetworkError::Form),
            ("192.0.2", NetworkError::Form),
            ("192.0.2.0/33", NetworkError::Prefix { most: 32 }),
            ("192.0.2.0/+8", NetworkError::Prefix { most: 32 }),
            ("192.0.2.0/", NetworkError::Prefix { most: 32 }),
            ("2001:db8::/129", NetworkError::Prefix { most: 128 }),
            (
                "192.0.2.7/24",
                NetworkError::HostBits(network("192.0.2.0/24")),
            ),
            ("192.0.2.7-192.0.2.6", NetworkError::Order),
            ("192.0.2.7-2001:db8::1", NetworkError::Order),
        ] {
            assert_eq!(text.parse::<Network>(), Err(error), "{text}");
        }
    }

    #[test]
    fn a_range_of_ipv6_holds_no_ipv4() {
        assert!(!Network::ALL_V6.contains("::ffff:192.0.2.7".parse().unwrap()));
        assert!(Network::ALL_V4.contains("::ffff:192.0.2.7".parse().unwrap()));
        assert!(network("::/0").covers(network("2001:db8::/32")));
        assert!(!network("::/0").covers(network("192.0.2.0/24")));
    }

    proptest! {
        #[test]
        fn what_is_shown_is_read_again(a: u128, b: u128, v4: bool) {
            let address = |bits: u128| if v4 {
                IpAddr::V4(Ipv4Addr::from_bits(u32::try_from(bits >> 96).unwrap()))
            } else {
                IpAddr::V6(Ipv6Addr::from_bits(bits))
            };
            let range = Network::new(address(a.min(b)), address(a.max(b))).unwrap();
            prop_assert_eq!(network(&range.to_string()), range);
        }

        #[test]
        fn a_prefix_is_found_again(bits: u128, length in 0_u8..=128) {
            let range = Network::of_prefix(IpAddr::V6(Ipv6Addr::from_bits(bits)), length).unwrap();
            if range.first().is_ipv6() {
                prop_assert_eq!(range.prefix(), Some(length));
            }
            prop_assert!(range.contains(IpAddr::V6(Ipv6Addr::from_bits(bits))));
        }
    }
}
