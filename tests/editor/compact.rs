//! `tcpw compact` on lists of many shapes: the real libwrap decides the same before and after, faster;
//! comments and other programs' lines stay, a second run changes nothing, and undo brings all back.

use super::sandbox::{Sandbox, named};
use crate::engine::{Oracle, Random, Tables};
use crate::proof::say;
use std::fmt::Write as _;
use std::time::{Duration, Instant};

/// Entries of a list.
const SIZE: u32 = 1000;
/// Clients that the library is asked about, for each list.
const CLIENTS: usize = 1000;
/// As many questions are timed together: few, so that some are not disturbed by other work.
const AT_ONCE: usize = 50;

/// Two tables, and the addresses that are in them.
pub(super) struct Lists {
    pub(super) name: &'static str,
    pub(super) allow: String,
    pub(super) deny: String,
    pub(super) addresses: Vec<String>,
    /// Whether there is nothing to pack.
    pub(super) is_fixed: bool,
}

impl Lists {
    fn of_deny(name: &'static str, deny: String, addresses: Vec<String>) -> Self {
        Self {
            name,
            allow: String::new(),
            deny,
            addresses,
            is_fixed: false,
        }
    }
}

pub(super) fn ip(bits: u32) -> String {
    std::net::Ipv4Addr::from(bits).to_string()
}

/// A list as the benchmark of tables makes it, an entry a rule.
pub(super) fn shape(name: &'static str) -> Lists {
    let single = |n: u32| ip(0x0102_0304 + n * 97);
    let net = |n: u32| ip(0x0100_0000 + n * 256);
    let rule = |n: u32| match name {
        "b" => format!("ALL: {}/24\n", net(n)),
        "b2" => format!("ALL: {}/255.255.255.0\n", net(n)),
        "b6" => format!("ALL: [2001:db8:{:x}:{:x}::]/64\n", n >> 16, n & 0xffff),
        "c" => format!("sshd: .host{n}.example\n"),
        "dh" => {
            let rule = format!("sshd: {}", single(n));
            format!("# DenyHosts: Tue Jan  6 10:00:00 2026 | {rule}\n{rule}\n")
        }
        _ => format!("sshd: {}\n", single(n)),
    };
    let address = |n: u32| match name {
        "b" | "b2" => ip(0x0100_0007 + n * 256),
        "b6" => format!("2001:db8:{:x}:{:x}::7", n >> 16, n & 0xffff),
        _ => single(n),
    };
    let mut text: String = (0..SIZE).map(rule).collect();
    if name == "d" {
        let words: Vec<String> = (0..SIZE).map(single).collect();
        let lines = words
            .chunks(130)
            .map(|words| format!("sshd: {}\n", words.join(" ")));
        text = lines.collect();
    }
    Lists {
        is_fixed: ["c", "dh"].contains(&name),
        ..Lists::of_deny(name, text, (0..SIZE).map(address).collect())
    }
}

/// What fail2ban's action `hostsdeny` leaves: random addresses, some of them twice.
pub(super) fn bans(random: &mut Random) -> Lists {
    let mut addresses: Vec<String> = Vec::new();
    for _ in 0..SIZE {
        let again = random.chance(8).then(|| random.below(addresses.len()));
        let known = again.and_then(|at| addresses.get(at).cloned());
        let fresh = u32::try_from(random.next() >> 33).unwrap() | 0x0100_0000;
        addresses.push(known.unwrap_or_else(|| ip(fresh % 0xdf00_0000)));
    }
    let rules = addresses.iter().map(|address| format!("ALL: {address}\n"));
    let head =
        "# /etc/hosts.deny: list of hosts that are _not_ allowed to access the system.\n#\n\n";
    let text = [head.to_owned(), rules.collect()].concat();
    Lists::of_deny("bans", text, addresses)
}

/// Ranges of providers: dense, in several sizes, with neighbours and overlaps.
pub(super) fn cloud(random: &mut Random) -> Lists {
    let mut text = String::new();
    let mut addresses = Vec::new();
    let mut at = 0x0d20_0000_u32;
    for _ in 0..SIZE {
        let length = 20 + u32::try_from(random.below(8)).unwrap();
        let size = 1_u32 << (32 - length);
        at = at.div_ceil(size) * size;
        writeln!(text, "sshd: {}/{length}", ip(at)).unwrap();
        addresses.push(ip(at + size / 3));
        if random.chance(20) {
            writeln!(text, "sshd: {}", ip(at + size / 2)).unwrap();
        }
        at += size * if random.chance(60) { 1 } else { 3 };
    }
    Lists::of_deny("cloud", text, addresses)
}

