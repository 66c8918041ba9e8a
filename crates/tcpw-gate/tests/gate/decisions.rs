//! Whom a call admits: who is exempt, excepted, unknown; and what is broken.

use super::databases::{Stage, noon, set};
use super::mmdb_made::{Made, asn, country};
use tcpw_gate::{Fault, OwnAddresses, Settings, Sources, Why, decide};

fn stage() -> Stage {
    let countries = Made::new("GeoLite2-Country")
        .with("203.0.113.0/24", country("KR"))
        .with("198.51.100.0/24", country("CN"))
        .with("10.0.0.0/8", country("CN"))
        .with("2001:db8::/32", country("JP"));
    let owners = Made::new("GeoLite2-ASN")
        .with("198.51.100.0/25", asn(64_500))
        .with("192.0.2.0/24", asn(64_501));
    Stage::new(&[("c", countries.bytes()), ("a", owners.bytes())])
}

const BOTH: &str = "--database @/c --database @/a";

/// Options, an address, whether it is admitted, and what is said after it.
const CASES: [(&str, &str, bool, &str); 14] = [
    (
        "--country KR,JP",
        "203.0.113.9",
        true,
        "is in KR by GeoLite2-Country of 2026-11-02; the gate admits it",
    ),
    (
        "--country KR,JP",
        "198.51.100.9",
        false,
        "is in CN by GeoLite2-Country of 2026-11-02; the gate admits KR, JP",
    ),
    (
        "--country KR --asn 64500",
        "198.51.100.9",
        true,
        "is in AS64500 by GeoLite2-ASN of 2026-11-02; the gate admits it",
    ),
    (
        "--country KR --asn 64501",
        "198.51.100.9",
        false,
        "is in CN by GeoLite2-Country of 2026-11-02 and in AS64500 by GeoLite2-ASN of 2026-11-02; the gate admits KR, AS64501",
    ),
    (
        "--country KR --except 203.0.113.0/28",
        "203.0.113.9",
        false,
        "is in 203.0.113.0/28, which --except leaves out",
    ),
    (
        "--country KR --except 203.0.113.0/28",
        "203.0.113.99",
        true,
        "is in KR by GeoLite2-Country of 2026-11-02; the gate admits it",
    ),
    (
        "--except CN",
        "203.0.113.9",
        true,
        "is not excepted; the gate admits it",
    ),
    (
        "--except CN",
        "198.51.100.9",
        false,
        "is in CN by GeoLite2-Country of 2026-11-02, which --except leaves out",
    ),
    (
        "--country CN --except AS64500",
        "198.51.100.9",
        false,
        "is in AS64500 by GeoLite2-ASN of 2026-11-02, which --except leaves out",
    ),
    (
        "--country CN --except AS64500",
        "198.51.100.200",
        true,
        "is in CN by GeoLite2-Country of 2026-11-02; the gate admits it",
    ),
    (
        "--country KR",
        "192.0.2.7",
        false,
        "is not known to GeoLite2-Country of 2026-11-02 (--unknown deny)",
    ),
    (
        "--country KR --unknown allow",
        "192.0.2.7",
        true,
        "is not known to GeoLite2-Country of 2026-11-02 (--unknown allow)",
    ),
    (
        "--except CN --unknown deny",
        "192.0.2.7",
        false,
        "is not known to GeoLite2-Country of 2026-11-02 (--unknown deny)",
    ),
    (
        "--country KR --asn 1 --unknown allow",
        "192.0.2.7",
        false,
        "is in AS64501 by GeoLite2-ASN of 2026-11-02; the gate admits KR, AS1",
    ),
];

#[test]
fn one_condition_is_enough_and_an_exception_is_stronger() {
    let stage = stage();
    for (line, address, admits, why) in CASES {
        let line = format!("{BOTH} {line}");
        let decision = stage.decide(&line, address);
        assert_eq!(
            (decision.admits, decision.why.to_string()),
            (admits, format!("{address} {why}")),
            "{line}"
        );
    }
}

