//! Whom a call admits, as a set: exactly those of whom that is decided one by one.

use super::databases::{Stage, noon, set};
use super::legacy_made::MadeLegacy;
use super::mmdb_made::{Made, asn, country};
use proptest::prelude::*;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use tcpw_gate::{Network, OwnAddresses, Settings, Sources, admitted, decide};

/// Words of a call about the databases of [`made`].
fn words() -> impl Strategy<Value = String> {
    let lists =
        |words: &'static [&'static str]| proptest::sample::subsequence(words, 0..=words.len());
    (
        lists(&["KR", "JP", "CN"]),
        lists(&["64500", "64501"]),
        lists(&[
            "CN",
            "AS64500",
            "203.0.113.64-203.0.113.70",
            "2001:db8:1::/48",
            "@/out",
        ]),
        any::<[bool; 5]>(),
    )
        .prop_map(
            |(countries, asns, except, [strict, unknown, broken, keep, listed])| {
                let mut line = String::new();
                for (option, list) in [
                    ("--country", countries),
                    ("--asn", asns),
                    ("--except", except),
                ] {
                    if !list.is_empty() {
                        line += &[option, " ", &list.join(","), " "].concat();
                    }
                }
                for (option, is_set) in [
                    ("--strict ", strict),
                    ("--in @/in ", listed),
                    ("--unknown allow ", unknown),
                    ("--broken allow ", broken),
                    ("--keep 198.51.100.250-198.51.101.5 ", keep),
                ] {
                    line += if is_set { option } else { "" };
                }
                line + "-- %a"
            },
        )
}

/// Networks of all sizes, near each other.
fn network() -> impl Strategy<Value = (IpAddr, u8)> {
    (any::<bool>(), 0_u8..=32, any::<u32>()).prop_map(|(is_v6, length, bits)| {
        if is_v6 {
            let bits = u128::from(0x2001_0db8_u32) << 96 | u128::from(bits) << 64;
            (IpAddr::V6(Ipv6Addr::from_bits(bits)), length + 32)
        } else {
            (IpAddr::V4(Ipv4Addr::from_bits(bits & 0xff)), length)
        }
    })
}

/// Databases of both kinds, the legacy ones of one family each.
fn made() -> impl Strategy<Value = (Made, MadeLegacy, Made)> {
    let some = || proptest::collection::vec((network(), 0_u8..3), 0..8);
    (some(), some(), some(), any::<[bool; 2]>()).prop_map(
        |(one, two, three, [is_v6, has_alias])| {
            let codes = ["KR", "JP", "CN"];
            let mut countries = Made::new("GeoLite2-Country");
            (countries.is_v6, countries.has_alias) = (is_v6, has_alias);
            let mut legacy = MadeLegacy::new();
            let mut owners = Made::new("GeoLite2-ASN");
            for ((address, length), value) in one {
                if is_v6 || address.is_ipv4() {
                    countries
                        .networks
                        .push((address, length, country(codes[usize::from(value)])));
                }
            }
            for ((address, length), value) in two
                .into_iter()
                .filter(|((address, _), _)| address.is_ipv4())
            {
                legacy
                    .countries
                    .push((address, length, [119, 111, 0][usize::from(value)]));
            }
            for ((address, length), value) in three {
                owners
                    .networks
                    .push((address, length, asn(64_500 + u32::from(value))));
            }
            (countries, legacy, owners)
        },
    )
}

/// Addresses at the ends of ranges, beside them and elsewhere.
fn probes(networks: &[Network], others: &[u32]) -> Vec<IpAddr> {
    let near = |address: IpAddr| match address {
        IpAddr::V4(address) => {
            let bits = address.to_bits();
            [bits.wrapping_sub(1), bits, bits.wrapping_add(1)].map(|bits| IpAddr::V4(bits.into()))
        }
        IpAddr::V6(address) => {
            let bits = address.to_bits();
            [bits.wrapping_sub(1), bits, bits.wrapping_add(1)].map(|bits| IpAddr::V6(bits.into()))
        }
    };
    let ends = networks
        .iter()
        .flat_map(|network| [network.first(), network.last()]);
    let mut all: Vec<IpAddr> = ends.flat_map(near).collect();
    for &bits in others {
        all.push(IpAddr::V4(bits.into()));
        all.push(IpAddr::V4((bits & 0x1ff).into()));
        let low = u128::from(bits);
        for high in [0, 0x2001_0db8 << 96, 0x2002 << 112, 0xffff << 32] {
            all.push(IpAddr::V6((high | low << 64).into()));
            all.push(IpAddr::V6((high | low).into()));
        }
    }
    all
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn the_set_of_the_admitted_is_what_is_decided_for_each(
        (countries, legacy, owners) in made(),
        line in words(),
        order in any::<[bool; 3]>(),
        others in proptest::collection::vec(any::<u32>(), 20),
    ) {
        let stage = Stage::new(&[
            ("c", countries.bytes()),
            ("l", legacy.bytes()),
            ("a", owners.bytes()),
            ("in", set(&[("0.0.0.32/27", None), ("0.0.0.77", Some(1)), ("2001:db8:2::/47", None)])),
            ("out", set(&[("0.0.0.0/26", None), ("2001:db8:3::-2001:db8:4::7", Some(1_800_000_000))])),
        ]);
        let mut settings = Settings {
            own: OwnAddresses::Listed(vec!["192.0.2.1".parse().unwrap(), "2001:db8::1".parse().unwrap()]),
            asn: vec![stage.path("a")],
            ..Settings::default()
        };
        let [has_new, has_legacy, is_turned] = order;
        let names = [("c", has_new || !has_legacy), ("l", has_legacy)];
        settings.country = names.iter().filter(|(_, is_there)| *is_there).map(|(name, _)| stage.path(name)).collect();
        if is_turned {
            settings.country.reverse();
        }
        let Some(call) = stage.read(&line) else {
            return Ok(());
        };
        let mut sources = Sources::new(None);
        let networks = admitted(&call, &settings, &mut sources, noon()).unwrap();
        for pair in networks.windows(2) {
            prop_assert!(pair[0] < pair[1]);
        }
        for address in probes(&networks, &others) {
            let decision = decide(&call, Some(address), &settings, &mut sources, noon());
            let is_in = networks.iter().any(|network| network.contains(address));
            prop_assert_eq!(is_in, decision.admits, "{} {}: {}", line, address, decision.why);
        }
    }
}