/// IPv6 and IPv4, several daemons, rules that grant between, names, comments, ends, and the blocks of
/// other programs.
pub(super) fn mixed(random: &mut Random) -> Lists {
    let mut addresses = Vec::new();
    let mut deny = "# hosts.deny of a mail server\n\n".to_owned();
    for n in 0..SIZE {
        let address = if random.chance(40) {
            format!("2001:db8:{:x}::{:x}", random.below(4), random.below(900))
        } else {
            ip(0x0a00_0000 + u32::try_from(random.below(4000)).unwrap())
        };
        let word = if address.contains(':') {
            format!("[{address}]")
        } else {
            address.clone()
        };
        let daemons = random.pick(&["ALL", "sshd", "sshd", "vsftpd, sshd"]);
        let rule = format!("{daemons}: {word}");
        let lines = match random.below(60) {
            0 => format!("# seen in ticket {n}\n{rule}\n\n"),
            1 => named("until=2036-01-01T00:00:00Z by=root reason=scans", &rule),
            2 => named("by=fail2ban/sshd", &rule),
            3 => format!("# DenyHosts: Tue Jan  6 10:00:00 2026 | {rule}\n{rule}\n"),
            4 => format!("###sshguard###\n{rule}\n###sshguard###\n"),
            5 => format!("# BEGIN ANSIBLE MANAGED BLOCK\n{rule}\n# END ANSIBLE MANAGED BLOCK\n\n"),
            6 => format!("{daemons}: .host{n}.example {word}\n"),
            7 => format!("{rule}: deny\n"),
            8 => format!("{daemons}: 10.0.0.0/16 EXCEPT {word}: allow\n"),
            9 => format!("{rule} : spawn (/bin/true) &\n"),
            _ => format!("{rule}\n"),
        };
        deny.push_str(&lines);
        addresses.push(address);
    }
    let allow = "# trusted\nsshd: 10.0.0.0/28\nsshd: 10.0.0.16/28\nALL: 10.0.1.1: deny\nALL: 10.0.1.2: deny\n";
    Lists {
        allow: allow.to_owned(),
        ..Lists::of_deny("mixed", deny, addresses)
    }
}

/// Clients in the lists, beside them, and anywhere.
pub(super) fn questions(lists: &Lists, random: &mut Random) -> Vec<Vec<u8>> {
    let beside = |address: &str| match address.rsplit_once('.') {
        Some((head, last)) => {
            let last: u8 = last.parse().unwrap();
            format!("{head}.{}", last.wrapping_add(1))
        }
        None => format!("{address}1"),
    };
    (0..CLIENTS)
        .map(|_| {
            let listed = &lists.addresses[random.below(lists.addresses.len())];
            let address = match random.below(4) {
                0 | 1 => listed.clone(),
                2 => beside(listed),
                _ => ip(u32::try_from(random.next() >> 32).unwrap()),
            };
            let daemon = random.pick(&["sshd", "sshd", "vsftpd", "other"]);
            let name = format!("x.host{}.example", random.below(2000));
            let name = random.pick(&["unknown", "paranoid", &name]);
            format!("{daemon}\t{address}\t{name}\tunknown").into_bytes()
        })
        .collect()
}

/// What the library says, and how long it takes for some of the questions when it is not disturbed.
pub(super) fn verdicts(
    oracle: &mut Oracle,
    sandbox: &Sandbox,
    asked: &[Vec<u8>],
) -> (Vec<String>, Duration) {
    // Below --root a rule names a list and the gate as they are named without it.
    let gate = format!(" {} ", super::sandbox::gate());
    let [allow, deny] = ["etc/hosts.allow", "etc/hosts.deny"].map(|name| {
        let text = std::fs::read_to_string(sandbox.path(name)).unwrap();
        let lists = format!(" {}/", sandbox.path("etc/tcpw.d").display());
        let asked = sandbox.path(&format!("{name}.asked"));
        let text = text.replace(" /etc/tcpw.d/", &lists);
        std::fs::write(&asked, text.replace(" /usr/sbin/tcpw-gate ", &gate)).unwrap();
        asked
    });
    let tables = Tables { allow, deny };
    let word = |text: &str| text.split('\t').next().unwrap().to_owned();
    let (mut answers, mut best) = (Vec::new(), Duration::MAX);
    for asked in asked.chunks(AT_ONCE) {
        let start = Instant::now();
        let found = oracle.ask_together(&tables, asked);
        best = best.min(start.elapsed());
        answers.extend(found.iter().map(|answer| word(&answer.text)));
    }
    (answers, best)
}

