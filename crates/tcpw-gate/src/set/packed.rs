//! A network on its way into a set: a form that sorts as the set does.

use crate::set::entry::LATEST;
use crate::set::sorter::Record;

/// A network with its end and source.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Packed {
    /// Its first address.
    pub(crate) first: u128,
    /// The length of its prefix.
    pub(crate) prefix: u8,
    /// Until when it counts, in seconds since 1970; 0 for ever.
    pub(crate) until: u64,
    /// The number of its source.
    pub(crate) source: u16,
}

impl Packed {
    /// All but the address, in a number that sorts: a shorter prefix first, then what counts longer,
    /// then the earlier source.
    fn rest(self) -> u64 {
        // For ever is the longest.
        let left = match self.until {
            0 => 0,
            until => LATEST.saturating_sub(until.min(LATEST)).max(1),
        };
        u64::from(self.prefix) << 56 | left << 16 | u64::from(self.source)
    }

    fn of(first: u128, rest: u64) -> Self {
        let [prefix, _, _, _, _, _, high, low] = rest.to_be_bytes();
        Self {
            first,
            prefix,
            until: match rest >> 16 & LATEST {
                0 => 0,
                left => LATEST.saturating_sub(left),
            },
            source: u16::from_be_bytes([high, low]),
        }
    }
}

/// A network of IPv4: the first address, then the rest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct PackedV4(u128);

impl From<Packed> for PackedV4 {
    fn from(network: Packed) -> Self {
        Self(network.first << 64 | u128::from(network.rest()))
    }
}

impl From<PackedV4> for Packed {
    fn from(PackedV4(number): PackedV4) -> Self {
        let [_, _, _, _, _, _, _, _, rest @ ..] = number.to_be_bytes();
        Self::of(number >> 64, u64::from_be_bytes(rest))
    }
}

impl Record for PackedV4 {
    const BYTES: usize = 12;

    fn write(self, to: &mut Vec<u8>) {
        let [_, _, _, _, bytes @ ..] = self.0.to_be_bytes();
        to.extend_from_slice(&bytes);
    }

    fn read(bytes: &[u8]) -> Option<Self> {
        let (first, bytes) = bytes.split_first_chunk()?;
        let first = u128::from(u32::from_be_bytes(*first));
        let rest = u64::from_be_bytes(*bytes.first_chunk()?);
        Some(Self(first << 64 | u128::from(rest)))
    }
}

/// A network of IPv6: the first address, then the rest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct PackedV6(u128, u64);

impl From<Packed> for PackedV6 {
    fn from(network: Packed) -> Self {
        Self(network.first, network.rest())
    }
}

impl From<PackedV6> for Packed {
    fn from(PackedV6(first, rest): PackedV6) -> Self {
        Self::of(first, rest)
    }
}

impl Record for PackedV6 {
    const BYTES: usize = 24;

    fn write(self, to: &mut Vec<u8>) {
        to.extend_from_slice(&self.0.to_be_bytes());
        to.extend_from_slice(&self.1.to_be_bytes());
    }

    fn read(bytes: &[u8]) -> Option<Self> {
        let (first, rest) = bytes.split_first_chunk()?;
        let rest = u64::from_be_bytes(*rest.first_chunk()?);
        Some(Self(u128::from_be_bytes(*first), rest))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_comes_back_and_what_counts_longer_is_first() {
        let packed = |until, source| Packed {
            first: 0xc000_0207,
            prefix: 32,
            until,
            source,
        };
        let mut all = vec![
            packed(0, 0),
            packed(0, 7),
            packed(LATEST - 1, 0),
            packed(1_800_000_000, 1),
            packed(1_800_000_000, 2),
            packed(1, 0),
        ];
        let wanted = all.clone();
        all.reverse();
        let mut v4: Vec<PackedV4> = all.iter().map(|&network| network.into()).collect();
        let mut v6: Vec<PackedV6> = all.iter().map(|&network| network.into()).collect();
        v4.sort();
        v6.sort();
        for (at, wanted) in wanted.iter().enumerate() {
            assert_eq!(Packed::from(v4[at]), *wanted);
            assert_eq!(Packed::from(v6[at]), *wanted);
            let mut bytes = Vec::new();
            v4[at].write(&mut bytes);
            assert_eq!((bytes.len(), PackedV4::read(&bytes)), (12, Some(v4[at])));
            bytes.clear();
            v6[at].write(&mut bytes);
            assert_eq!((bytes.len(), PackedV6::read(&bytes)), (24, Some(v6[at])));
        }
    }
}
