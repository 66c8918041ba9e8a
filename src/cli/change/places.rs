//! Some addresses in words: as few networks as will do, with exceptions where that makes them fewer.

use super::effect_words::{
    ALL_IPV4, ALL_IPV6, AND, EVERY_ADDRESS, EVERY_CLIENT, EXCEPT, EXCEPT_AMONG, MORE, NO_ADDRESS,
};
use crate::policy::{Network, networks};
use crate::values::Language;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// As many networks are named.
const NETWORKS: usize = 4;

/// Some addresses: ranges of each family, apart from each other and in order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Places {
    pub(super) v4: Vec<(u128, u128)>,
    pub(super) v6: Vec<(u128, u128)>,
    /// Those without an address.
    pub(super) has_nowhere: bool,
}

/// Some addresses in words.
pub(super) struct PlaceWords {
    /// Who is there.
    pub(super) who: String,
    /// Who of them is left out.
    pub(super) but: Option<String>,
    /// Whether they are spoken of as one.
    pub(super) is_one: bool,
    /// Whether, but for those, everybody is meant.
    pub(super) is_everywhere: bool,
}

/// The last address of IPv4.
pub(super) const LAST4: u128 = 0xffff_ffff;

impl Places {
    pub(super) fn of(places: &[Option<Network>]) -> Self {
        let mut found = Self::default();
        for place in places {
            let Some(Network { address, length }) = place else {
                found.has_nowhere = true;
                continue;
            };
            match address {
                IpAddr::V4(net) => {
                    let rest = u32::MAX.checked_shr(u32::from(*length)).unwrap_or(0);
                    let low = net.to_bits();
                    found.v4.push((low.into(), (low | rest).into()));
                }
                IpAddr::V6(net) => {
                    let rest = u128::MAX.checked_shr(u32::from(*length)).unwrap_or(0);
                    let low = net.to_bits();
                    found.v6.push((low, low | rest));
                }
            }
        }
        found.join();
        found
    }

    /// Puts the ranges in order, and neighbours together.
    pub(super) fn join(&mut self) {
        for ranges in [&mut self.v4, &mut self.v6] {
            ranges.sort_unstable();
            ranges.dedup_by(|next, kept| {
                let joins = next.0 <= kept.1.saturating_add(1);
                if joins {
                    kept.1 = kept.1.max(next.1);
                }
                joins
            });
        }
    }

    /// In words of a language.
    pub(super) fn words(&self, language: Language) -> PlaceWords {
        let Grouped {
            groups,
            words,
            absent,
        } = self.groups();
        let has_large = |(low, high): &(u128, u128)| high - low >= LAST4 / 4;
        let is_most = absent.is_empty()
            || self.v4.iter().chain(&self.v6).any(has_large) && absent.count < words;
        if is_most {
            let who = if self.has_nowhere {
                EVERY_CLIENT
            } else {
                EVERY_ADDRESS
            };
            let block = |block: &Block| block.word(language);
            return PlaceWords {
                who: who.of(language).to_owned(),
                but: (!absent.is_empty()).then(|| absent.joined(language, block)),
                is_one: true,
                is_everywhere: self.has_nowhere,
            };
        }
        let (who, is_one) = if groups.is_empty() {
            (NO_ADDRESS.of(language).to_owned(), true)
        } else {
            (listed(&groups, language), groups.count == 1)
        };
        PlaceWords {
            who,
            but: None,
            is_one,
            is_everywhere: false,
        }
    }

    pub(super) fn networks(&self) -> Vec<Network> {
        let v4 =
            |at: u128| IpAddr::from(Ipv4Addr::from_bits(u32::try_from(at).unwrap_or(u32::MAX)));
        let v6 = |at: u128| IpAddr::from(Ipv6Addr::from_bits(at));
        let of4 = self.v4.iter().filter_map(|&(a, b)| networks(v4(a), v4(b)));
        let of6 = self.v6.iter().filter_map(|&(a, b)| networks(v6(a), v6(b)));
        of4.chain(of6).flatten().collect()
    }

    /// Few networks, with exceptions where that makes them fewer, and the networks that are left
    /// out.
    fn groups(&self) -> Grouped {
        let all = |is_v6, high| Block {
            low: 0,
            high,
            is_v6,
        };
        let mut both = all(false, LAST4).grouped(&self.v4);
        both.extend(all(true, u128::MAX).grouped(&self.v6));
        both
    }
}

