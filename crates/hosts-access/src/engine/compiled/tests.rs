//! A compiled table against the table: the same line settles every request, and no damage changes that.

use super::{CompiledFault, CompiledTable, TableIdentity, compile_table};
use crate::engine::model::request::{Host, HostName, Open, Request};
use crate::engine::model::surroundings::Bare;
use crate::engine::model::tables::{Table, Tables};
use crate::engine::model::verdict::{Access, Cause};
use crate::engine::search::decide::decide;
use crate::engine::search::skim::{Excerpt, skim};
use crate::syntax::parse_excerpt;
use proptest::prelude::*;
use std::io;

const SEED: [u64; 2] = [7, 11];

/// Words of client lists, of every kind that has a key of its own.
const WORDS: [&str; 40] = [
    "10.0.0.1",
    "10.0.0.2",
    "10.0.0.",
    "10.",
    ".0.0.1",
    "10.0.0.0/24",
    "10.0.0.1/24",
    "10.0.0.0/255.255.255.0",
    "10.0.0.0/255.0.255.0",
    "0.0.0.1/255.0.0.255",
    "10.0.0.1/32",
    "[2001:db8::1]",
    "[2001:db8::]/32",
    "[2001:db8::]/33",
    "[2001:DB8:0:0::1]",
    "[::ffff:10.0.0.1]",
    "[fe80::1%lo]",
    "2001:db8::1",
    "pc.example.org",
    "PC.Example.org",
    ".example.org",
    "example.org.",
    "pc.",
    "ALL",
    "KNOWN",
    "LOCAL",
    "EXCEPT",
    "a@10.0.0.1",
    "ALL@.example.org",
    "@group",
    "*.example.org",
    "10.0.0.?",
    "/etc/list",
    "192.0.2.1",
    "192.0.2.2",
    "192.0.2.3",
    "198.51.100.0/25",
    "unknown",
    "paranoid",
    "pc",
];

const DAEMONS: [&str; 10] = [
    "sshd",
    "SSHD",
    "vsftpd",
    "ALL",
    "sshd vsftpd",
    "ALL EXCEPT sshd",
    "ssh*",
    "22",
    "sshd@10.0.0.9",
    "a b c d e f g h sshd",
];

const CLIENTS: [[&str; 2]; 10] = [
    ["10.0.0.1", "pc.example.org"],
    ["10.0.0.2", "unknown"],
    ["::ffff:10.0.0.1", "paranoid"],
    ["10.9.0.7", "pc"],
    ["2001:db8::1", "a.b.example.org"],
    ["2001:db8:8000::1", "unknown"],
    ["fe80::1%lo", "unknown"],
    ["unknown", "pc.example.org"],
    ["198.51.100.200", "unknown"],
    ["203.0.113.9", "client.example.net"],
];

fn line() -> impl Strategy<Value = String> {
    let word = prop::sample::select(WORDS.to_vec());
    let list = prop::collection::vec(word, 0..4).prop_map(|words| words.join(" "));
    let daemon = prop::sample::select(DAEMONS.to_vec());
    let rule = (daemon, list).prop_map(|(daemon, list)| format!("{daemon}: {list}\n"));
    let other = prop::sample::select(vec![
        "# a comment\n",
        "\n",
        "no colon\n",
        "sshd: 10.0.\\\n0.1\n",
        "sshd: 192.0.2.9 : deny\n",
        "sshd: 10.0.0.2 : spawn a\\\nb\n",
        "sshd: \0 hidden\n10.0.0.1\n",
        "sshd: 10.0.0.9 EXCEPT ALL\n",
        "unterminated",
    ]);
    let long = (2020_usize..2050).prop_map(|length| format!("sshd: {}\n", "x".repeat(length)));
    prop_oneof![12 => rule, 3 => other.prop_map(str::to_owned), 1 => long]
}

fn tables() -> impl Strategy<Value = String> {
    prop::collection::vec(line(), 0..40).prop_map(|lines| lines.concat())
}

