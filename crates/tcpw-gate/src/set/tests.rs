//! Sets against a naive model, and sets that were changed by accident.

use crate::network::Network;
use crate::set::{Set, SetFault, SetSource, build};
use chrono::{DateTime, Utc};
use proptest::prelude::*;
use std::io::Cursor;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// A network, its end and its source.
type Line = (Network, Option<i64>, u16);

fn at(seconds: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(seconds, 0).unwrap()
}

fn built(lines: &[Line], names: &[&str]) -> Vec<u8> {
    let sources = names.iter().map(|name| SetSource::new(name)).collect();
    let mut bytes = Cursor::new(Vec::new());
    let all = lines.iter().copied();
    let summary = build(
        all,
        (sources, 1_700_000_000),
        &mut tempfile::tempfile,
        &mut bytes,
    )
    .unwrap();
    let bytes = bytes.into_inner();
    assert_eq!(summary.bytes, u64::try_from(bytes.len()).unwrap());
    bytes
}

fn line(text: &str, until: Option<i64>, source: u16) -> Line {
    (text.parse().unwrap(), until, source)
}

fn found(set: &Set, address: &str, now: i64) -> Option<(String, String, Option<i64>)> {
    let found = set.find(address.parse().unwrap(), at(now)).unwrap()?;
    let until = found.until.map(|until| until.timestamp());
    Some((found.network.to_string(), found.source, until))
}

#[test]
fn the_smallest_network_that_still_counts_is_found() {
    let set = Set::of_bytes(built(
        &[
            line("192.0.2.0/24", None, 0),
            line("192.0.2.7", Some(1000), 1),
            line("192.0.2.0/25", Some(2000), 1),
            line("198.51.100.1-198.51.100.2", None, 1),
            line("2001:db8::/32", Some(5000), 0),
            line("::ffff:203.0.113.9", None, 0),
        ],
        &["long.txt", "short.txt"],
    ))
    .unwrap();
    let short = |network: &str, until| Some((network.to_owned(), "short.txt".to_owned(), until));
    let long = |network: &str, until| Some((network.to_owned(), "long.txt".to_owned(), until));
    assert_eq!(
        found(&set, "192.0.2.7", 999),
        short("192.0.2.7", Some(1000))
    );
    assert_eq!(
        found(&set, "192.0.2.7", 1000),
        short("192.0.2.0/25", Some(2000))
    );
    assert_eq!(found(&set, "192.0.2.7", 2000), long("192.0.2.0/24", None));
    assert_eq!(
        found(&set, "::ffff:192.0.2.200", 0),
        long("192.0.2.0/24", None)
    );
    assert_eq!(found(&set, "198.51.100.2", 0), short("198.51.100.2", None));
    assert_eq!(found(&set, "198.51.100.3", 0), None);
    assert_eq!(found(&set, "203.0.113.9", 0), long("203.0.113.9", None));
    assert_eq!(
        found(&set, "2001:db8::9", 4999),
        long("2001:db8::/32", Some(5000))
    );
    assert_eq!(found(&set, "2001:db8::9", 5000), None);
    assert_eq!(found(&set, "::", 0), None);
    let ends = set.verify(at(1500)).unwrap();
    assert_eq!((ends.expiring, ends.expired), (3, 1));
    assert_eq!(set.networks(at(1500)).unwrap().len(), 6);
    let networks: Vec<u64> = set.sources().unwrap().iter().map(|s| s.networks).collect();
    assert_eq!(networks, [3, 4]);
}

#[test]
fn of_a_network_that_is_there_twice_the_longest_counts_and_then_the_first_source() {
    let set = Set::of_bytes(built(
        &[
            line("192.0.2.7", Some(3000), 1),
            line("192.0.2.7", Some(3000), 0),
            line("192.0.2.7", Some(1000), 0),
            line("192.0.2.8", Some(3000), 0),
            line("192.0.2.8", None, 1),
        ],
        &["a", "b"],
    ))
    .unwrap();
    let wanted = |name: &str, until| Some((name.to_owned(), until));
    let of = |address| found(&set, address, 0).map(|(_, source, until)| (source, until));
    assert_eq!(of("192.0.2.7"), wanted("a", Some(3000)));
    assert_eq!(of("192.0.2.8"), wanted("b", None));
    assert_eq!(set.listed().count(), 2);
}