/// What lies between ranges.
pub(super) fn gaps(ranges: &[(u128, u128)], last: u128) -> Vec<(u128, u128)> {
    let mut found = Vec::new();
    let mut from = Some(0);
    for &(low, high) in ranges {
        if let Some(start) = from.filter(|&start| start < low) {
            found.push((start, low - 1));
        }
        from = high.checked_add(1).filter(|&next| next <= last);
    }
    found.extend(from.map(|start| (start, last)));
    found
}

/// The addresses of one network.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Block {
    low: u128,
    high: u128,
    is_v6: bool,
}

/// As many of some things as are shown, and how many there are.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Few<T> {
    first: Vec<T>,
    count: usize,
}

impl<T> Few<T> {
    fn none() -> Self {
        Self {
            first: Vec::new(),
            count: 0,
        }
    }

    fn push(&mut self, one: T) {
        if self.first.len() <= NETWORKS {
            self.first.push(one);
        }
        self.count += 1;
    }

    fn extend(&mut self, more: Self) {
        let room = (NETWORKS + 1).saturating_sub(self.first.len());
        self.first.extend(more.first.into_iter().take(room));
        self.count += more.count;
    }

    fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// `a, b and c`, or the first of them and how many more there are.
    fn joined(&self, language: Language, word: impl FnMut(&T) -> String) -> String {
        let shown = if self.count > NETWORKS + 1 {
            NETWORKS
        } else {
            self.count
        };
        let mut words: Vec<String> = self.first.iter().take(shown).map(word).collect();
        if shown < self.count {
            words.push(MORE.with(language, &[&(self.count - shown).to_string()]));
        }
        let last = words.pop().unwrap_or_default();
        if words.is_empty() {
            last
        } else {
            AND.with(language, &[&words.join(", "), &last])
        }
    }
}

/// A network without some others in it.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Group {
    network: Block,
    but: Few<Block>,
}

/// What of a network is meant, in how many words, and what is not.
struct Grouped {
    groups: Few<Group>,
    words: usize,
    absent: Few<Block>,
}

impl Grouped {
    fn none() -> Self {
        Self {
            groups: Few::none(),
            words: 0,
            absent: Few::none(),
        }
    }

    /// One network with exceptions.
    fn one(network: Block, but: Few<Block>) -> Self {
        let words = 1 + but.count;
        let mut groups = Few::none();
        groups.push(Group { network, but });
        Self {
            groups,
            words,
            absent: Few::none(),
        }
    }

    fn extend(&mut self, more: Self) {
        self.groups.extend(more.groups);
        self.words += more.words;
        self.absent.extend(more.absent);
    }
}

impl Block {
    /// What of this network is in `ranges`, which are in order and apart from each other.
    fn grouped(self, ranges: &[(u128, u128)]) -> Grouped {
        let from = ranges.partition_point(|&(_, high)| high < self.low);
        let to = ranges.partition_point(|&(low, _)| low <= self.high);
        let inside = ranges.get(from..to).unwrap_or_default();
        match inside {
            [] => {
                let mut found = Grouped::none();
                found.absent.push(self);
                found
            }
            [(low, high)] if *low <= self.low && *high >= self.high => {
                Grouped::one(self, Few::none())
            }
            [(low, high)] if is_network(*low, *high) => self.around(Self {
                low: *low,
                high: *high,
                ..self
            }),
            _ => {
                let [one, other] = self.halves();
                let mut found = one.grouped(inside);
                found.extend(other.grouped(inside));
                // Both halves, or all of the network with exceptions, whichever takes fewer words.
                if 1 + found.absent.count < found.words {
                    let absent = found.absent;
                    found = Grouped::one(self, absent.clone());
                    found.absent = absent;
                }
                found
            }
        }
    }

    fn halves(self) -> [Self; 2] {
        let middle = self.low + (self.high - self.low) / 2;
        let one = Self {
            high: middle,
            ..self
        };
        let other = Self {
            low: middle.saturating_add(1),
            ..self
        };
        [one, other]
    }