pub(super) fn comments(text: &str) -> Vec<String> {
    let lines = text.lines().filter(|line| line.starts_with('#'));
    lines.map(str::to_owned).collect()
}

pub(super) fn rules(text: &str) -> usize {
    text.lines()
        .filter(|line| line.contains(':') && !line.starts_with('#'))
        .count()
}

/// Packs lists, asks the library before and after, and goes back; what there is to say of them.
fn packed(oracle: &mut Oracle, lists: &Lists, random: &mut Random) -> Option<String> {
    let name = lists.name;
    let tables = (lists.allow.clone(), lists.deny.clone());
    let sandbox = Sandbox::new(&lists.allow, &lists.deny);
    let asked = questions(lists, random);
    let (before, slow) = verdicts(oracle, &sandbox, &asked);
    let granted = before.iter().filter(|word| *word == "granted").count();
    assert!(
        granted > CLIENTS / 20 && granted < CLIENTS,
        "{name}: {granted}"
    );
    assert!(!before.iter().any(|word| word == "died"), "{name}");
    let checked = sandbox.run(&["compact", "--check"]);
    assert_eq!(
        checked.code,
        Some(i32::from(!lists.is_fixed)),
        "{name}: {checked:?}"
    );
    assert_eq!(sandbox.tables(), tables, "{name}");
    let ran = sandbox.run(&["compact"]);
    assert_eq!(ran.code, Some(0), "{name}: {ran:?}");
    let packed = sandbox.tables();
    assert_eq!(
        packed.1 == lists.deny,
        lists.is_fixed,
        "{name}: {}",
        ran.out
    );
    let (after, fast) = verdicts(oracle, &sandbox, &asked);
    assert_eq!(before, after, "{name}");
    assert_eq!(comments(&packed.0), comments(&lists.allow), "{name}");
    assert_eq!(comments(&packed.1), comments(&lists.deny), "{name}");
    assert!(packed.1.lines().all(|line| line.len() <= 2046), "{name}");
    let again = sandbox.run(&["compact", "--check"]);
    assert_eq!(again.code, Some(0), "{name}: {again:?}");
    assert!(
        again.out.contains("nothing to change\n"),
        "{name}: {again:?}"
    );
    if lists.is_fixed {
        return None;
    }
    let undone = sandbox.run(&["undo"]);
    assert_eq!(undone.code, Some(0), "{name}: {undone:?}");
    assert_eq!(sandbox.tables(), tables, "{name}");
    Some(format!(
        "{name} {} to {} rules, {} to {} bytes, {:.1} times as fast",
        rules(&lists.deny),
        rules(&packed.1),
        lists.deny.len(),
        packed.1.len(),
        slow.as_secs_f64() / fast.as_secs_f64(),
    ))
}

#[test]
fn the_library_decides_the_same_by_fewer_rules() {
    let mut oracle = Oracle::start();
    let mut random = Random::new(15);
    let mut all: Vec<Lists> = ["a", "dh", "b", "b2", "b6", "c", "d"].map(shape).into();
    all.extend([bans(&mut random), cloud(&mut random), mixed(&mut random)]);
    let rows: Vec<String> = all
        .iter()
        .filter_map(|lists| packed(&mut oracle, lists, &mut random))
        .collect();
    say(&format!(
        "compact: 7 shapes and 3 lists, asked of libwrap: {}; 0 of {} verdicts changed",
        rows.join("; "),
        all.len() * CLIENTS
    ));
}