#[test]
fn an_empty_set_holds_nobody_and_everything_holds_everybody() {
    let empty = Set::of_bytes(built(&[], &[])).unwrap();
    let all = Set::of_bytes(built(
        &[line("0.0.0.0/0", None, 0), line("::/0", None, 0)],
        &["all"],
    ))
    .unwrap();
    for address in [
        "0.0.0.0",
        "255.255.255.255",
        "::",
        "ffff::1",
        "::ffff:1.2.3.4",
    ] {
        assert_eq!(found(&empty, address, 0), None);
        assert!(found(&all, address, 0).is_some());
    }
    empty.verify(at(0)).unwrap();
    all.verify(at(0)).unwrap();
}

#[test]
fn names_of_sources_go_over_the_ends_of_blocks() {
    let names: Vec<String> = (0..9)
        .map(|n| format!("{n}{}", "x".repeat(1000 * n)))
        .collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let set = Set::of_bytes(built(&[line("192.0.2.7", None, 8)], &names)).unwrap();
    set.verify(at(0)).unwrap();
    let read = set.sources().unwrap();
    assert_eq!(read[3].name, names[3]);
    assert_eq!(read[8].name.len(), 4096);
    assert_eq!(
        found(&set, "192.0.2.7", 0).unwrap().1,
        "8".to_owned() + &"x".repeat(4095)
    );
}

/// Networks that often lie in each other, with ends that are often over.
fn lines() -> impl Strategy<Value = Vec<Line>> {
    let v4 = (0_u32..64, 26_u8..=32).prop_map(|(low, prefix)| {
        let address = IpAddr::V4(Ipv4Addr::from_bits(0xc000_0200 | low));
        Network::of_prefix(address, prefix).unwrap()
    });
    let v6 = (0_u128..64, 120_u8..=128).prop_map(|(low, prefix)| {
        let address = IpAddr::V6(Ipv6Addr::from_bits(0x2001_0db8 << 96 | low));
        Network::of_prefix(address, prefix).unwrap()
    });
    let range = (0_u32..64, 0_u32..64).prop_map(|(a, b)| Network::V4 {
        first: 0xc000_0200 | a.min(b),
        last: 0xc000_0200 | a.max(b),
    });
    let network = prop_oneof![v4, v6, range];
    let until = prop_oneof![Just(None), (1_i64..9).prop_map(Some)];
    prop::collection::vec((network, until, 0_u16..3), 0..60)
}

proptest! {
    #[test]
    fn a_set_answers_as_its_lists_do(lines in lines(), now in 0_i64..9) {
        let set = Set::of_bytes(built(&lines, &["0", "1", "2"])).unwrap();
        set.verify(at(now)).unwrap();
        let counts = |until: Option<i64>| until.is_none_or(|until| now < until);
        for low in 0..64_u32 {
            for address in [
                IpAddr::V4(Ipv4Addr::from_bits(0xc000_0200 | low)),
                IpAddr::V6(Ipv6Addr::from_bits(0x2001_0db8 << 96 | u128::from(low))),
            ] {
                let is_in = lines.iter().any(|(network, until, _)| {
                    network.contains(address) && counts(*until)
                });
                let found = set.find(address, at(now)).unwrap();
                prop_assert_eq!(found.is_some(), is_in, "{}", address);
                if let Some(found) = found {
                    let source = found.source.parse().unwrap();
                    let until = found.until.map(|until| until.timestamp());
                    let is_said = lines.iter().any(|(network, end, from)| {
                        network.covers(found.network) && (*end, *from) == (until, source)
                    });
                    prop_assert!(counts(until) && found.network.contains(address) && is_said);
                }
            }
        }
    }

    #[test]
    fn one_changed_byte_is_always_noticed(lines in lines(), place: prop::sample::Index, bit in 0_u8..8) {
        let mut bytes = built(&lines, &["0", "1", "2"]);
        *place.get_mut(&mut bytes) ^= 1 << bit;
        let is_broken = match Set::of_bytes(bytes) {
            Ok(set) => set.verify(at(0)).is_err(),
            Err(_) => true,
        };
        prop_assert!(is_broken);
    }
}

