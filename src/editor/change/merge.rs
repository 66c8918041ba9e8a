//! Neighbouring networks as one.

use crate::editor::client::pattern::Client;
use std::collections::{BTreeMap, BTreeSet};

/// The clients with neighbouring networks made one, at the place of the first of them. Single
/// addresses stay what they are, so that each can be revoked.
pub(crate) fn merged(clients: Vec<Client>) -> Vec<Client> {
    let mut nets: BTreeSet<(bool, u8, u128)> = clients.iter().filter_map(key).collect();
    let before = nets.clone();
    // From the smallest networks to the largest, since two of one size make one of the next.
    for length in (2..128).rev() {
        for is_v6 in [false, true] {
            let top = if is_v6 { 128 } else { 32 };
            if length >= top {
                continue;
            }
            let bit = 1 << (top - length);
            let of_length = nets.range((is_v6, length, 0)..=(is_v6, length, u128::MAX));
            let lower: Vec<u128> = of_length
                .map(|(.., net)| *net)
                .filter(|net| net & bit == 0 && nets.contains(&(is_v6, length, net | bit)))
                .collect();
            for net in lower {
                nets.remove(&(is_v6, length, net));
                nets.remove(&(is_v6, length, net | bit));
                nets.insert((is_v6, length - 1, net));
            }
        }
    }
    if nets == before {
        return clients;
    }
    let mut left: BTreeMap<_, bool> = nets.into_iter().map(|net| (net, false)).collect();
    clients
        .into_iter()
        .filter_map(|client| match key(&client) {
            None => Some(client),
            Some(net) => holder(net, &mut left),
        })
        .collect()
}

/// The network that holds `net`, when it is asked for the first time.
fn holder(net: (bool, u8, u128), left: &mut BTreeMap<(bool, u8, u128), bool>) -> Option<Client> {
    let (is_v6, length, bits) = net;
    for length in (1..=length).rev() {
        let shift = if is_v6 { 128 - length } else { 32 - length };
        let start = bits >> shift << shift;
        let Some(is_told) = left.get_mut(&(is_v6, length, start)) else {
            continue;
        };
        let is_first = !std::mem::replace(is_told, true);
        return is_first.then(|| client(is_v6, length, start));
    }
    None
}

/// A network of more than one address, as something to sort.
fn key(client: &Client) -> Option<(bool, u8, u128)> {
    match *client {
        Client::Net4 { net, length } if length < 32 => Some((false, length, u128::from(net))),
        Client::Net6 { net, length } if length < 128 => Some((true, length, net)),
        Client::Net4 { .. } | Client::Net6 { .. } | Client::Name(_) | Client::Domain(_) => None,
    }
}

fn client(is_v6: bool, length: u8, net: u128) -> Client {
    match u32::try_from(net) {
        Ok(net) if !is_v6 => Client::Net4 { net, length },
        _ => Client::Net6 { net, length },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn neighbours_become_one_and_hosts_stay() {
        for (given, expected) in [
            ("10.0.0.0/25 10.0.0.128/25", "10.0.0.0/24"),
            (
                "10.0.0.128/25 a.example 10.0.0.0/25",
                "10.0.0.0/24 a.example",
            ),
            ("10.0.0.0/26 10.0.0.64/26 10.0.0.128/25", "10.0.0.0/24"),
            ("10.0.0.128/25 10.0.1.0/25", "10.0.0.128/25 10.0.1.0/25"),
            ("10.0.0.4 10.0.0.5", "10.0.0.4 10.0.0.5"),
            ("0.0.0.0/1 128.0.0.0/1", "0.0.0.0/1 128.0.0.0/1"),
            (
                "2001:db8::/33 10.0.0.0/24 2001:db8:8000::/33",
                "[2001:db8::]/32 10.0.0.0/24",
            ),
        ] {
            let clients = given
                .split(' ')
                .map(|c| Client::parse(c).unwrap())
                .collect();
            let found: Vec<_> = merged(clients).iter().map(ToString::to_string).collect();
            assert_eq!(found.join(" "), expected, "{given}");
        }
    }
}
