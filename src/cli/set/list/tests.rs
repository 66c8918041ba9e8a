//! Each form of lists, as people and programs write it, and as nobody should.

use super::{Column, Intake, ListFile, ListForm};
use crate::cli::base::Failure;
use proptest::prelude::*;
use std::io::{Cursor, Write as _};
use std::time::{Duration, UNIX_EPOCH};
use tcpw_gate::set::{Builder, Set, SetSource};
use tempfile::NamedTempFile;

/// When every list of these tests was written, in seconds since 1970.
const WRITTEN: u64 = 1_700_000_000;

/// What a list says.
#[derive(Debug)]
struct Said {
    form: ListForm,
    /// Networks with what is left of their time after the list was written.
    networks: Vec<String>,
    entries: u64,
    faults: Vec<String>,
    warnings: Vec<String>,
}

/// What a list says, or as far as it could be read, and why not further.
fn attempt(bytes: &[u8], form: Option<ListForm>, column: Option<&str>) -> (Said, Option<Failure>) {
    let mut file = NamedTempFile::new().unwrap();
    file.write_all(bytes).unwrap();
    let time = UNIX_EPOCH + Duration::from_secs(WRITTEN);
    file.as_file().set_modified(time).unwrap();
    let mut list = ListFile::open(file.path()).unwrap();
    let mut scratch = tempfile::tempfile;
    let mut intake = Intake::new(Builder::new(&mut scratch));
    let form = form.unwrap_or_else(|| list.detect().unwrap());
    intake.begin("list", list.time_of_ends());
    let column = column.map(|column| column.parse::<Column>().unwrap());
    let failure = list.read(form, column.as_ref(), &mut intake).err();
    let entries = intake.entries();
    let (builder, told) = intake.end();
    let mut set = Cursor::new(Vec::new());
    builder
        .finish(vec![SetSource::new("list")], 0, &mut set)
        .unwrap();
    let set = Set::of_bytes(set.into_inner()).unwrap();
    let left = |until: i64| until - i64::try_from(WRITTEN).unwrap();
    let networks = set.listed().map(|listed| {
        let listed = listed.unwrap();
        let end = listed.until.map(|until| format!(" {}", left(until)));
        format!("{}{}", listed.network, end.unwrap_or_default())
    });
    let said = Said {
        form,
        networks: networks.collect(),
        entries,
        faults: told.faults.lines(),
        warnings: told.warnings.lines(),
    };
    (said, failure)
}

/// What a list says that can be read.
fn read(bytes: &[u8], form: Option<ListForm>, column: Option<&str>) -> Said {
    let (said, failure) = attempt(bytes, form, column);
    assert!(failure.is_none(), "{failure:?}");
    said
}

/// The networks of a list in which everything is understood, and its form.
fn networks(text: &str) -> (ListForm, Vec<String>) {
    let said = read(text.as_bytes(), None, None);
    assert!(said.faults.is_empty(), "{:?}", said.faults);
    (said.form, said.networks)
}

fn faults(text: &str) -> Vec<String> {
    read(text.as_bytes(), None, None).faults
}

/// Why a list cannot be read at all.
fn failure(text: &[u8], form: ListForm, column: Option<&str>) -> String {
    match attempt(text, Some(form), column).1 {
        Some(Failure::Told { what, hint }) => format!("{what}; {}", hint.unwrap_or_default()),
        other => unreachable!("{other:?}"),
    }
}

#[test]
fn lines_hold_an_entry_each_with_comments_and_ends() {
    let text = "\u{feff}# a list\n; of lists\n\n 192.0.2.7 \r\n198.51.100.0/24 ; SBL1\n\
                203.0.113.1 - 203.0.113.2#two\n2001:db8::/32\t# until=2023-11-15T00:00:00Z vendor\n\
                192.0.2.9 # tcpw: until=2023-11-14T22:13:21Z by=alice reason=scan\n192.0.2.10";
    assert_eq!(
        networks(text),
        (
            ListForm::Lines,
            [
                "192.0.2.7",
                "192.0.2.9 1",
                "192.0.2.10",
                "198.51.100.0/24",
                "203.0.113.1",
                "203.0.113.2",
                "2001:db8::/32 6400"
            ]
            .map(str::to_owned)
            .to_vec()
        )
    );
}