/// Many networks, so that there are an index of two levels and large leaves.
fn large() -> Vec<u8> {
    let v4 = (0..300_000_u32).map(|n| {
        (
            Network::V4 {
                first: n << 12,
                last: n << 12 | 7,
            },
            None,
            0,
        )
    });
    let v6 = (0..600_u128).map(|n| {
        let first = n << 100;
        (
            Network::V6 {
                first,
                last: first | 0xff,
            },
            Some(99),
            0,
        )
    });
    let lines: Vec<Line> = v4.chain(v6).collect();
    built(&lines, &["large"])
}

#[test]
fn a_large_set_is_searched_through_its_index() {
    let bytes = large();
    let set = Set::of_bytes(bytes.clone()).unwrap();
    set.verify(at(0)).unwrap();
    assert_eq!(set.listed().count(), 300_600);
    for n in (0..300_000_u32).step_by(997).chain([299_999]) {
        for (low, is_in) in [(0, true), (7, true), (8, false), (4095, false)] {
            let address = IpAddr::V4(Ipv4Addr::from_bits(n << 12 | low));
            assert_eq!(
                set.find(address, at(0)).unwrap().is_some(),
                is_in,
                "{address}"
            );
        }
    }
    for n in 1..600_u128 {
        let address = IpAddr::V6(Ipv6Addr::from_bits(n << 100 | 0xff));
        assert!(set.find(address, at(98)).unwrap().is_some());
        assert!(set.find(address, at(99)).unwrap().is_none());
    }
    // The leaf of one address is damaged: it is not said to be out of the set, others are found.
    let mut damaged = bytes;
    let leaf = damaged.len() / 4096 / 2;
    damaged[leaf * 4096 + 100] ^= 1;
    let set = Set::of_bytes(damaged).unwrap();
    let answers: Vec<bool> = (0..300_000_u32)
        .map(|n| set.find(IpAddr::V4(Ipv4Addr::from_bits(n << 12)), at(0)))
        .filter_map(|answer| match answer {
            Ok(found) => Some(found.is_some()),
            Err(fault) => {
                assert_eq!(fault, SetFault::Checksum(u64::try_from(leaf).unwrap()));
                None
            }
        })
        .collect();
    assert!(answers.iter().all(|is_in| *is_in));
    assert_eq!(answers.len(), 300_000 - 255);
}

#[test]
fn blocks_that_stand_elsewhere_are_noticed() {
    let mut bytes = large();
    let (one, two) = bytes[4096 * 10..4096 * 12].split_at_mut(4096);
    one.swap_with_slice(two);
    let set = Set::of_bytes(bytes).unwrap();
    assert_eq!(set.verify(at(0)).unwrap_err(), SetFault::Checksum(10));
}

#[test]
fn what_is_not_a_set_of_this_version_is_said() {
    let good = built(&[line("192.0.2.7", None, 0)], &["a"]);
    let fault = |bytes: &[u8]| Set::of_bytes(bytes.to_vec()).unwrap_err();
    for length in [0, 1, 11, 12, 15] {
        assert_eq!(fault(&good[..length]), SetFault::NotASet);
    }
    assert_eq!(fault(b"192.0.2.7\n"), SetFault::NotASet);
    for length in [16, 4095, 4096, good.len() - 1] {
        let has = u64::try_from(length).unwrap();
        assert_eq!(fault(&good[..length]), SetFault::Length { has });
    }
    let longer = [&good[..], &[0; 4096]].concat();
    assert!(matches!(fault(&longer), SetFault::Length { .. }));
    let mut newer = good;
    newer[15] = 2;
    assert_eq!(fault(&newer), SetFault::Version(2));
}
