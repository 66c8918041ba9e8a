//! What databases say: every layout of records, every format, and what is wrong with others.

use super::legacy_made::MadeLegacy;
use super::mmdb_made::{Field, Made, asn, country, texts};
use chrono::{DateTime, Utc};
use std::fs;
use std::io::Cursor;
use std::net::IpAddr;
use std::path::PathBuf;
use tcpw_gate::set::{SetSource, build};
use tcpw_gate::{Call, Decision, Settings, Sources, admitted, decide};

/// A directory with databases.
pub(crate) struct Stage {
    place: tempfile::TempDir,
}

impl Stage {
    pub(crate) fn new(files: &[(&str, Vec<u8>)]) -> Self {
        let place = tempfile::tempdir().unwrap();
        for (name, bytes) in files {
            fs::write(place.path().join(name), bytes).unwrap();
        }
        Self { place }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.place.path().join(name)
    }

    /// The call of `line`, in which `@` stands for the directory.
    pub(crate) fn call(&self, line: &str) -> Call {
        self.read(line).unwrap()
    }

    /// The same, if it is a call.
    pub(crate) fn read(&self, line: &str) -> Option<Call> {
        let line = line.replace('@', self.place.path().to_str()?);
        let words: Vec<&[u8]> = line.split(' ').map(str::as_bytes).collect();
        Call::of_words(&words).ok()
    }

    /// What is decided for an address.
    pub(crate) fn decide(&self, line: &str, address: &str) -> Decision {
        let call = self.call(&format!("{line} --keep none -- %a"));
        let address: IpAddr = address.parse().unwrap();
        decide(
            &call,
            Some(address),
            &Settings::default(),
            &mut Sources::new(None),
            noon(),
        )
    }

    /// Why, in words.
    pub(crate) fn why(&self, line: &str, address: &str) -> String {
        let place = self.place.path().to_str().unwrap();
        self.decide(line, address)
            .why
            .to_string()
            .replace(place, "@")
    }
}

/// A set of networks, those with a day in seconds since 1970 until then.
pub(crate) fn set(networks: &[(&str, Option<i64>)]) -> Vec<u8> {
    let lines = networks
        .iter()
        .map(|(text, until)| (text.parse().unwrap(), *until, 0));
    let mut bytes = Cursor::new(Vec::new());
    let sources = vec![SetSource::new("list.txt")];
    build(
        lines,
        (sources, 1_790_000_000),
        &mut tempfile::tempfile,
        &mut bytes,
    )
    .unwrap();
    bytes.into_inner()
}

/// The 27th of November 2026.
pub(crate) fn noon() -> DateTime<Utc> {
    DateTime::from_timestamp(1_795_780_800, 0).unwrap()
}

#[test]
fn every_layout_of_records_is_read() {
    let ipinfo = texts(&[
        ("country", "Republic of Korea"),
        ("country_code", "KR"),
        ("asn", "AS64500"),
        ("as_name", "Example"),
    ]);
    let before = texts(&[
        ("country", "KR"),
        ("country_name", "South Korea"),
        ("asn", "AS64500"),
    ]);
    let code = Field::Map(vec![("iso_code".to_owned(), Field::Text("KR".to_owned()))]);
    let registered = Field::Map(vec![("registered_country".to_owned(), code)]);
    for (name, record, has_country, has_asn) in [
        ("GeoLite2-Country", country("KR"), true, false),
        ("GeoLite2-Country", registered, true, false),
        ("DBIP-Country-Lite", country("KR"), true, false),
        ("GeoLite2-ASN", asn(64_500), false, true),
        (
            "DBIP-ASN-Lite (compat=GeoLite2-ASN)",
            asn(64_500),
            false,
            true,
        ),
        ("ipinfo lite_v1.mmdb", ipinfo, true, true),
        ("ipinfo generic_country_asn_free.mmdb", before, true, true),
    ] {
        for record_size in [24, 28, 32] {
            let mut made = Made::new(name).with("203.0.113.0/24", record.clone());
            made.record_size = record_size;
            let made = made.with("2001:db8::/32", record.clone());
            let stage = Stage::new(&[("a", made.bytes())]);
            for address in ["203.0.113.9", "2001:db8::9", "::ffff:203.0.113.9"] {
                let country = stage.decide("--database @/a --country KR", address);
                assert_eq!(country.admits, has_country, "{name}: {}", country.why);
                let asn = stage.decide("--database @/a --asn 64500", address);
                assert_eq!(asn.admits, has_asn, "{name}: {}", asn.why);
            }
        }
    }
}

#[test]
fn a_database_about_something_else_is_broken() {
    let wrong = Made::new("GeoLite2-ASN").with("203.0.113.0/24", asn(64_500));
    let odd = Made::new("Anything").with("203.0.113.0/24", texts(&[("color", "blue")]));
    let stage = Stage::new(&[
        ("a", wrong.bytes()),
        ("b", odd.bytes()),
        ("c", b"not a database".to_vec()),
    ]);
    let why = |name: &str| stage.why(&format!("--country KR --database @/{name}"), "203.0.113.9");
    assert_eq!(
        why("a"),
        "cannot use @/a: GeoLite2-ASN is not about countries (--broken deny)"
    );
    assert_eq!(
        why("b"),
        "cannot use @/b: its records say nothing about countries (--broken deny)"
    );
    assert_eq!(
        why("c"),
        "cannot use @/c: it is not a database of MaxMind's formats (--broken deny)"
    );
    let gone = "cannot use @/gone: No such file or directory (os error 2) (--broken deny)";
    assert_eq!(why("gone"), gone);
    assert!(
        stage
            .decide(
                "--country KR --database @/gone --broken allow",
                "203.0.113.9"
            )
            .admits
    );
}

