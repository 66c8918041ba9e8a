//! A range of addresses as the networks that it consists of.

use crate::network::Network;
use crate::set::entry::Family;

/// The family of a range, and its networks from the first to the last, each by its first address
/// and the length of its prefix.
pub(crate) fn pieces(range: Network) -> (Family, Pieces) {
    let (family, first, last) = match range {
        Network::V4 { first, last } => (Family::V4, u128::from(first), u128::from(last)),
        Network::V6 { first, last } => (Family::V6, first, last),
    };
    let next = (first <= last).then_some(first);
    (family, Pieces { family, next, last })
}

/// The networks of a range.
#[derive(Debug, Clone)]
pub(crate) struct Pieces {
    family: Family,
    next: Option<u128>,
    last: u128,
}

impl Iterator for Pieces {
    type Item = (u128, u8);

    fn next(&mut self) -> Option<(u128, u8)> {
        let first = self.next?;
        let bits = u32::from(self.family.bits());
        // The largest network that begins here, and the largest that ends in time.
        let begins = first.trailing_zeros().min(bits);
        let left = self.last - first;
        let ends = left.checked_add(1).map_or(128, u128::ilog2).min(bits);
        let prefix = u8::try_from(bits - begins.min(ends)).ok()?;
        let end = first | self.family.host_bits(prefix);
        self.next = end.checked_add(1).filter(|next| *next <= self.last);
        Some((first, prefix))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn shown(text: &str) -> Vec<String> {
        let (family, pieces) = pieces(text.parse().unwrap());
        let shown = |(first, prefix)| format!("{}/{prefix}", family.address(first).unwrap());
        pieces.map(shown).collect()
    }

    #[test]
    fn a_range_becomes_the_fewest_networks() {
        assert_eq!(shown("0.0.0.0/0"), ["0.0.0.0/0"]);
        assert_eq!(shown("::/0"), ["::/0"]);
        assert_eq!(shown("192.0.2.7"), ["192.0.2.7/32"]);
        assert_eq!(
            shown("192.0.2.1 - 192.0.2.6"),
            [
                "192.0.2.1/32",
                "192.0.2.2/31",
                "192.0.2.4/31",
                "192.0.2.6/32"
            ]
        );
        assert_eq!(
            shown("255.255.255.254-255.255.255.255"),
            ["255.255.255.254/31"]
        );
        assert_eq!(
            shown("::1-ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff").len(),
            128
        );
    }

    proptest! {
        #[test]
        fn networks_of_a_range_follow_each_other_from_end_to_end(a: u128, b: u128, shift in 0_u32..128) {
            let (first, last) = ((a >> shift).min(b >> shift), (a >> shift).max(b >> shift));
            let (family, pieces) = pieces(Network::V6 { first, last });
            let mut next = Some(first);
            for (first, prefix) in pieces {
                prop_assert_eq!(next, Some(first));
                let host = family.host_bits(prefix);
                prop_assert_eq!(first & host, 0);
                next = (first | host).checked_add(1);
            }
            prop_assert_eq!(next, last.checked_add(1));
        }
    }
}
