//! Sets of clients say nothing that the linear matcher contradicts, in any spelling.

use crate::engine::clients::cells::find;
use crate::engine::clients::{Answer, ClientGroup, ClientSet};
use crate::engine::search::list::list_matches;
use crate::engine::search::matching::Matcher;
use crate::engine::{Account, Host, HostName, ListFile, Request, Surroundings};
use crate::policy::{DEBIAN_12, rules};
use crate::syntax::parse;
use proptest::prelude::*;

const WORDS: [&str; 85] = [
    "ALL",
    "all",
    "*",
    "**",
    "?*",
    "*.*",
    "KNOWN",
    "LOCAL",
    "UNKNOWN",
    "unknown",
    "?nknown",
    "PARANOID",
    "10.",
    "10.1.",
    "010.",
    "+10.",
    "10",
    "10.1.2",
    "10.1.2.3",
    "010.1.2.3",
    "10.1.2.3.",
    "10.1.2.0/24",
    "10.1.2.0/255.255.255.0",
    "10.1.2.128/25",
    "10.1.2.0/25",
    "10.1.2.3/24",
    "10.0.0.0/8",
    "012.0.0.0/8",
    "0x0a.1.0.0/16",
    "010.0.0.0/8",
    "0.0.0.0/0.0.0.0",
    "0.0.0.0/0",
    "128.0.0.0/1",
    "255.",
    "255.255.255.255",
    "255.255.255.254/31",
    "255.0.0.0/8",
    "10.1.0.3/255.255.0.255",
    "0.0.0.3/0.0.0.255",
    "10.*",
    "10.1.2.?",
    "*.3",
    "*1",
    ".2.3",
    ".3",
    ".example.org",
    ".Example.ORG",
    "pc.example.org",
    "PC.Example.ORG",
    "pc.",
    "pc.example.",
    "example.org",
    ".org",
    "org",
    "*.example.org",
    "pc*",
    "pc",
    "xexample.org",
    "[2001:db8::1]",
    "[2001:DB8:0::1]",
    "[2001:db8::]/32",
    "[2001:db8:1::5]/32",
    "[::]/0",
    "[2001:db8::]/x",
    "[2001:db8::]/129",
    "[::ffff:10.1.2.3]",
    "[10.1.2.3]",
    "2001*",
    "[fe80::1%1]",
    "[fe80::1%lo]",
    "[fe80::]/10",
    "/list",
    "@group",
    "@",
    "bob@ALL",
    "BOB@10.1.",
    "b*@.example.org",
    "KNOWN@10.",
    "unknown@ALL",
    "x.@ALL",
    ".b@10.1.2.3",
    "bob@LOCAL",
    "bob@/list",
    "bob@",
    "bob@10.1.2.3/24",
];
const ADDRESSES: [&str; 17] = [
    "10.1.2.3",
    "10.1.2.4",
    "10.1.2.200",
    "10.1.9.3",
    "10.2.2.3",
    "8.1.2.3",
    "11.0.0.1",
    "200.0.0.3",
    "255.255.255.255",
    "255.255.255.254",
    "255.1.1.1",
    "::ffff:10.1.2.3",
    "2001:db8::1",
    "2001:db8::5",
    "fe80::1",
    "::1",
    "unknown",
];
const NAMES: [&str; 12] = [
    "unknown",
    "PARANOID",
    "pc.example.org",
    "PC.example.ORG",
    "example.org",
    "xexample.org",
    "pc",
    "a.pc.example.org",
    "pc.example.com",
    "pc.org",
    "org",
    "other",
];
const USERS: [&str; 6] = ["unknown", "bob", "BoB", "alice", "x.b", "x.y"];

/// A machine on which every file, group and interface has everybody in it, or nobody.
struct Machine(bool);

impl Surroundings for Machine {
    fn list_file(&self, _path: &[u8]) -> ListFile {
        let everybody = || ListFile::Read(b"ALL".to_vec().into());
        if self.0 {
            everybody()
        } else {
            ListFile::Absent
        }
    }
    fn in_netgroup(&self, _group: &[u8], _name: &[u8]) -> bool {
        self.0
    }
    fn has_interface(&self, _name: &[u8]) -> bool {
        self.0
    }
    fn has_account(&self, _account: Account, _name: &[u8]) -> bool {
        false
    }
    fn aclexec(&self, _command: &[u8]) -> Option<bool> {
        None
    }
}