#[test]
fn neighbours_are_admitted_before_any_condition_unless_told_otherwise() {
    let stage = stage();
    let line = format!("{BOTH} --country KR");
    for address in [
        "10.1.2.3",
        "127.0.0.1",
        "169.254.1.1",
        "172.31.0.1",
        "192.168.1.1",
        "::1",
        "fd00::1",
        "fe80::1",
        "::ffff:10.1.2.3",
    ] {
        let decision = stage.decide(&line, address);
        assert!(decision.admits, "{}", decision.why);
        assert!(!stage.decide(&format!("{line} --strict"), address).admits);
    }
    for address in ["100.64.0.1", "172.32.0.1", "11.0.0.1", "fec0::1", "::2"] {
        assert!(!stage.decide(&line, address).admits, "{address}");
    }
    assert_eq!(
        stage.why(&line, "10.1.2.3"),
        "10.1.2.3 is in the private network 10.0.0.0/8; the gate admits it before any condition"
    );
}

#[test]
fn own_addresses_and_those_of_keep_in_are_admitted_too() {
    let stage = stage();
    let settings = Settings {
        own: OwnAddresses::Listed(vec!["198.51.100.1".parse().unwrap()]),
        keep_in: vec!["198.51.100.2".parse().unwrap()],
        country: vec![stage.path("c")],
        ..Settings::default()
    };
    let says = |line: &str, address: &str| {
        let decision = decide(
            &stage.call(line),
            address.parse().ok(),
            &settings,
            &mut Sources::new(None),
            noon(),
        );
        (decision.admits, decision.why.to_string())
    };
    for (line, address, admits) in [
        ("--country KR -- %a", "198.51.100.1", true),
        ("--country KR -- %a", "198.51.100.2", true),
        ("--country KR -- %a", "198.51.100.3", false),
        ("--country KR --strict -- %a", "198.51.100.1", false),
        ("--country KR --strict -- %a", "198.51.100.2", false),
        (
            "--country KR --keep 198.51.100.3 -- %a",
            "198.51.100.3",
            true,
        ),
        (
            "--country KR --keep 198.51.100.3 -- %a",
            "198.51.100.2",
            false,
        ),
    ] {
        let (found, why) = says(line, address);
        assert_eq!(found, admits, "{line}: {why}");
    }
    let (_, why) = says("--country KR -- %a", "198.51.100.1");
    assert_eq!(
        why,
        "198.51.100.1 is an address of this machine; the gate admits it before any condition"
    );
    let (_, why) = says("--country KR -- %a", "198.51.100.2");
    assert_eq!(
        why,
        "198.51.100.2 is kept in by 198.51.100.2; the gate admits it before any condition"
    );
}

#[test]
fn an_address_that_is_not_known_is_decided_by_policy() {
    let stage = stage();
    for (line, admits) in [
        ("--country KR -- unknown", false),
        ("--country KR --unknown allow -- unknown", true),
    ] {
        let found = decide(
            &stage.call(line),
            None,
            &Settings::default(),
            &mut Sources::new(None),
            noon(),
        );
        assert_eq!(found.admits, admits, "{line}");
        assert!(matches!(found.why, Why::NoAddress { .. }));
    }
}

/// Options about the set `@/s`, an address, whether it is admitted, and what is said.
const LISTED: [(&str, &str, bool, &str); 7] = [
    (
        "--in @/s",
        "198.51.100.9",
        true,
        "198.51.100.9 is in @/s by 198.51.100.0/28 of list.txt; the gate admits it",
    ),
    (
        "--in @/s",
        "198.51.100.77",
        true,
        "198.51.100.77 is in @/s by 198.51.100.77 of list.txt until 2026-11-27T12:00:01Z; the gate admits it",
    ),
    (
        "--in @/s",
        "198.51.100.78",
        false,
        "198.51.100.78 is in no set of the call; the gate admits @/s",
    ),
    (
        "--except @/s",
        "198.51.100.9",
        false,
        "198.51.100.9 is in @/s by 198.51.100.0/28 of list.txt, which --except leaves out",
    ),
    (
        "--except @/s",
        "198.51.100.78",
        true,
        "198.51.100.78 is not excepted; the gate admits it",
    ),
    (
        "--in @/s --country KR --database @/c",
        "198.51.100.9",
        true,
        "198.51.100.9 is in @/s by 198.51.100.0/28 of list.txt; the gate admits it",
    ),
    (
        "--in @/s --country KR --database @/c",
        "198.51.100.99",
        false,
        "198.51.100.99 is in CN by GeoLite2-Country of 2026-11-02; the gate admits KR, @/s",
    ),
];

