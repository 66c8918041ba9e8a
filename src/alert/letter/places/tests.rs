//! A small database of the format, written here, and damaged in every place.

use crate::alert::letter::places::*;

/// Bits of an IPv4 network and what the database has on it, encoded.
type Network = (u32, u32, Vec<u8>);

/// A control byte, a second one for rarer kinds, one for sizes from 29 on, and what stands after.
fn item(kind: u8, size: usize, bytes: &[u8]) -> Vec<u8> {
    let size = u8::try_from(size).unwrap();
    let mut out = match kind {
        1..=7 => vec![kind << 5 | size.min(29)],
        extended => vec![size.min(29), extended - 7],
    };
    out.extend(size.checked_sub(29));
    out.extend_from_slice(bytes);
    out
}

fn text(text: &str) -> Vec<u8> {
    item(2, text.len(), text.as_bytes())
}

fn number(number: u32) -> Vec<u8> {
    item(6, 4, &number.to_be_bytes())
}

fn map(fields: &[(&str, Vec<u8>)]) -> Vec<u8> {
    let bytes: Vec<u8> = fields
        .iter()
        .flat_map(|(name, value)| [text(name), value.clone()].concat())
        .collect();
    item(7, fields.len(), &bytes)
}

/// A database of IPv4 networks: a search tree of 24-bit records, the data, and what describes it.
fn database(kind: &str, networks: &[Network]) -> Vec<u8> {
    const NOTHING: usize = usize::MAX;
    const DATA: usize = usize::MAX / 2;
    let mut nodes = vec![[NOTHING; 2]];
    let mut data = Vec::new();
    for (address, bits, record) in networks {
        let mut at = 0;
        for bit in 0..*bits {
            let side = usize::try_from(address >> (31 - bit) & 1).unwrap();
            if bit + 1 == *bits {
                nodes[at][side] = DATA + data.len();
            } else {
                if nodes[at][side] == NOTHING {
                    nodes.push([NOTHING; 2]);
                    nodes[at][side] = nodes.len() - 1;
                }
                at = nodes[at][side];
            }
        }
        data.extend_from_slice(record);
    }
    let mut out = Vec::new();
    for target in nodes.iter().flatten() {
        let record = match *target {
            NOTHING => nodes.len(),
            data if data >= DATA => nodes.len() + 16 + data - DATA,
            node => node,
        };
        out.extend_from_slice(&u32::try_from(record).unwrap().to_be_bytes()[1..]);
    }
    out.extend_from_slice(&[0; 16]);
    out.extend_from_slice(&data);
    out.extend_from_slice(b"\xab\xcd\xefMaxMind.com");
    let description = map(&[("en", text("a test"))]);
    out.extend_from_slice(&map(&[
        ("node_count", number(u32::try_from(nodes.len()).unwrap())),
        ("record_size", item(5, 2, &[0, 24])),
        ("ip_version", item(5, 2, &[0, 4])),
        ("database_type", text(kind)),
        ("languages", item(11, 1, &text("en"))),
        ("binary_format_major_version", item(5, 2, &[0, 2])),
        ("binary_format_minor_version", item(5, 2, &[0, 0])),
        ("build_epoch", item(9, 8, &1_700_000_000_u64.to_be_bytes())),
        ("description", description),
    ]));
    out
}

fn net(address: [u8; 4]) -> u32 {
    u32::from_be_bytes(address)
}

fn countries() -> Vec<u8> {
    let country = |code: &str, name: &str| {
        let names = map(&[("en", text(name))]);
        map(&[(
            "country",
            map(&[("iso_code", text(code)), ("names", names)]),
        )])
    };
    let networks = [
        (net([203, 0, 113, 0]), 24, country("XK", "<b>Kosovo</b>")),
        (net([192, 0, 2, 0]), 24, country("KR", "South Korea")),
    ];
    database("Test-Country", &networks)
}

fn owners() -> Vec<u8> {
    let owner = |number_of: u32, name: &str| {
        map(&[
            ("autonomous_system_number", number(number_of)),
            ("autonomous_system_organization", text(name)),
        ])
    };
    database(
        "Test-ASN",
        &[(net([192, 0, 2, 0]), 24, owner(64_500, "Example Networks"))],
    )
}

/// Both databases in a directory.
pub(crate) fn write(directory: &Path) -> Geo {
    let (country, asn) = (directory.join("country.mmdb"), directory.join("asn.mmdb"));
    std::fs::write(&country, countries()).unwrap();
    std::fs::write(&asn, owners()).unwrap();
    Geo {
        country: Some(country),
        asn: Some(asn),
    }
}

fn place(country: &str, owner: &str) -> Place {
    Place {
        country: Some(country.to_owned()),
        owner: Some(owner.to_owned()),
    }
}

#[test]
fn an_address_has_a_country_and_an_owner() {
    let directory = tempfile::tempdir().unwrap();
    let places = Places::open(&write(directory.path()));
    assert!(places.problems.is_empty(), "{:?}", places.problems);
    let of = |text: &str| places.of(text.parse().unwrap());
    assert_eq!(
        of("192.0.2.7"),
        place("South Korea (KR)", "AS64500 Example Networks")
    );
    assert_eq!(of("203.0.113.7"), place("<b>Kosovo</b> (XK)", ""));
    assert_eq!(of("198.51.100.7"), place("", ""));
    assert_eq!(of("2001:db8::7"), place("", ""));
    assert_eq!(
        Places::default().of("192.0.2.7".parse().unwrap()),
        Place::default()
    );
}

#[test]
fn records_of_other_makers_are_read_as_the_gate_reads_them() {
    let record = map(&[
        ("country_code", text("KR")),
        ("country", text("South Korea")),
        ("asn", text("AS64500")),
        ("as_name", text("Example Networks")),
    ]);
    let bytes = database("ipinfo lite", &[(net([192, 0, 2, 0]), 24, record)]);
    let places = NamedPlaces::of_bytes(bytes).unwrap();
    let address = "192.0.2.7".parse().unwrap();
    let country = places.country(address);
    assert_eq!(country.as_deref(), Some("South Korea (KR)"));
    let owner = places.owner(address);
    assert_eq!(owner.as_deref(), Some("AS64500 Example Networks"));
}

#[test]
fn a_missing_or_wrong_file_is_a_problem_with_its_name() {
    let directory = tempfile::tempdir().unwrap();
    let wrong = directory.path().join("wrong.mmdb");
    std::fs::write(&wrong, "no database").unwrap();
    let places = Places::open(&Geo {
        country: Some(directory.path().join("absent.mmdb")),
        asn: Some(wrong),
    });
    assert_eq!(places.problems.len(), 2, "{:?}", places.problems);
    assert!(places.problems[0].contains("absent.mmdb: No such file"));
    assert!(
        places.problems[1].contains("wrong.mmdb: "),
        "{:?}",
        places.problems
    );
    let directory = Places::open(&Geo {
        country: Some(directory.path().to_owned()),
        asn: None,
    });
    assert!(directory.problems[0].ends_with("is not a regular file"));
}

#[test]
fn damage_anywhere_never_stops_a_letter() {
    let whole = countries();
    let address: IpAddr = "192.0.2.7".parse().unwrap();
    let ask = |bytes: Vec<u8>| {
        if let Ok(places) = NamedPlaces::of_bytes(bytes) {
            drop(places.country(address));
        }
    };
    for at in 0..whole.len() {
        for value in [0, 0xff, whole[at] ^ 0x20, whole[at].wrapping_add(1)] {
            let mut bytes = whole.clone();
            bytes[at] = value;
            ask(bytes);
        }
        ask(whole[..at].to_vec());
    }
}