    /// One network in this one, and what is left out around it, in order.
    fn around(self, network: Self) -> Grouped {
        let mut found = Grouped::one(network, Few::none());
        let (mut at, mut after) = (self, Vec::new());
        while at != network {
            let [one, other] = at.halves();
            if network.low > one.high {
                found.absent.push(one);
                at = other;
            } else {
                after.push(other);
                at = one;
            }
        }
        after
            .into_iter()
            .rev()
            .for_each(|block| found.absent.push(block));
        found
    }

    fn word(self, language: Language) -> String {
        let size = self.high - self.low;
        let rest = 128 - size.leading_zeros();
        let (address, bits) = if self.is_v6 {
            (IpAddr::from(Ipv6Addr::from_bits(self.low)), 128)
        } else {
            let low = u32::try_from(self.low).unwrap_or(u32::MAX);
            (IpAddr::from(Ipv4Addr::from_bits(low)), 32)
        };
        let length = u8::try_from(bits - rest).unwrap_or(0);
        match (length, self.is_v6) {
            (0, false) => ALL_IPV4.of(language).to_owned(),
            (0, true) => ALL_IPV6.of(language).to_owned(),
            _ => Network { address, length }.to_string(),
        }
    }
}

/// Whether a range is a network.
fn is_network(low: u128, high: u128) -> bool {
    let size = high - low;
    size & size.wrapping_add(1) == 0 && low & size == 0
}

/// A few networks, and how many more there are.
fn listed(groups: &Few<Group>, language: Language) -> String {
    groups.joined(language, |group| {
        let network = group.network.word(language);
        if group.but.is_empty() {
            return network;
        }
        let but = group.but.joined(language, |block| block.word(language));
        let text = if groups.count == 1 {
            EXCEPT
        } else {
            EXCEPT_AMONG
        };
        text.with(language, &[&network, &but])
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(networks: &str) -> String {
        let places: Vec<_> = networks
            .split_whitespace()
            .map(|text| {
                let (address, length) = text.split_once('/')?;
                Some(Network {
                    address: address.parse().unwrap(),
                    length: length.parse().unwrap(),
                })
            })
            .collect();
        let PlaceWords { who, but, .. } = Places::of(&places).words(Language::English);
        but.map_or(who.clone(), |but| format!("{who} except {but}"))
    }

    #[test]
    fn addresses_are_named_by_the_shorter_list() {
        for (networks, expected) in [
            ("10.0.0.1/32", "10.0.0.1"),
            ("10.0.0.0/25 10.0.0.128/25", "10.0.0.0/24"),
            ("10.0.0.1/32 2001:db8::/32", "10.0.0.1 and [2001:db8::]/32"),
            ("0.0.0.0/0 ::/0 -", "every client"),
            ("0.0.0.0/0 ::/0", "every client whose address is known"),
            ("0.0.0.0/0", "all of IPv4"),
            ("0.0.0.0/1 128.0.0.0/1 8000::/1 ::/1 -", "every client"),
            ("-", "every client whose address is not known"),
            (
                "0.0.0.0/2 64.0.0.0/2 192.0.0.0/2 ::/0 -",
                "every client except 128.0.0.0/2",
            ),
            (
                "1.0.0.0/32 1.0.0.2/32 1.0.0.4/32 1.0.0.6/32 1.0.0.8/32 1.0.0.10/32",
                "1.0.0.0, 1.0.0.2, 1.0.0.4, 1.0.0.6 and 2 more",
            ),
            (
                "198.51.100.0/30 198.51.100.4/31 198.51.100.6/32 198.51.100.8/29 \
                 198.51.100.16/28 198.51.100.32/27 198.51.100.64/26 198.51.100.128/25",
                "198.51.100.0/24 except 198.51.100.7",
            ),
            (
                "10.0.0.0/16 10.2.0.0/15 10.4.0.0/14 10.8.0.0/13 10.16.0.0/12 10.32.0.0/11 \
                 10.64.0.0/10 10.128.0.0/9 192.0.2.7/32",
                "10.0.0.0/8 (except 10.1.0.0/16) and 192.0.2.7",
            ),
            ("10.0.0.0/31 10.0.0.2/32", "10.0.0.0/31 and 10.0.0.2"),
            (
                "2001:db8::/33 2001:db8:8000::/34 2001:db8:c000::/35",
                "[2001:db8::]/32 except [2001:db8:e000::]/35",
            ),
        ] {
            assert_eq!(words(networks), expected, "{networks}");
        }
    }
}