fn requests() -> Vec<Request> {
    let daemons = ["sshd", "vsftpd", "ftpd"];
    let hosts = CLIENTS.map(|[address, name]| Host::new(address, HostName::new(name)));
    let all = daemons.iter().flat_map(|daemon| {
        hosts
            .iter()
            .map(move |host| Request::new(daemon, host.clone()))
    });
    all.collect()
}

fn compiled(source: &[u8]) -> Vec<u8> {
    let identity = TableIdentity {
        size: source.len().try_into().unwrap(),
        ..TableIdentity::default()
    };
    compile_table(source, &identity, SEED).unwrap()
}

/// What the form says of `source`, which is given out in small pieces.
fn through(form: &[u8], source: &[u8], request: &Request) -> Result<Excerpt, CompiledFault> {
    let mut read = |buffer: &mut [u8], at: u64| -> io::Result<usize> {
        let rest = source.get(at.try_into().unwrap()..).unwrap_or_default();
        let length = rest.len().min(buffer.len()).min(700);
        buffer[..length].copy_from_slice(&rest[..length]);
        Ok(length)
    };
    CompiledTable::new(form)?.excerpt(&mut read, request, &Bare)
}

/// Requests whose client, server and user are not known yet, and what will be found out about them.
fn open_requests() -> Vec<(Request, [&'static str; 3])> {
    let names = [
        "pc.example.org",
        "unknown",
        "paranoid",
        "pc",
        "10.0.0.1",
        "a.b.example.org",
        "2001:db8::1",
    ];
    let daemons = ["sshd", "vsftpd"];
    let all = daemons.iter().flat_map(|daemon| {
        let pairs = CLIENTS
            .iter()
            .flat_map(|[address, _]| names.map(|name| (*address, name)));
        pairs.map(move |(address, name)| {
            let server = Host::new("10.0.0.9", HostName::unasked());
            let request = Request::new(daemon, Host::new(address, HostName::unasked()))
                .with_server(server, Some(22))
                .with_unasked_user();
            (request, [name, "server.example.org", "a"])
        })
    });
    all.collect()
}

/// How these lines of a deny table decide, by which of them, and whether that depends on what is not
/// known.
fn verdict(excerpt: &Excerpt, request: &Request) -> (Access, Option<u32>, bool) {
    let tree = parse_excerpt(&excerpt.bytes, excerpt.lines_before);
    let tables = Tables {
        allow: Table::Absent,
        deny: Table::Read(&tree),
    };
    let verdict = decide(&tables, request, &Bare);
    let number = match verdict.cause {
        Cause::Rule { matched, .. } | Cause::EitherWay(matched) => Some(matched.number),
        Cause::BrokenTable { number, .. } => Some(number),
        Cause::NoRule | Cause::Unreadable(_) | Cause::Undecided(_) => None,
    };
    let is_open = matches!(verdict.cause, Cause::Undecided(_));
    (verdict.access, number, is_open)
}

/// How it decides through the form, where what a rule asks for is found out and then looked for again;
/// and how often that happens.
fn answered(
    form: &[u8],
    source: &[u8],
    request: &Request,
    names: [&str; 3],
) -> (Access, Option<u32>, usize) {
    let mut request = request.clone();
    for asked in 0.. {
        let excerpt = through(form, source, &request).unwrap();
        let (access, number, is_open) = verdict(&excerpt, &request);
        let next = Open::ALL
            .into_iter()
            .zip(names)
            .find(|(open, _)| request.is_open(*open));
        match next.filter(|_| is_open) {
            Some((open, name)) => request.learn(open, name),
            None => return (access, number, asked),
        }
    }
    unreachable!()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn the_same_line_settles_every_request(source in tables()) {
        let source = source.as_bytes();
        let form = compiled(source);
        for request in requests() {
            let whole = skim(&mut &*source, &request, &Bare).unwrap();
            prop_assert_eq!(through(&form, source, &request).unwrap(), whole);
        }
    }

    /// A client's name is asked for by the line that asks for it in the table.
    #[test]
    fn an_open_name_is_asked_for_by_the_same_line(source in tables()) {
        let source = source.as_bytes();
        let form = compiled(source);
        for (request, _) in open_requests().iter().step_by(7) {
            let request = request.clone().with_server(Host::unknown(), None).with_user("");
            let whole = skim(&mut &*source, &request, &Bare).unwrap();
            prop_assert_eq!(through(&form, source, &request).unwrap(), whole);
        }
    }

    #[test]
    fn what_is_found_out_later_decides_as_what_was_known_before(source in tables()) {
        let source = source.as_bytes();
        let form = compiled(source);
        let whole = Excerpt { bytes: source.to_vec(), lines_before: 0 };
        for (open, names) in open_requests() {
            let mut known = open.clone();
            for (open, name) in Open::ALL.into_iter().zip(names) {
                known.learn(open, name);
            }
            let (access, number, _) = verdict(&whole, &known);
            let (found, by, _) = answered(&form, source, &open, names);
            prop_assert_eq!((found, by), (access, number), "{:?}", open);
        }
    }

    #[test]
    fn damage_is_noticed_or_does_not_matter(
        source in tables(),
        damage in prop::collection::vec((any::<prop::sample::Index>(), 1..=255_u8), 1..20),
    ) {
        let source = source.as_bytes();
        let mut form = compiled(source);
        for (at, change) in damage {
            let at = at.index(form.len());
            form[at] ^= change;
        }
        for request in requests() {
            if let Ok(found) = through(&form, source, &request) {
                let whole = skim(&mut &*source, &request, &Bare).unwrap();
                prop_assert_eq!(found, whole);
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    /// Nothing is right about such a form; what it says must end, and be said within its bounds.
    #[test]
    fn whoever_forges_a_form_gets_an_answer_or_a_fault(
        source in tables(),
        damage in prop::collection::vec((any::<prop::sample::Index>(), any::<u64>()), 1..30),
        is_in_header in any::<bool>(),
    ) {
        let source = source.as_bytes();
        let mut form = compiled(source);
        let (words, _) = form.as_chunks_mut::<8>();
        let most = if is_in_header { 63 } else { words.len() };
        for (at, word) in damage {
            words[at.index(most)] = word.to_le_bytes();
        }
        super::layout::seal(&mut form);
        for request in requests().iter().take(12) {
            if let Ok(excerpt) = through(&form, source, request) {
                prop_assert!(excerpt.bytes.len() <= source.len());
            }
        }
    }
}

#[test]
fn what_is_cut_or_lengthened_is_refused() {
    let form = compiled(b"sshd: 10.0.0.1\nALL: ALL\n");
    for length in 0..form.len() {
        assert!(CompiledTable::new(&form[..length]).is_err(), "{length}");
    }
    let longer = [&*form, &[0; 512]].concat();
    let fault = CompiledTable::new(&longer).unwrap_err();
    assert!(matches!(fault, CompiledFault::Length(_)), "{fault}");
    let other = [b"tcpw-set", &form[8..]].concat();
    let fault = CompiledTable::new(&other).unwrap_err();
    assert!(matches!(fault, CompiledFault::NotATable), "{fault}");
}

#[test]
fn it_says_what_it_was_made_of() {
    let identity = TableIdentity {
        size: 1,
        modified: (-2, 3),
        changed: (i64::MAX, 5),
        inode: 6,
        device: 7,
    };
    let source = b"# no rule\nsshd: 10.0.0.1\nno rule\nALL: ALL\nunterminated";
    let form = compile_table(source, &identity, SEED).unwrap();
    let read = CompiledTable::new(&form).unwrap();
    assert_eq!(*read.identity(), identity);
    assert_eq!(read.seed(), SEED);
    assert_eq!(read.rules(), 2);
    assert_eq!(compile_table(source, &identity, SEED).unwrap(), form);
    let request = Request::new("sshd", Host::new("10.0.0.1", HostName::unknown()));
    let lines = read.candidates(&request).unwrap().map(Result::unwrap);
    let places: Vec<_> = lines.map(|line| (line.offset, line.lines_before)).collect();
    assert_eq!(places, [(10, 1), (33, 3), (42, 4)]);
}

#[test]
fn few_of_many_lines_are_looked_at() {
    let lines = (0..60_000).map(|n| format!("sshd: 10.{}.{}.1\n", n / 250, n % 250));
    let source = lines.collect::<String>() + "vsftpd: .example.org\nALL: 203.0.113.0/24\n";
    let form = compiled(source.as_bytes());
    let table = CompiledTable::new(&form).unwrap();
    let count = |daemon: &str, address: &str| {
        let host = Host::new(address, HostName::new("pc.example.org"));
        let lines = table.candidates(&Request::new(daemon, host)).unwrap();
        lines.map(Result::unwrap).count()
    };
    assert_eq!(count("sshd", "10.7.7.1"), 1);
    assert_eq!(count("sshd", "10.7.7.2"), 0);
    assert_eq!(count("vsftpd", "203.0.113.9"), 2);
}

/// Of any number of rules that ask for the name the first settles that it is asked for; those of other
/// daemons are passed over, as far as that is worth it.
#[test]
fn few_of_many_names_are_looked_at() {
    let lines = (0..60_000).map(|n| format!("sshd: pc{n}.example.org\n"));
    let source = lines.collect::<String>() + "ALL: ALL\n";
    let form = compiled(source.as_bytes());
    let table = CompiledTable::new(&form).unwrap();
    let open = Request::new("sshd", Host::new("10.0.0.1", HostName::unasked()));
    let first = table.candidates(&open).unwrap().next().unwrap().unwrap();
    assert_eq!(first.offset, 0);
    let names = ["pc59999.example.org", "unknown", "unknown"];
    let found = answered(&form, source.as_bytes(), &open, names);
    assert_eq!(found, (Access::Denied, Some(60_000), 1));
    let other = Request::new("vsftpd", Host::new("10.0.0.1", HostName::unasked()));
    let found = answered(&form, source.as_bytes(), &other, names);
    assert_eq!(found, (Access::Denied, Some(60_001), 0), "nobody asks");

    let source = "ssh*: pc.example.org\n".repeat(8193) + "ALL: ALL\n";
    let form = compiled(source.as_bytes());
    let fault = through(&form, source.as_bytes(), &other).unwrap_err();
    assert!(matches!(fault, CompiledFault::TooMany), "{fault}");
}

#[test]
fn where_too_many_lines_may_match_the_table_is_to_be_read() {
    let source = "sshd: 10.*.0.1\n".repeat(8193);
    let form = compiled(source.as_bytes());
    let request = Request::new("sshd", Host::new("10.0.0.2", HostName::unknown()));
    let fault = through(&form, source.as_bytes(), &request).unwrap_err();
    assert!(matches!(fault, CompiledFault::TooMany), "{fault}");
}

#[test]
fn a_form_of_another_table_says_so_where_it_can() {
    let form = compiled(b"sshd: 10.0.0.1\n#\n#\nsshd: 10.0.0.1\n");
    let request = Request::new("sshd", Host::new("10.0.0.1", HostName::unknown()));
    let fault = through(&form, b"#\n", &request).unwrap_err();
    assert!(matches!(fault, CompiledFault::Content(_)), "{fault}");
}

/// Who changes which keys a pattern or a request has, or how they are hashed, changes
/// [`super::layout::VERSION`], too: a form of an older tcpw would leave out lines that matter.
#[test]
fn the_version_changes_with_the_keys() {
    let lines = WORDS.map(|word| format!("sshd: {word}\nALL EXCEPT a: {word}\n"));
    let form = compiled(lines.concat().as_bytes());
    let sum = form.iter().fold(0xcbf2_9ce4_8422_2325_u64, |sum, byte| {
        (sum ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
    });
    assert_eq!(
        (super::layout::VERSION, sum),
        (2 | 1 << 32, 5_897_303_603_604_312_968)
    );
}