/// Whether the linear matcher finds the client on the list, on either machine.
fn is_listed(list: &str, request: &Request) -> [bool; 2] {
    let source = format!("d: {list}\n");
    let tree = parse(source.as_bytes());
    let rule = rules(&tree).next().unwrap();
    [true, false].map(|has_everybody| {
        let world = Machine(has_everybody);
        let matcher = Matcher::new(request, &world);
        let found = list_matches(rule.clients(), |text| matcher.client(text)).unwrap();
        found.matched().is_some()
    })
}

/// Whether an answer about a client agrees with what is true on either machine.
fn agrees(answer: Answer, truth: [bool; 2]) -> bool {
    answer == Answer::Unknown || truth.iter().all(|is_so| Answer::from(*is_so) == answer)
}

fn request(address: &str, name: &str, user: &str) -> Request {
    Request::new("d", Host::new(address, HostName::new(name))).with_user(user)
}

fn lists() -> impl Strategy<Value = String> {
    let number = || prop::sample::select(vec![0_u8, 1, 2, 3, 10, 255]);
    let net = (number(), number(), number(), number(), 0..34_u8)
        .prop_map(|(a, b, c, d, n)| format!("{a}.{b}.{c}.{d}/{n}"));
    let word = prop_oneof![
        8 => prop::sample::select(WORDS.to_vec()).prop_map(str::to_owned),
        1 => net,
        2 => Just("EXCEPT".to_owned()),
    ];
    prop::collection::vec(word, 1..7).prop_map(|words| words.join(" "))
}

fn clients() -> impl Strategy<Value = Vec<Request>> {
    let client = (
        prop::sample::select(ADDRESSES.to_vec()),
        prop::sample::select(NAMES.to_vec()),
        prop::sample::select(USERS.to_vec()),
    );
    let client = client.prop_map(|(address, name, user)| request(address, name, user));
    prop::collection::vec(client, 40)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    fn two_lists_are_compared_as_client_by_client(one in lists(), other in lists(), clients in clients()) {
        let (first, second) = (ClientSet::parse(&one), ClientSet::parse(&other));
        let rest = first.minus(&second);
        let (covers, meets) = (first.covers(&second), first.meets(&second));
        let is_empty = first.is_empty();
        prop_assert!(rest.meets(&second) != Answer::Yes);
        for client in &clients {
            let (in_one, in_other) = (is_listed(&one, client), is_listed(&other, client));
            prop_assert!(agrees(first.contains(client), in_one), "{one}: {client:?}");
            let pairs = || in_one.into_iter().zip(in_other);
            let is_left: Vec<bool> = pairs().map(|(one, other)| one && !other).collect();
            prop_assert!(agrees(rest.contains(client), [is_left[0], is_left[1]]));
            prop_assert!(covers != Answer::Yes || pairs().all(|(one, other)| one || !other), "{one} covers {other}: {client:?}");
            prop_assert!(meets != Answer::No || pairs().all(|(one, other)| !(one && other)), "{one} meets {other}: {client:?}");
            prop_assert!(is_empty != Answer::Yes || in_one == [false; 2], "{one}: {client:?}");
        }
        // What is said to be there can be shown.
        let (found, example) = find(&first, &second, |one, other| other && !one);
        prop_assert!(covers == !found || covers == Answer::Yes && found == Answer::Unknown);
        if let Some(example) = example {
            prop_assert!(agrees(Answer::No, is_listed(&one, &example)), "{one} | {other}: {example:?}");
            prop_assert!(agrees(Answer::Yes, is_listed(&other, &example)), "{one} | {other}: {example:?}");
        }
        let (found, example) = find(&first, &second, |one, other| one && other);
        prop_assert!(meets == found || found == Answer::Unknown);
        if let Some(example) = example {
            prop_assert!(agrees(Answer::Yes, is_listed(&one, &example)), "{one} | {other}: {example:?}");
            prop_assert!(agrees(Answer::Yes, is_listed(&other, &example)), "{one} | {other}: {example:?}");
        }
    }
}