#[test]
fn lines_that_cannot_be_understood_are_named_and_none_is_guessed() {
    let text = "192.0.2.7\nhost.example\n192.0.2.7/24\n192.0.2.0/33\n192.0.2.9-192.0.2.1\n010.0.0.1\n\
                192.0.2.1 192.0.2.2\n192.0.2.3 # until=tomorrow\n192.0.2.0/255.255.255.0\n\u{1b}[2J\n";
    let faults = faults(text);
    let places: Vec<&str> = faults
        .iter()
        .map(|line| line.split_once(": ").unwrap().0)
        .collect();
    assert_eq!(
        places,
        (2..=10)
            .map(|line| format!("list:{line}"))
            .collect::<Vec<_>>()
    );
    assert!(
        faults[1].contains("the network is 192.0.2.0/24"),
        "{}",
        faults[1]
    );
    assert!(!faults[8].contains('\u{1b}'));
    let many = read("x\n".repeat(1234).as_bytes(), None, None);
    assert_eq!(many.faults.len(), 11);
    assert_eq!(many.faults[10], "and 1224 more");
    assert_eq!(many.entries, 1234);
    assert!(many.networks.is_empty());
}

#[test]
fn what_is_odd_is_taken_and_said() {
    let said = read(
        b"0.0.0.0/0\n::/0\n::ffff:192.0.2.7\n192.0.2.8\n",
        None,
        None,
    );
    assert!(said.faults.is_empty());
    assert_eq!(
        said.networks,
        ["0.0.0.0/0", "192.0.2.7", "192.0.2.8", "::/0"]
    );
    assert_eq!(
        said.warnings,
        [
            "list:1: `0.0.0.0/0` is every address of IPv4",
            "list:2: `::/0` is every address of IPv6",
            "list:3: `::ffff:192.0.2.7` is IPv4 in IPv6: it is taken as IPv4"
        ]
    );
}

#[test]
fn a_column_of_csv_is_found_by_name_or_number() {
    for (text, column) in [
        (
            "# feed\nwhy,IP\n\"a, b\",192.0.2.7\n\"c\nd\", 198.51.100.0/24\n",
            "ip",
        ),
        ("why;ip\nscan;192.0.2.7\nscan;198.51.100.0/24\n", "2"),
        ("scan\t192.0.2.7\nscan\t198.51.100.0/24\n", "2"),
    ] {
        let said = read(text.as_bytes(), Some(ListForm::Csv), Some(column));
        assert!(said.faults.is_empty(), "{:?}", said.faults);
        assert_eq!(said.networks, ["192.0.2.7", "198.51.100.0/24"], "{text}");
    }
    let said = read(b"a,192.0.2.7\nb\nc,\nd,x\n", Some(ListForm::Csv), Some("2"));
    let places: Vec<&str> = said
        .faults
        .iter()
        .map(|line| line.split(": ").next().unwrap())
        .collect();
    assert_eq!(places, ["list:2", "list:3", "list:4"]);
    let told = failure(b"why,ip\n", ListForm::Csv, Some("address"));
    assert!(told.contains("no column is called `address`"), "{told}");
    assert!(told.contains("the first line has: why, ip"), "{told}");
    assert!(failure(b"a\n", ListForm::Csv, None).contains("--column 1"));
    assert!(failure(b"a\n", ListForm::Nft, Some("1")).contains("leave one of the two out"));
}

