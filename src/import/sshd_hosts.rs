//! Lists of hosts in a configuration of sshd: addresses, networks, patterns, and `!` before exceptions.

use crate::import::address::{named, network, prefix_of_text};
use crate::import::entry::Whom;
use crate::import::ranges::RangeSet;
use crate::import::words::shown;
use std::net::Ipv6Addr;
use tcpw_gate::Network;

/// Whom a list is about.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Hosts {
    pub(crate) addresses: RangeSet,
    /// Names and domains, as a table has them.
    pub(crate) names: Vec<Whom>,
    /// Whether it has networks with link-local addresses, which are not among `addresses`: sshd finds
    /// no client with a zone (`fe80::7%eth0`) in any network.
    pub(crate) is_cut: bool,
}

/// `fe80::/10`.
const LINK_LOCAL: Network = Network::V6 {
    first: 0xfe80 << 112,
    last: (0xfec0 << 112) - 1,
};

/// Reads a list. A host is in it if a pattern of the list matches, and no pattern with `!` does.
///
/// # Errors
/// In words, when a pattern cannot be said in a table.
pub(crate) fn hosts(text: &str) -> Result<Hosts, String> {
    let mut found = Hosts::default();
    let mut except = RangeSet::default();
    for pattern in text.split(',').map(str::trim) {
        let (is_except, pattern) = match pattern.strip_prefix('!') {
            Some(pattern) => (true, pattern),
            None => (false, pattern),
        };
        let set = if is_except {
            &mut except
        } else {
            &mut found.addresses
        };
        if pattern == "*" {
            set.add(Network::ALL_V4);
            set.add(Network::ALL_V6);
        } else if let Some(range) = addresses(pattern) {
            let link_local = RangeSet::of(&[LINK_LOCAL]);
            found.is_cut |= link_local.meets(range);
            for rest in link_local.rest_of(range) {
                set.add(rest);
            }
        } else if let Some(range) = text_pattern(pattern) {
            set.add(range);
        } else {
            let name = pattern
                .strip_prefix('*')
                .filter(|rest| rest.starts_with('.'))
                .unwrap_or(pattern);
            match named(name).filter(|_| !is_except && (name != pattern || !name.starts_with('.')))
            {
                Some(name) => found.names.push(name),
                None => {
                    return Err(format!(
                        "`{}` is not a pattern that a table has",
                        shown(pattern)
                    ));
                }
            }
        }
    }
    let ranges = found.addresses.ranges();
    let rest: Vec<Network> = ranges
        .iter()
        .flat_map(|range| except.rest_of(*range))
        .collect();
    if !found.names.is_empty() && except != RangeSet::default() {
        return Err("it has names, and exceptions that may be their addresses".to_owned());
    }
    found.addresses = RangeSet::of(&rest);
    Ok(found)
}

fn addresses(pattern: &str) -> Option<Network> {
    // sshd knows no ranges.
    network(pattern).ok().filter(|_| !pattern.contains('-'))
}

/// `192.0.2.*`, `2001:*` and `fe8?:*`: the addresses whose text begins so, with a zone or without.
fn text_pattern(pattern: &str) -> Option<Network> {
    prefix_of_text(pattern).or_else(|| {
        let group = pattern.strip_suffix(":*")?;
        let digits = group.trim_end_matches('?');
        // A group of four digits is not written shorter, and is never left out.
        let is_group = group.len() == 4 && !digits.is_empty() && !digits.starts_with('0');
        let is_hex = digits
            .bytes()
            .all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte));
        let bits = u16::from_str_radix(&group.replace('?', "0"), 16).ok()?;
        let length = u8::try_from(4 * digits.len()).ok()?;
        let address = Ipv6Addr::new(bits, 0, 0, 0, 0, 0, 0, 0);
        let network = Network::of_prefix(address.into(), length);
        network.filter(|_| is_group && is_hex)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exceptions_are_taken_from_what_matches() {
        let set = |text: &str| hosts(text).map(|hosts| hosts.addresses);
        let all = [Network::ALL_V4, Network::ALL_V6];
        assert_eq!(set("*"), Ok(RangeSet::of(&all)));
        // What is only excepted never matches.
        assert_eq!(set("!10.0.0.0/8"), Ok(RangeSet::default()));
        let rest = set("!10.0.0.0/8,*").unwrap();
        assert!(!rest.meets("10.0.0.0/8".parse().unwrap()));
        assert!(rest.meets("11.0.0.0/8".parse().unwrap()));
        assert_eq!(
            set("192.0.2.*"),
            Ok(RangeSet::of(&["192.0.2.0/24".parse().unwrap()]))
        );
        let names = hosts("*.example.org,host.example.net").unwrap().names;
        assert_eq!(
            names,
            [".example.org", "host.example.net"].map(|name| Whom::Named(name.to_owned()))
        );
        for (text, wanted) in [
            ("fe8?:*", "fe80::/12"),
            ("2001:*", "2001::/16"),
            ("fe80::/9", "fec0::/10"),
        ] {
            assert_eq!(
                set(text),
                Ok(RangeSet::of(&[wanted.parse().unwrap()])),
                "{text}"
            );
        }
        // A client with a zone is in no network.
        let cut = hosts("10.0.0.0/8,fe80::/10").unwrap();
        assert!(cut.is_cut && cut.addresses == RangeSet::of(&["10.0.0.0/8".parse().unwrap()]));
        for bad in [
            "fe?0:*",
            "fe8:*",
            "0e80:*",
            "FE80:*",
            "????:*",
            "10.0.0.1/8",
            "1?.0.0.1",
            "!host.example",
            ".example.org",
            "",
            "a*b",
        ] {
            assert!(hosts(bad).is_err(), "{bad}");
        }
    }
}