#[test]
fn sets_admit_and_except_whom_they_list_now() {
    let list = set(&[
        ("198.51.100.0/28", None),
        ("198.51.100.77", Some(1_795_780_801)),
        ("198.51.100.78", Some(1_795_780_799)),
    ]);
    let countries = Made::new("GeoLite2-Country").with("198.51.100.0/24", country("CN"));
    let stage = Stage::new(&[("s", list), ("c", countries.bytes())]);
    for (line, address, admits, why) in LISTED {
        assert_eq!(stage.decide(line, address).admits, admits, "{line}");
        assert_eq!(stage.why(line, address), why, "{line}");
    }
}

#[test]
fn a_set_that_is_damaged_is_broken() {
    let list = set(&[("198.51.100.0/28", None)]);
    let stage = Stage::new(&[("cut", list[..list.len() / 2].to_vec())]);
    let broken = stage.decide("--in @/cut", "198.51.100.9");
    assert!(
        !broken.admits && matches!(broken.why, Why::Broken { .. }),
        "{}",
        broken.why
    );
    assert!(stage.decide("--except @/cut", "10.0.0.1").admits);
    assert!(!stage.decide("--except @/cut", "198.51.100.99").admits);
}

/// What is broken counts only where it could change the answer.
#[test]
fn a_configuration_that_cannot_be_read_is_broken_unless_the_call_says_all() {
    let stage = stage();
    let fault = Fault::Configuration {
        path: "/etc/tcpw.toml".into(),
        cause: "Permission denied".to_owned(),
    };
    let settings = Settings {
        fault: Some(fault),
        ..Settings::default()
    };
    let says = |line: &str, address: &str| {
        let call = stage.call(line);
        decide(
            &call,
            address.parse().ok(),
            &settings,
            &mut Sources::new(None),
            noon(),
        )
    };
    let named = "--database @/c --country KR";
    for (line, address, admits, is_broken) in [
        ("--country KR -- %a", "203.0.113.9", false, true),
        ("--country KR -- %a", "10.0.0.1", true, false),
        (
            "--country KR --broken allow -- %a",
            "203.0.113.9",
            true,
            true,
        ),
        (&format!("{named} -- %a"), "203.0.113.9", true, false),
        (&format!("{named} -- %a"), "198.51.100.9", false, true),
        (
            &format!("{named} --keep none -- %a"),
            "198.51.100.9",
            false,
            false,
        ),
        (
            &format!("{named} --strict -- %a"),
            "198.51.100.9",
            false,
            false,
        ),
    ] {
        let found = says(line, address);
        let broken = matches!(found.why, Why::Broken { .. });
        assert_eq!(
            (found.admits, broken),
            (admits, is_broken),
            "{line}: {}",
            found.why
        );
    }
}

#[test]
fn a_broken_part_does_not_take_back_what_another_part_grants() {
    let stage = stage();
    let line = "--database @/c --country KR --in /absent.set";
    assert!(stage.decide(line, "203.0.113.9").admits);
    assert!(matches!(
        stage.decide(line, "198.51.100.9").why,
        Why::Broken { .. }
    ));
    let line = "--database @/c --country KR --except /absent.set --broken allow";
    assert!(matches!(
        stage.decide(line, "203.0.113.9").why,
        Why::Broken { .. }
    ));
    assert!(
        !stage.decide(line, "198.51.100.9").admits,
        "it meets no condition, whatever the set says"
    );
}