/// As ipset 7.17 prints it.
const IPSET: &str = "create bans hash:net family inet hashsize 1024 maxelem 65536 timeout 0 comment bucketsize 12 initval 0x5a3c9d1e
add bans 192.0.2.7 timeout 86399
add bans 198.51.100.0/24 timeout 0 comment \"timeout 5 nomatch\"
add bans 203.0.113.9 packets 3 bytes 180
";

#[test]
fn a_dump_of_ipset_is_read_with_its_timeouts() {
    assert_eq!(
        networks(IPSET),
        (
            ListForm::Ipset,
            ["192.0.2.7 86399", "198.51.100.0/24", "203.0.113.9"]
                .map(str::to_owned)
                .to_vec()
        )
    );
    let text = "create x hash:ip\nadd x 192.0.2.7,tcp:22\nadd x 192.0.2.0/24 nomatch\nadd x\n\
                add x 192.0.2.8 timeout soon\nfrob x\nadd x 192.0.2.9\n";
    let faults = faults(text);
    assert_eq!(faults.len(), 5, "{faults:?}");
    assert!(faults[1].starts_with("list:3: `nomatch`"), "{faults:?}");
    let two =
        "create friends hash:ip\ncreate bans hash:ip\nadd friends 192.0.2.7\nadd bans 192.0.2.8\n";
    let told = failure(two.as_bytes(), ListForm::Ipset, None);
    assert!(told.contains("the sets `friends` and `bans`"), "{told}");
}

/// As nft 1.0.6 prints it.
const NFT: &str = "table inet filter {
\tset bans {
\t\ttype ipv4_addr
\t\tflags interval,timeout
\t\telements = { 192.0.2.7 timeout 1d expires 23h59m59s500ms, 198.51.100.0/24,
\t\t\t     203.0.113.1-203.0.113.2 comment \"a, b } expires 5s\", 203.0.113.9 timeout 1h,
\t\t\t     203.0.113.10 counter packets 3 bytes 180 }
\t}
}
";

#[test]
fn a_dump_of_nft_is_read_with_what_is_left_of_its_timeouts() {
    assert_eq!(
        networks(NFT),
        (
            ListForm::Nft,
            [
                "192.0.2.7 86400",
                "198.51.100.0/24",
                "203.0.113.1",
                "203.0.113.2",
                "203.0.113.9 3600",
                "203.0.113.10"
            ]
            .map(str::to_owned)
            .to_vec()
        )
    );
    assert_eq!(
        networks("table inet t {\n\tset bans {\n\t\ttype ipv6_addr\n\t}\n}\n")
            .1
            .len(),
        0
    );
    let odd = NFT
        .replace("192.0.2.7 ", "192.0.2.7 . 22 ")
        .replace("198.51.100.0/24", "22");
    assert_eq!(faults(&odd).len(), 2);
    assert!(faults(&odd)[1].starts_with("list:5: `22`"));
    let cut = NFT.strip_suffix(" }\n\t}\n}\n").unwrap();
    assert!(failure(cut.as_bytes(), ListForm::Nft, None).contains("it was cut"));
    let two = format!("{NFT}{}", NFT.replace("bans", "friends"));
    assert!(failure(two.as_bytes(), ListForm::Nft, None).contains("`bans` and `friends`"));
}

#[test]
fn a_dump_of_nft_in_one_line_is_read() {
    let text = "table inet t { set bans { type ipv4_addr; comment \"elements = { 1.2.3.4 }\"; \
                elements = { 192.0.2.7, 198.51.100.0/24 }; } set none { type ipv4_addr; } }\n";
    assert_eq!(networks(text).1, ["192.0.2.7", "198.51.100.0/24"]);
    let cut = text.split(" }; }").next().unwrap();
    assert!(failure(cut.as_bytes(), ListForm::Nft, None).contains("it was cut"));
    let two =
        "table inet t { set a { elements = { 192.0.2.7 } } set b { elements = { 192.0.2.8 } } }";
    assert!(failure(two.as_bytes(), ListForm::Nft, None).contains("`a` and `b`"));
}

