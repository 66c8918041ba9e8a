//! Hostile databases: whatever the bytes, an answer or a fault, and soon.

use super::databases::{Stage, noon};
use super::legacy_made::MadeLegacy;
use super::mmdb_made::{Made, asn, country};
use proptest::prelude::*;
use std::net::IpAddr;
use tcpw_gate::{Fault, Settings, Sources, admitted, decide};

/// Asks the bytes for a few addresses, for the whole set, and for both editions.
fn ask(bytes: Vec<u8>) {
    let stage = Stage::new(&[("d", bytes)]);
    let settings = Settings::default();
    for option in ["--country KR", "--asn 64500", "--except CN,AS1"] {
        let line = format!("{option} --database @/d --keep none --max-age 60d -- %a");
        let call = stage.call(&line);
        let mut sources = Sources::new(None);
        for address in [
            "0.0.0.0",
            "203.0.113.9",
            "255.255.255.255",
            "::",
            "2001:db8::9",
            "2002:cb00:7109::1",
        ] {
            let address: IpAddr = address.parse().unwrap();
            drop(
                decide(&call, Some(address), &settings, &mut sources, noon())
                    .why
                    .to_string(),
            );
        }
        drop(admitted(&call, &settings, &mut sources, noon()));
    }
}

fn sound(kind: u8) -> Vec<u8> {
    let mut made = Made::new(["GeoLite2-Country", "GeoLite2-ASN", "odd"][usize::from(kind % 3)])
        .with(
            "203.0.113.0/24",
            if kind % 3 == 1 {
                asn(64_500)
            } else {
                country("KR")
            },
        )
        .with(
            "2001:db8::/32",
            if kind % 3 == 1 {
                asn(64_501)
            } else {
                country("JP")
            },
        );
    made.record_size = [24, 28, 32][usize::from(kind / 3 % 3)];
    match kind / 9 {
        0 | 1 => made.bytes(),
        2 => MadeLegacy::new().with("203.0.113.0/24", 119).bytes(),
        3 => MadeLegacy::new().with("2001:db8::/32", 119).bytes(),
        _ => MadeLegacy::new()
            .with_owner("203.0.113.0/24", "AS64500 Example")
            .bytes(),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn changed_bytes_never_panic_and_never_hang(
        kind in 0_u8..45,
        changes in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..12),
        cut in proptest::option::of(any::<prop::sample::Index>()),
    ) {
        let mut bytes = sound(kind);
        for (at, byte) in changes {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        if let Some(cut) = cut {
            bytes.truncate(cut.index(bytes.len()));
        }
        ask(bytes);
    }

    #[test]
    fn any_bytes_never_panic(mut bytes: Vec<u8>, end in 0_u8..3) {
        match end {
            0 => bytes.extend(b"\xab\xcd\xefMaxMind.com"),
            1 => bytes.extend(b"\xff\xff\xff\x01"),
            _ => bytes.extend(b"\xff\xff\xff\x09\x02\0\0"),
        }
        ask(bytes);
    }
}

/// A tree whose every branch leads to its own root has as many networks as there are addresses.
#[test]
fn a_circle_in_a_tree_is_a_fault_and_soon() {
    let mut mmdb = Made::new("GeoLite2-Country")
        .with("203.0.113.0/24", country("KR"))
        .bytes();
    for byte in &mut mmdb[..7 * 100] {
        *byte = 0;
    }
    let mut legacy = MadeLegacy::new().with("2001:db8::/32", 119).bytes();
    for byte in &mut legacy[..6] {
        *byte = 0;
    }
    for bytes in [mmdb, legacy] {
        let stage = Stage::new(&[("d", bytes)]);
        let call = stage.call("--country KR --database @/d --keep none -- %a");
        let mut sources = Sources::new(None);
        let found = admitted(&call, &Settings::default(), &mut sources, noon());
        let Err(Fault::Database { cause, .. }) = found else {
            panic!("{found:?}");
        };
        assert!(
            [
                "its tree has a circle",
                "its tree is deeper than addresses are long"
            ]
            .contains(&cause.as_str())
                || cause.contains("cycle"),
            "{cause}"
        );
    }
}

/// A name in a database is a stranger's: nothing of it moves a terminal's cursor.
#[test]
fn names_in_databases_are_shown_safely() {
    let made = Made::new("GeoLite2-Country\x1b[2J\n").with("203.0.113.0/24", country("KR"));
    let stage = Stage::new(&[("d", made.bytes())]);
    assert_eq!(
        stage.why("--country KR --database @/d", "203.0.113.9"),
        "203.0.113.9 is in KR by GeoLite2-Country\\x1b[2J\\n of 2026-11-02; the gate admits it"
    );
}