#[test]
fn groups_hold_each_other_as_clients_do() {
    let group = |word: &'static str| ClientGroup::of(word.as_bytes(), &DEBIAN_12);
    let mut clients = Vec::new();
    for address in ADDRESSES {
        for name in NAMES {
            clients.extend(USERS.map(|user| request(address, name, user)));
        }
    }
    let listed: Vec<Vec<[bool; 2]>> = WORDS
        .iter()
        .map(|word| {
            clients
                .iter()
                .map(|client| is_listed(word, client))
                .collect()
        })
        .collect();
    for (one, in_one) in WORDS.iter().zip(&listed) {
        for (other, in_other) in WORDS.iter().zip(&listed) {
            let (outer, inner) = (group(one), group(other));
            let is_within = in_one
                .iter()
                .zip(in_other)
                .all(|(one, other)| one.iter().zip(other).all(|(one, other)| *one || !*other));
            assert!(!outer.holds(&inner) || is_within, "{one} holds {other}");
            if outer != ClientGroup::Everybody && inner != ClientGroup::Nobody {
                let is_found = inner.holders().any(|holder| holder == outer);
                assert_eq!(is_found, outer.holds(&inner), "{one} holds {other}");
            }
        }
    }
}

#[test]
fn sets_are_compared_in_every_spelling() {
    use Answer::{No, Unknown, Yes};
    for (one, other, covers, meets) in [
        ("10.", "10.0.0.0/8", Yes, Yes),
        ("10.0.0.0/8", "10.", Yes, Yes),
        ("012.0.0.0/8", "10.", Yes, Yes),
        ("010.", "10.1.2.3", No, No),
        ("+10.", "10.1.2.3", No, Yes),
        ("10.1.2.3/24", "10.1.2.3", No, No),
        ("10.1.2.0/25 10.1.2.128/25", "10.1.2.", Yes, Yes),
        ("0.0.0.0/0.0.0.0", "255.255.255.255", No, No),
        ("ALL EXCEPT [::]/0", "10.1.2.3", Yes, Yes),
        ("ALL EXCEPT 10.", "11. [::]/0", Yes, Yes),
        ("ALL EXCEPT 10.", "10.1.", No, No),
        ("ALL EXCEPT 10.", "pc.example.org", No, Yes),
        ("10.", ".example.org", No, Yes),
        (".org", ".example.org pc.org", Yes, Yes),
        (".example.org", "example.org", No, No),
        ("pc.", "pc.example.org pc.example.", Yes, Yes),
        ("pc. .org", "pc.org a.org", Yes, Yes),
        ("LOCAL", ".org", No, No),
        ("KNOWN", "LOCAL", No, Yes),
        ("KNOWN unknown", "10.", No, Yes),
        ("KNOWN UNKNOWN PARANOID", "ALL", Yes, Yes),
        ("10.1.0.3/255.255.0.255", "10.1.2.3", Yes, Yes),
        ("10.1.0.3/255.255.0.255", "10.1.2.4", No, No),
        ("10.1.0.3/255.255.0.255", "10.1.2.0/24", Unknown, Unknown),
        ("*.example.org", "pc.example.org", Yes, Yes),
        ("*.example.org", "*.example.org", Yes, Unknown),
        ("/list", "/list", Yes, Unknown),
        ("/list 10.", "10.1.2.3", Yes, Yes),
        ("ALL EXCEPT /list", "/list", Unknown, No),
        ("bob@ALL", "BOB@10.", Yes, Yes),
        ("bob@ALL", "alice@ALL", No, No),
        ("10.", "bob@10.1.", Yes, Yes),
        ("[::]/0", "[2001:db8::1]", Yes, Yes),
        ("[::]/0", "10.1.2.3", No, No),
        ("[::]/0", "[::ffff:10.1.2.3]", Yes, No),
    ] {
        let (first, second) = (ClientSet::parse(one), ClientSet::parse(other));
        let found = (first.covers(&second), first.meets(&second));
        assert_eq!(found, (covers, meets), "{one} and {other}");
    }
}