#[test]
fn an_element_of_a_set_with_a_netmask_is_its_network() {
    let text = "create a hash:ip family inet hashsize 1024 maxelem 65536 netmask 24 bucketsize 12\n\
                add a 192.0.2.0 timeout 60\nadd a 198.51.100.9-198.51.101.3\n";
    assert_eq!(networks(text).1, ["192.0.2.0/24 60", "198.51.100.0/23"]);
    let text = "create b bitmap:ip range 192.0.0.0-192.0.255.255 netmask 24\nadd b 192.0.2.0\n";
    assert_eq!(networks(text).1, ["192.0.2.0/24"]);
    let text = "create c hash:ip family inet6 netmask 64\nadd c 2001:db8:1:2::\n";
    assert_eq!(networks(text).1, ["2001:db8:1:2::/64"]);
    for (options, why) in [
        ("bitmask 255.255.0.0", "a `bitmask`"),
        ("netmask 64", "does not fit"),
        ("netmask x", "not a number of bits"),
    ] {
        let text = format!("create d hash:ip {options}\nadd d 192.0.2.0\nadd d 192.0.3.0\n");
        let faults = faults(&text);
        assert_eq!(faults.len(), 2, "{faults:?}");
        assert!(
            faults[0].starts_with("list:2: ") && faults[0].contains(why),
            "{faults:?}"
        );
    }
}

#[test]
fn a_bad_first_entry_of_a_column_is_not_its_name() {
    let read = |first: &str| {
        let text = format!("x,{first}\ny,192.0.2.7\n");
        read(text.as_bytes(), Some(ListForm::Csv), Some("2"))
            .faults
            .len()
    };
    for name in [
        "ip",
        "IPv4 address",
        "src_ip",
        "\u{c8fc}\u{c18c}",
        "src.ip",
        "net1",
    ] {
        assert_eq!(read(name), 0, "{name}");
    }
    for entry in [
        "300.1.1.1",
        "10/8",
        "192.0.2.0/33",
        "fe80::x",
        "1",
        "",
        "x1.example",
        "abc/24",
    ] {
        assert_eq!(read(entry), 1, "{entry}");
    }
}

#[test]
fn an_array_of_json_is_read_by_its_elements() {
    let wanted = (
        ListForm::Json,
        vec!["192.0.2.7".to_owned(), "198.51.100.0/24".to_owned()],
    );
    assert_eq!(
        networks("[\"192.0.2.7\",\n \" 198.51.100.0/24\"]\n"),
        wanted
    );
    assert_eq!(networks("[]").1.len(), 0);
    let odd = faults("[\"192.0.2.7\", {\"ip\": \"192.0.2.8\"}, 7, \"x\"]");
    assert_eq!(odd.len(), 3);
    assert!(odd[0].starts_with("list: element 2: "), "{odd:?}");
    for text in [
        "{\"ip\": 1}",
        "[\"192.0.2.7\"",
        "[\"192.0.2.7\"] x",
        "\"192.0.2.7\"",
        "",
    ] {
        let told = failure(text.as_bytes(), ListForm::Json, None);
        assert!(told.contains("an array of strings"), "{told}");
    }
}

proptest! {
    #[test]
    fn any_bytes_are_read_or_refused(
        bytes in prop::collection::vec(any::<u8>(), 0..300),
        form in prop::sample::select(vec![
            None, Some(ListForm::Lines), Some(ListForm::Csv), Some(ListForm::Ipset), Some(ListForm::Nft),
            Some(ListForm::Json),
        ]),
        start in prop::sample::select(vec!["", "[", "add x ", "set x {\nelements = { ", "1,", "192.0.2.7 #"]),
    ) {
        let bytes = [start.as_bytes(), &bytes].concat();
        let column = (form == Some(ListForm::Csv)).then_some("1");
        drop(attempt(&bytes, form, column));
    }
}
