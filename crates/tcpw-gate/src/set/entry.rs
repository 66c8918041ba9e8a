//! One network as it stands in a compiled set, and the arithmetic of the two families.

use crate::network::Network;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// The two kinds of addresses. Those of IPv6 that stand for one of IPv4 are of IPv4.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Family {
    /// IPv4.
    V4,
    /// IPv6.
    V6,
}

impl Family {
    /// The family of an address, and the address as a number.
    pub(crate) fn of(address: IpAddr) -> (Self, u128) {
        match address.to_canonical() {
            IpAddr::V4(address) => (Self::V4, u128::from(address.to_bits())),
            IpAddr::V6(address) => (Self::V6, address.to_bits()),
        }
    }

    /// The address with this number; nothing if the family has none.
    pub(crate) fn address(self, number: u128) -> Option<IpAddr> {
        match self {
            Self::V4 => {
                let bits = u32::try_from(number).ok()?;
                Some(IpAddr::V4(Ipv4Addr::from_bits(bits)))
            }
            Self::V6 => Some(IpAddr::V6(Ipv6Addr::from_bits(number))),
        }
    }

    /// The bits of an address.
    pub(crate) fn bits(self) -> u8 {
        match self {
            Self::V4 => 32,
            Self::V6 => 128,
        }
    }

    /// The bytes of an address.
    pub(crate) fn address_bytes(self) -> usize {
        usize::from(self.bits() / 8)
    }

    /// The bytes of an entry.
    pub(crate) fn entry_bytes(self) -> usize {
        self.address_bytes() + 12
    }

    /// How many entries a leaf holds.
    pub(crate) fn entries_of_leaf(self) -> u64 {
        match self {
            Self::V4 => 255,
            Self::V6 => 146,
        }
    }

    /// How many addresses a block of an index holds.
    pub(crate) fn keys_of_index(self) -> u64 {
        match self {
            Self::V4 => 1023,
            Self::V6 => 255,
        }
    }

    /// The bits that a prefix of this length leaves to the addresses of a network.
    pub(crate) fn host_bits(self, prefix: u8) -> u128 {
        let left = u32::from(self.bits().saturating_sub(prefix));
        u128::MAX
            .checked_shr(128_u32.saturating_sub(left))
            .unwrap_or(0)
    }

    /// The number at the start of `bytes`, as long as an address of this family.
    pub(crate) fn read_number(self, bytes: &[u8]) -> Option<u128> {
        match self {
            Self::V4 => bytes
                .first_chunk()
                .map(|bytes| u128::from(u32::from_be_bytes(*bytes))),
            Self::V6 => bytes.first_chunk().map(|bytes| u128::from_be_bytes(*bytes)),
        }
    }

    /// Appends an address to `to`.
    pub(crate) fn write_number(self, number: u128, to: &mut Vec<u8>) {
        let bytes = number.to_be_bytes();
        let from = bytes.len().saturating_sub(self.address_bytes());
        to.extend_from_slice(bytes.get(from..).unwrap_or_default());
    }
}

/// One network of a set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Entry {
    /// Its first address.
    pub(crate) first: u128,
    /// The length of its prefix.
    pub(crate) prefix: u8,
    /// The number of the smallest network that contains it.
    pub(crate) parent: Option<u64>,
    /// Until when it counts, in seconds since 1970; 0 for ever.
    pub(crate) until: u64,
    /// The number of its source.
    pub(crate) source: u16,
}

/// The latest time that an entry can hold, in the year 36812.
pub(crate) const LATEST: u64 = (1 << 40) - 1;

impl Entry {
    /// Appends the entry to `to`. Its times are at most [`LATEST`], its parent's number fits.
    pub(crate) fn write(&self, family: Family, to: &mut Vec<u8>) {
        family.write_number(self.first, to);
        let parent = self.parent.map_or(0, |parent| parent.saturating_add(1));
        to.extend_from_slice(&u32::try_from(parent).unwrap_or(u32::MAX).to_be_bytes());
        let [_, _, _, until @ ..] = self.until.min(LATEST).to_be_bytes();
        to.extend_from_slice(&until);
        to.extend_from_slice(&self.source.to_be_bytes());
        to.push(self.prefix);
    }

    /// Reads the entry at the start of `bytes`; nothing if it is not the network of its prefix.
    pub(crate) fn read(family: Family, bytes: &[u8]) -> Option<Self> {
        let first = family.read_number(bytes)?;
        let rest = bytes.get(family.address_bytes()..)?;
        let [p0, p1, p2, p3, u0, u1, u2, u3, u4, s0, s1, prefix] = *rest.first_chunk()?;
        let parent = u64::from(u32::from_be_bytes([p0, p1, p2, p3]));
        let is_network = prefix <= family.bits() && first & family.host_bits(prefix) == 0;
        is_network.then_some(Self {
            first,
            prefix,
            parent: parent.checked_sub(1),
            until: u64::from_be_bytes([0, 0, 0, u0, u1, u2, u3, u4]),
            source: u16::from_be_bytes([s0, s1]),
        })
    }

    /// Whether the address with this number is in it.
    pub(crate) fn contains(&self, family: Family, number: u128) -> bool {
        number & !family.host_bits(self.prefix) == self.first
    }

    /// Whether it still counts at `now`, in seconds since 1970.
    pub(crate) fn counts(&self, now: i64) -> bool {
        self.until == 0 || i64::try_from(self.until).is_ok_and(|until| now < until)
    }

    /// The network.
    pub(crate) fn network(&self, family: Family) -> Option<Network> {
        Network::of_prefix(family.address(self.first)?, self.prefix)
    }

    /// Until when it counts, in seconds since 1970; nothing for ever.
    pub(crate) fn end(&self) -> Option<i64> {
        i64::try_from(self.until).ok().filter(|&until| until != 0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entry_comes_back_and_a_network_with_host_bits_is_none() {
        for (family, first, prefix) in [
            (Family::V4, 0xc000_0200, 24),
            (Family::V4, 0, 0),
            (Family::V4, 0xffff_ffff, 32),
            (Family::V6, 0x2001_0db8 << 96, 32),
            (Family::V6, u128::MAX, 128),
        ] {
            let entry = Entry {
                first,
                prefix,
                parent: Some(9),
                until: LATEST,
                source: 513,
            };
            let mut bytes = Vec::new();
            entry.write(family, &mut bytes);
            assert_eq!(bytes.len(), family.entry_bytes());
            assert_eq!(Entry::read(family, &bytes), Some(entry));
            assert!(entry.contains(family, first));
            *bytes.last_mut().unwrap() = family.bits() + 1;
            assert_eq!(Entry::read(family, &bytes), None);
        }
        let mut bytes = Vec::new();
        let entry = Entry {
            first: 0xc000_0207,
            prefix: 24,
            parent: None,
            until: 0,
            source: 0,
        };
        entry.write(Family::V4, &mut bytes);
        assert_eq!(Entry::read(Family::V4, &bytes), None);
        assert_eq!(Family::V4.host_bits(0), 0xffff_ffff);
        assert_eq!(Family::V6.host_bits(0), u128::MAX);
        assert_eq!(Family::V6.host_bits(128), 0);
    }

    #[test]
    fn time_runs_out_at_its_second() {
        let entry = |until| Entry {
            first: 0,
            prefix: 0,
            parent: None,
            until,
            source: 0,
        };
        assert!(entry(0).counts(i64::MAX) && entry(9).counts(8) && entry(9).counts(-1));
        assert!(!entry(9).counts(9));
        assert_eq!((entry(0).end(), entry(9).end()), (None, Some(9)));
    }
}
