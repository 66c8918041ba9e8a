//! Calls that name compiled sets: who is in one, who no longer is, and what is damaged.

use super::databases::{Stage, noon};
use proptest::prelude::*;
use std::io::Cursor;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::process::Command;
use tcpw_gate::set::{SetSource, build};
use tcpw_gate::{Network, Settings, Sources, admitted, decide};

const PROGRAM: &str = env!("CARGO_BIN_EXE_tcpw-gate");

/// The bytes of a set of networks with their ends, in seconds after [`noon`].
fn set(networks: &[(Network, Option<i64>)]) -> Vec<u8> {
    let end = |left: i64| noon().timestamp() + left;
    let networks = networks
        .iter()
        .map(|(network, left)| (*network, left.map(end), 0));
    let mut bytes = Cursor::new(Vec::new());
    let sources = (vec![SetSource::new("bans.txt")], noon().timestamp());
    build(networks, sources, &mut tempfile::tempfile, &mut bytes).unwrap();
    bytes.into_inner()
}

fn network(text: &str, left: Option<i64>) -> (Network, Option<i64>) {
    (text.parse().unwrap(), left)
}

fn stage() -> Stage {
    let listed = set(&[
        network("203.0.113.0/24", None),
        network("198.51.100.7", Some(60)),
        network("198.51.100.8", Some(0)),
        network("2001:db8::/32", None),
    ]);
    let mut damaged = listed.clone();
    let last = damaged.len() - 1;
    damaged[last] ^= 1;
    Stage::new(&[
        ("home.set", listed),
        ("damaged.set", damaged),
        ("some.set", set(&[network("203.0.113.64/26", None)])),
    ])
}

#[test]
fn who_is_in_a_set_is_admitted_or_excepted_until_its_end() {
    let stage = stage();
    for (line, address, admits) in [
        ("--in @/home.set", "203.0.113.9", true),
        ("--in @/home.set", "::ffff:203.0.113.9", true),
        ("--in @/home.set", "198.51.100.7", true),
        ("--in @/home.set", "198.51.100.8", false),
        ("--in @/home.set", "198.51.100.9", false),
        ("--in @/home.set", "2001:db8::1", true),
        ("--in @/home.set --except @/some.set", "203.0.113.9", true),
        ("--in @/home.set --except @/some.set", "203.0.113.70", false),
        ("--except @/home.set", "203.0.113.70", false),
        ("--except @/home.set", "198.51.100.8", true),
    ] {
        assert_eq!(
            stage.decide(line, address).admits,
            admits,
            "{line} {address}"
        );
    }
    assert_eq!(
        stage.why("--in @/home.set", "203.0.113.9"),
        "203.0.113.9 is in @/home.set by 203.0.113.0/24 of bans.txt; the gate admits it"
    );
}

#[test]
fn a_damaged_set_is_broken_and_says_nothing_of_anybody() {
    let stage = stage();
    for (policy, admits) in [("deny", false), ("allow", true)] {
        for option in ["--in", "--except"] {
            let line = format!("{option} @/damaged.set --broken {policy}");
            // The last block holds networks of IPv6: only they are not known.
            assert_eq!(stage.decide(&line, "2001:db8::1").admits, admits, "{line}");
            assert_eq!(stage.decide(&line, "2001:db9::1").admits, admits, "{line}");
            assert_eq!(
                stage.decide(&line, "203.0.113.9").admits,
                option == "--in",
                "{line}"
            );
        }
    }
    let why = stage.why("--in @/damaged.set", "2001:db8::1");
    assert!(
        why.contains("@/damaged.set") && why.contains("does not have its checksum"),
        "{why}"
    );
}

#[test]
fn the_program_asks_a_set_in_silence() {
    let stage = stage();
    for (address, code) in [("203.0.113.9", 0), ("203.0.114.9", 1), ("2001:db8::9", 0)] {
        let output = Command::new(PROGRAM)
            .args(["--keep", "none", "--in"])
            .arg(stage.path("home.set"))
            .args(["--", address])
            .output()
            .unwrap();
        assert_eq!(output.status.code(), Some(code), "{address}: {output:?}");
        assert!(
            output.stdout.is_empty() && output.stderr.is_empty(),
            "{output:?}"
        );
    }
}

/// Networks near each other, some over.
fn networks() -> impl Strategy<Value = Vec<(Network, Option<i64>)>> {
    let v4 = (any::<u8>(), 22_u8..=32).prop_map(|(low, prefix)| {
        let address = Ipv4Addr::from_bits(0xcb00_7100 | u32::from(low));
        Network::of_prefix(IpAddr::V4(address), prefix).unwrap()
    });
    let v6 = (any::<u8>(), 118_u8..=128).prop_map(|(low, prefix)| {
        let address = Ipv6Addr::from_bits(0x2001_0db8 << 96 | u128::from(low));
        Network::of_prefix(IpAddr::V6(address), prefix).unwrap()
    });
    let end = prop::sample::select(vec![None, Some(-5), Some(0), Some(1)]);
    prop::collection::vec((prop_oneof![v4, v6], end), 0..12)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]

    #[test]
    fn with_sets_too_the_admitted_are_who_is_decided_to_be(
        inside in networks(),
        outside in networks(),
        has_conditions: bool,
    ) {
        let stage = Stage::new(&[("in", set(&inside)), ("out", set(&outside))]);
        let condition = if has_conditions { "--in @/in " } else { "" };
        let call = stage.call(&format!("{condition}--except @/out --strict --keep none -- %a"));
        let settings = Settings::default();
        let mut sources = Sources::new(None);
        let networks = admitted(&call, &settings, &mut sources, noon()).unwrap();
        let v4 = (0xcb00_7000..0xcb00_7400_u32).step_by(3).map(|bits| IpAddr::V4(bits.into()));
        let v6 = (0..0x440_u128).step_by(3).map(|low| IpAddr::V6((0x2001_0db8 << 96 | low).into()));
        for address in v4.chain(v6) {
            let decision = decide(&call, Some(address), &settings, &mut sources, noon());
            let is_in = networks.iter().any(|network| network.contains(address));
            prop_assert_eq!(is_in, decision.admits, "{}: {}", address, decision.why);
        }
    }
}