#[test]
fn what_was_done_is_said_and_counted() {
    let deny = "# mine\nsshd: 10.0.0.1\nsshd: 10.0.0.1\nsshd: 10.0.0.2\nsshd: 10.0.0.3\n\nsshd: .example.org\n";
    let sandbox = Sandbox::new("", deny);
    let look = sandbox.run(&["compact", "-n"]);
    assert_eq!(look.code, Some(1), "{look:?}");
    assert!(
        look.out.contains("+sshd: 10.0.0.1 10.0.0.2/31\n"),
        "{look:?}"
    );
    assert!(
        look.out.contains("nobody gains or loses access\n"),
        "{look:?}"
    );
    assert!(
        look.out.contains("dry run: nothing was written\n"),
        "{look:?}"
    );
    let said = "/etc/hosts.deny: 2 rules in 54 bytes, before 5 in 87 bytes; 1 covered by others; \
                1 joined to networks\n/etc/hosts.deny: unchanged: 1 rule not about addresses alone\n";
    assert!(look.out.ends_with(said), "{look:?}");
    assert_eq!(sandbox.tables().1, deny);
    let json = sandbox.run(&["compact", "--format", "json"]);
    assert_eq!(json.code, Some(0), "{json:?}");
    let object: serde_json::Value = serde_json::from_str(&json.out).unwrap();
    assert_eq!(object["changed"], true);
    assert_eq!(object["check"], false);
    assert_eq!(object["change"], 1);
    assert_eq!(object["tables"][1]["rules_before"], 5);
    assert_eq!(object["tables"][1]["rules_after"], 2);
    assert_eq!(object["tables"][1]["covered"], 1);
    assert_eq!(object["tables"][1]["unchanged"]["not_addresses"], 1);
    let packed = "# mine\nsshd: 10.0.0.1 10.0.0.2/31\n\nsshd: .example.org\n";
    assert_eq!(sandbox.tables().1, packed);
    let again = sandbox.run(&["compact", "--format", "json"]);
    let object: serde_json::Value = serde_json::from_str(&again.out).unwrap();
    assert_eq!(
        (object["changed"].clone(), object["change"].clone()),
        (false.into(), serde_json::Value::Null)
    );
}

#[test]
fn a_table_that_ends_early_is_left_where_it_ends() {
    let own = "ALL: 0.0.0.1\n";
    let sandbox = Sandbox::new(own, "ALL: 10.0.0.1\nALL: 10.0.0.3\nALL: 10.0.0.5");
    let ran = sandbox.run(&["compact"]);
    assert_eq!(ran.code, Some(0), "{ran:?}");
    assert_eq!(sandbox.tables().1, "ALL: 10.0.0.1 10.0.0.3\nALL: 10.0.0.5");
    std::fs::write(sandbox.path("etc/hosts.deny"), "").unwrap();
    std::fs::remove_file(sandbox.path("etc/hosts.allow")).unwrap();
    let ran = sandbox.run(&["compact"]);
    assert_eq!(
        (ran.code, ran.out.contains("nothing to change\n")),
        (Some(0), true),
        "{ran:?}"
    );
}

/// The list files, and the names of those that the deny table names.
pub(super) fn list_files(sandbox: &Sandbox) -> (Vec<String>, Vec<String>) {
    let found = sandbox.path("etc/tcpw.d");
    let found = if found.exists() {
        super::sandbox::names(&found)
    } else {
        Vec::new()
    };
    let words = sandbox.tables().1;
    let named = words
        .split_whitespace()
        .filter_map(|word| word.strip_prefix("/etc/tcpw.d/"));
    (found, named.map(str::to_owned).collect())
}

/// Runs a command that ends so.
pub(super) fn ended(sandbox: &Sandbox, words: &[&str], code: i32) -> super::sandbox::Ran {
    let ran = sandbox.run(words);
    assert_eq!(ran.code, Some(code), "{words:?}: {ran:?}");
    ran
}

#[test]
fn a_list_file_is_for_everybody_to_read_and_decides_as_the_rules_did() {
    use std::os::unix::fs::PermissionsExt as _;
    let mut oracle = Oracle::start();
    let mut random = Random::new(16);
    let lists = bans(&mut random);
    let sandbox = Sandbox::new(&lists.allow, &lists.deny);
    let asked = questions(&lists, &mut random);
    let (before, _) = verdicts(&mut oracle, &sandbox, &asked);
    ended(&sandbox, &["compact", "--into", "file", "-n"], 1);
    assert_eq!(list_files(&sandbox), (Vec::new(), Vec::new()));
    let ran = ended(
        &sandbox,
        &["compact", "--into", "file", "--format", "json"],
        0,
    );
    let object: serde_json::Value = serde_json::from_str(&ran.out).unwrap();
    let (found, named) = list_files(&sandbox);
    assert_eq!((found.len(), &found), (1, &named));
    let list = format!("etc/tcpw.d/{}", found[0]);
    assert_eq!(object["lists"][0]["name"], format!("/{list}"));
    let mode = |path: &str| {
        let is = std::fs::metadata(sandbox.path(path)).unwrap();
        is.permissions().mode() & 0o7777
    };
    assert_eq!((mode("etc/tcpw.d"), mode(&list)), (0o755, 0o644));
    assert_eq!(rules(&sandbox.tables().1), 1);
    assert_eq!(verdicts(&mut oracle, &sandbox, &asked).0, before);
    let again = ended(&sandbox, &["compact", "--into", "file", "--check"], 0);
    assert!(again.out.contains("nothing to change\n"), "{again:?}");
    // What is written in lines never takes a list apart.
    ended(&sandbox, &["compact", "--check"], 0);
    // A list that somebody has written into becomes one with a name of its own.
    let text = std::fs::read_to_string(sandbox.path(&list)).unwrap();
    std::fs::write(sandbox.path(&list), format!("{text}203.0.113.200\n")).unwrap();
    ended(&sandbox, &["compact", "--into", "file", "--check"], 1);
    ended(&sandbox, &["compact", "--into", "file"], 0);
    let (_, named) = list_files(&sandbox);
    assert_ne!(named, found);
}

