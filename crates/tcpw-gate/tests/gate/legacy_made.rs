//! Makes small databases in the legacy format of `MaxMind`, for tests.

use std::net::IpAddr;

/// The number from which on leaves are countries.
const FIRST_COUNTRY: usize = 16_776_960;

/// A database that is being made.
#[derive(Debug, Clone)]
pub(crate) struct MadeLegacy {
    /// The text about it.
    pub(crate) text: String,
    /// Whether it is of IPv6.
    pub(crate) is_v6: bool,
    /// The networks of countries, by the countries' numbers; later ones lie over earlier ones.
    pub(crate) countries: Vec<(IpAddr, u8, u8)>,
    /// The networks of owners, by their names; a database has either these or countries.
    pub(crate) owners: Vec<(IpAddr, u8, String)>,
}

/// What stands at a branch: a pair, or a leaf with its number, 0 for what is not known.
#[derive(Debug, Clone, Copy)]
enum Side {
    Pair(usize),
    Leaf(usize),
}

impl MadeLegacy {
    /// One of IPv4 without a network, of the year 2018.
    pub(crate) fn new() -> Self {
        Self {
            text: "GEO-106FREE 20180605 Build 1 Copyright (c) 2018 MaxMind Inc All Rights Reserved"
                .to_owned(),
            is_v6: false,
            countries: Vec::new(),
            owners: Vec::new(),
        }
    }

    /// With a network of a country by its number: 119 is KR, 111 is JP, 48 is CN.
    pub(crate) fn with(mut self, network: &str, country: u8) -> Self {
        let (address, length) = parts(network);
        self.is_v6 |= address.is_ipv6();
        self.countries.push((address, length, country));
        self
    }

    /// With a network of an owner such as `AS64500 Example`.
    pub(crate) fn with_owner(mut self, network: &str, owner: &str) -> Self {
        let (address, length) = parts(network);
        self.is_v6 |= address.is_ipv6();
        self.owners.push((address, length, owner.to_owned()));
        self
    }

    /// The bytes of the file.
    pub(crate) fn bytes(&self) -> Vec<u8> {
        let mut tree = vec![[Side::Leaf(0); 2]];
        for (address, length, country) in &self.countries {
            set(&mut tree, *address, *length, usize::from(*country));
        }
        let mut names = vec![0];
        for (address, length, name) in &self.owners {
            set(&mut tree, *address, *length, names.len());
            names.extend(name.bytes());
            names.push(0);
        }
        let has_owners = !self.owners.is_empty();
        let leaves = if has_owners {
            tree.len()
        } else {
            FIRST_COUNTRY
        };
        let mut file = Vec::new();
        for side in tree.iter().flatten() {
            let number = match side {
                Side::Pair(pair) => *pair,
                Side::Leaf(leaf) => leaves + leaf,
            };
            file.extend(&u32::try_from(number).unwrap().to_le_bytes()[..3]);
        }
        if has_owners {
            file.extend(names);
        }
        file.extend([0; 3]);
        file.extend(self.text.bytes());
        file.extend([0xff; 3]);
        file.push(match (has_owners, self.is_v6) {
            (false, false) => 1,
            (false, true) => 12,
            (true, false) => 9,
            (true, true) => 21,
        });
        if has_owners {
            file.extend(&u32::try_from(leaves).unwrap().to_le_bytes()[..3]);
        }
        file
    }
}

fn parts(network: &str) -> (IpAddr, u8) {
    let (address, length) = network.split_once('/').unwrap();
    (address.parse().unwrap(), length.parse().unwrap())
}

fn set(tree: &mut Vec<[Side; 2]>, address: IpAddr, length: u8, leaf: usize) {
    let bits = match address {
        IpAddr::V4(address) => u128::from(address.to_bits()) << 96,
        IpAddr::V6(address) => address.to_bits(),
    };
    let mut pair = 0;
    for depth in 0..length {
        let side = usize::from(bits << depth >> 127 == 1);
        if depth + 1 == length {
            tree[pair][side] = Side::Leaf(leaf);
            return;
        }
        pair = match tree[pair][side] {
            Side::Pair(next) => next,
            covering @ Side::Leaf(_) => {
                tree.push([covering; 2]);
                let next = tree.len() - 1;
                tree[pair][side] = Side::Pair(next);
                next
            }
        };
    }
    tree[0] = [Side::Leaf(leaf); 2];
}