#[test]
fn legacy_databases_are_read() {
    let v4 = MadeLegacy::new()
        .with("203.0.113.0/24", 119)
        .with("198.51.100.0/25", 48);
    let v6 = MadeLegacy::new().with("2001:db8::/32", 119);
    let owners = MadeLegacy::new()
        .with_owner("203.0.113.0/24", "AS64500 Example Networks")
        .with_owner("198.51.100.0/24", "No number");
    let stage = Stage::new(&[
        ("v4", v4.bytes()),
        ("v6", v6.bytes()),
        ("as", owners.bytes()),
    ]);
    let both = "--database @/v4 --database @/v6 --country KR";
    for address in ["203.0.113.9", "2001:db8::9"] {
        assert_eq!(
            stage.why(both, address),
            format!("{address} is in KR by GEO-106FREE of 2018-06-05; the gate admits it")
        );
    }
    assert_eq!(
        stage.why(both, "198.51.100.7"),
        "198.51.100.7 is in CN by GEO-106FREE of 2018-06-05; the gate admits KR"
    );
    assert_eq!(
        stage.why(both, "198.51.100.200"),
        "198.51.100.200 is not known to GEO-106FREE of 2018-06-05 (--unknown deny)"
    );
    assert!(
        stage
            .decide("--database @/as --asn AS64500", "203.0.113.9")
            .admits
    );
    assert_eq!(
        stage.why("--database @/as --asn AS64500", "198.51.100.7"),
        "198.51.100.7 is not known to GEO-106FREE of 2018-06-05 (--unknown deny)"
    );
    assert_eq!(
        stage.why("--database @/v4 --country KR", "2001:db8::9"),
        "no database of countries for IPv6 is here (--broken deny)"
    );
    assert_eq!(
        stage.why("--database @/as --country KR", "203.0.113.9"),
        "cannot use @/as: GEO-106FREE is not about countries (--broken deny)"
    );
}

/// Debian writes the day on which it built the package where the day of the data was.
#[test]
fn the_age_of_the_data_is_judged_not_that_of_the_package() {
    let record = || country("KR");
    let fresh = Made::new("GeoLite2-Country").with("203.0.113.0/24", record());
    let mut future = fresh.clone();
    future.built = 1_900_000_000;
    let mut ageless = fresh.clone();
    ageless.built = 0;
    let old = MadeLegacy::new().with("203.0.113.0/24", 119);
    let mut packed = old.clone();
    packed.text = "GEO-106FREE 20261126 Build".to_owned();
    let stage = Stage::new(&[
        ("fresh", fresh.bytes()),
        ("future", future.bytes()),
        ("ageless", ageless.bytes()),
        ("old", old.bytes()),
        ("packed", packed.bytes()),
    ]);
    for (name, age, admits) in [
        ("fresh", "60d", true),
        ("fresh", "1d", false),
        ("future", "60d", false),
        ("ageless", "60d", false),
        ("old", "60d", false),
        ("old", "10w", false),
        ("packed", "60d", false),
    ] {
        let line = format!("--country KR --database @/{name}");
        assert!(stage.decide(&line, "203.0.113.9").admits, "{name}");
        let with_age = format!("{line} --max-age {age}");
        let decision = stage.decide(&with_age, "203.0.113.9");
        assert_eq!(decision.admits, admits, "{name} {age}: {}", decision.why);
    }
    assert_eq!(
        stage.why("--country KR --database @/old --max-age 60d", "203.0.113.9"),
        "GEO-106FREE of 2018-06-05 is older than 60 days (--broken deny)"
    );
    let hours = stage.why("--country KR --database @/old --max-age 36h", "203.0.113.9");
    assert_eq!(
        hours,
        "GEO-106FREE of 2018-06-05 is older than 36 hours (--broken deny)"
    );
    assert_eq!(
        stage.why(
            "--country KR --database @/packed --max-age 60d",
            "203.0.113.9"
        ),
        "GEO-106FREE, whose age is not known, may be older than 60 days (--broken deny)"
    );
}

#[test]
fn the_first_database_that_knows_an_address_decides() {
    let one = Made::new("GeoLite2-Country").with("203.0.113.0/25", country("KR"));
    let two = Made::new("DBIP-Country-Lite").with("203.0.113.0/24", country("CN"));
    let stage = Stage::new(&[("one", one.bytes()), ("two", two.bytes())]);
    let line = "--country KR --database @/one --database @/two";
    assert!(stage.decide(line, "203.0.113.9").admits);
    assert_eq!(
        stage.why(line, "203.0.113.200"),
        "203.0.113.200 is in CN by DBIP-Country-Lite of 2026-11-02; the gate admits KR"
    );
    let call = stage.call(&format!("{line} --strict -- %a"));
    let networks = admitted(&call, &Settings::default(), &mut Sources::new(None), noon()).unwrap();
    let networks: Vec<String> = networks.iter().map(ToString::to_string).collect();
    assert_eq!(
        networks,
        ["203.0.113.0/25", "::cb00:7100/121", "2002:cb00:7100::/41"]
    );
}