#[test]
fn a_list_file_never_changes_so_undo_and_redo_find_it() {
    let lists = bans(&mut Random::new(18));
    let sandbox = Sandbox::new(&lists.allow, &lists.deny);
    ended(&sandbox, &["compact", "--into", "file"], 0);
    let (first, once) = (list_files(&sandbox).0, sandbox.tables().1);
    let content = |name: &str| std::fs::read(sandbox.path("etc/tcpw.d").join(name)).unwrap();
    let bytes = content(&first[0]);
    // Bans that come later join the list, and those that are in it go.
    let mut later = format!("{once}ALL: {}\n", lists.addresses[7]);
    (0..9).for_each(|n| writeln!(later, "ALL: 203.0.113.{}", n * 2).unwrap());
    std::fs::write(sandbox.path("etc/hosts.deny"), &later).unwrap();
    ended(&sandbox, &["compact", "--into", "file"], 0);
    let (both, named) = list_files(&sandbox);
    assert_eq!(
        (both.len(), named.len(), rules(&sandbox.tables().1)),
        (2, 1, 1)
    );
    assert_ne!(named, first);
    assert_eq!(
        content(&named[0]).len(),
        bytes.len() + "203.0.113.n\n".len() * 5 + "203.0.113.nn\n".len() * 4
    );
    ended(&sandbox, &["undo"], 0);
    assert_eq!(sandbox.tables().1, later);
    std::fs::write(sandbox.path("etc/hosts.deny"), &once).unwrap();
    ended(&sandbox, &["undo"], 0);
    assert_eq!(sandbox.tables().1, lists.deny);
    assert_eq!((list_files(&sandbox).0, content(&first[0])), (both, bytes));
    ended(&sandbox, &["redo"], 0);
    assert_eq!(sandbox.tables().1, once);
    let left = ended(&sandbox, &["uninstall", "-n"], 0);
    let stays = format!("/etc/tcpw.d/{} stays: a rule names it", first[0]);
    assert!(left.out.contains(&stays), "{left:?}");
    // A list that is gone is not named again.
    ended(&sandbox, &["undo"], 0);
    std::fs::remove_file(sandbox.path("etc/tcpw.d").join(&first[0])).unwrap();
    let refused = ended(&sandbox, &["redo"], 2);
    let gone = "is gone, and the rule that names it would match nobody";
    assert!(refused.err.contains(gone), "{refused:?}");
    assert_eq!(sandbox.tables().1, lists.deny);
}

#[test]
fn a_list_that_cannot_be_written_leaves_the_tables_as_they_were() {
    use std::os::unix::fs::PermissionsExt as _;
    let lists = bans(&mut Random::new(17));
    let sandbox = Sandbox::new(&lists.allow, &lists.deny);
    let place = sandbox.path("etc/tcpw.d");
    let refused = |what: &str| {
        let ran = sandbox.run(&["compact", "--into", "file"]);
        assert_eq!(ran.code, Some(2), "{ran:?}");
        assert!(ran.err.contains(what), "{ran:?}");
        assert_eq!(sandbox.tables().1, lists.deny);
    };
    std::fs::write(&place, "").unwrap();
    refused("cannot create the directory /etc/tcpw.d");
    std::fs::remove_file(&place).unwrap();
    std::fs::create_dir(&place).unwrap();
    std::fs::set_permissions(&place, std::fs::Permissions::from_mode(0o700)).unwrap();
    refused("daemons of other users cannot read what is in /etc/tcpw.d");
    std::fs::set_permissions(&place, std::fs::Permissions::from_mode(0o755)).unwrap();
    // Somebody else's file by that name is not written over.
    let ran = sandbox.run(&["compact", "--into", "file"]);
    assert_eq!(ran.code, Some(0), "{ran:?}");
    let (found, _) = list_files(&sandbox);
    assert_eq!(sandbox.run(&["undo"]).code, Some(0));
    std::fs::write(place.join(&found[0]), "ALL\n").unwrap();
    refused("it does not hold what its name says");
    assert_eq!(std::fs::read(place.join(&found[0])).unwrap(), b"ALL\n");
}
