//! `tcpw compact --into gate`: the real libwrap with the real gate decides as the rules did, what would
//! change a verdict is refused, a gate that is broken keeps out everybody but who is kept in, and the
//! set is found again.

use super::compact::{
    Lists, bans, cloud, comments, ended, ip, list_files, mixed, questions, rules, shape, verdicts,
};
use super::sandbox::{Ran, Sandbox};
use crate::engine::{Oracle, Random};
use crate::proof::say;
use std::fmt::Write as _;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;

/// Clients that the library is asked about, for each list: each starts a gate.
const CLIENTS: usize = 200;
const INTO: [&str; 3] = ["compact", "--into", "gate"];

/// A machine with these tables and a gate, which only the library runs.
fn machine(allow: &str, deny: &str) -> Sandbox {
    let sandbox = Sandbox::new(allow, deny);
    let gate = sandbox.path("usr/sbin/tcpw-gate");
    fs::create_dir_all(gate.parent().unwrap()).unwrap();
    fs::write(&gate, "never run\n").unwrap();
    fs::set_permissions(&gate, fs::Permissions::from_mode(0o755)).unwrap();
    sandbox
}

/// The sets that are there.
fn sets(sandbox: &Sandbox) -> Vec<String> {
    list_files(sandbox).0
}

/// A list of whom to let in: everybody else is refused, but for one network.
fn allowed() -> Lists {
    let deny = shape("a");
    Lists {
        name: "allowed",
        allow: format!("ALL: 0.0.0.1\n{}", deny.deny),
        deny: "sshd: ALL\nvsftpd: 198.51.100.0/24\n".to_owned(),
        ..deny
    }
}

/// Puts a list behind a gate, asks the library before and after, and goes back; what there is to say.
fn packed(oracle: &mut Oracle, lists: &Lists, random: &mut Random) -> (String, usize) {
    let name = lists.name;
    let sandbox = machine(&lists.allow, &lists.deny);
    let before_tables = sandbox.tables();
    let mut asked = questions(lists, random);
    asked.truncate(CLIENTS);
    let (before, slow) = verdicts(oracle, &sandbox, &asked);
    for word in ["granted", "denied"] {
        let count = before.iter().filter(|verdict| *verdict == word).count();
        assert!(count > CLIENTS / 20, "{name}: {word} {count}");
    }
    if lists.is_fixed {
        ended(&sandbox, &INTO, 0);
        assert_eq!(sandbox.tables(), before_tables, "{name}");
        return (format!("{name} has nothing for a gate"), 0);
    }
    ended(&sandbox, &[&INTO[..], &["--check"]].concat(), 1);
    assert_eq!(
        (sandbox.tables(), sets(&sandbox).len()),
        (before_tables.clone(), 0)
    );
    let ran = ended(&sandbox, &INTO, 0);
    let (allow, deny) = sandbox.tables();
    let (after, fast) = verdicts(oracle, &sandbox, &asked);
    assert_eq!(before, after, "{name}: {allow}");
    assert_eq!(comments(&deny), comments(&lists.deny), "{name}");
    let found = sets(&sandbox);
    // Neighbours become so few networks that a line holds them.
    let is_few = ["b", "b2", "b6"].contains(&name);
    assert_eq!(found.len(), usize::from(!is_few), "{name}: {ran:?}");
    let mut size = "no set".to_owned();
    if let Some(set) = found.first() {
        let set = format!("/etc/tcpw.d/{set}");
        assert!(allow.contains(&format!("{set} ")), "{name}: {allow}");
        let bytes = fs::metadata(sandbox.path(&set[1..])).unwrap().len();
        size = format!("a set of {bytes}");
    }
    let again = ended(&sandbox, &[&INTO[..], &["--check"]].concat(), 0);
    assert!(again.out.contains("nothing to change\n"), "{again:?}");
    ended(&sandbox, &["undo"], 0);
    assert_eq!(sandbox.tables(), before_tables, "{name}");
    let old = rules(&lists.allow) + rules(&lists.deny);
    let bytes = [
        lists.allow.len() + lists.deny.len(),
        allow.len() + deny.len(),
    ];
    let each = |time: std::time::Duration| time.as_secs_f64() * 1e6 / 50.0;
    let text = format!(
        "{name} {old} to {} rules, {} to {} bytes and {size}, {:.0} to {:.0} us a query",
        rules(&allow) + rules(&deny),
        bytes[0],
        bytes[1],
        each(slow),
        each(fast),
    );
    (text, CLIENTS)
}

#[test]
fn the_library_decides_the_same_by_a_gate() {
    let mut oracle = Oracle::start();
    let mut random = Random::new(21);
    let mut all: Vec<Lists> = ["a", "dh", "b", "b2", "b6", "c", "d"].map(shape).into();
    all.extend([bans(&mut random), cloud(&mut random), allowed()]);
    let mut asked = 0;
    let rows: Vec<String> = all
        .iter()
        .map(|lists| {
            let (text, count) = packed(&mut oracle, lists, &mut random);
            asked += count;
            text
        })
        .collect();
    // Rules about names, with ends and of other programs stand among the addresses.
    let lists = mixed(&mut random);
    let sandbox = machine(&lists.allow, &lists.deny);
    let tables = sandbox.tables();
    let refused = ended(&sandbox, &INTO, 2);
    assert!(
        refused
            .err
            .contains("whoever the gate admits would not reach"),
        "{refused:?}"
    );
    assert_eq!((sandbox.tables(), sets(&sandbox).len()), (tables, 0));
    assert_eq!(asked, 8 * CLIENTS);
    say(&format!(
        "compact --into gate: 7 shapes and 4 lists, asked of libwrap with the gate: {}; mixed is refused; \
         0 of {asked} verdicts changed",
        rows.join("; "),
    ));
}

/// Who gets in, as the library says with the gate at this path.
fn admitted(oracle: &mut Oracle, sandbox: &Sandbox, addresses: &[&str]) -> Vec<String> {
    let asked: Vec<Vec<u8>> = addresses
        .iter()
        .map(|address| format!("sshd\t{address}\tunknown\tunknown").into_bytes())
        .collect();
    let (answers, _) = verdicts(oracle, sandbox, &asked);
    let both = addresses.iter().zip(answers);
    both.filter(|(_, answer)| answer == "granted")
        .map(|(address, _)| (*address).to_owned())
        .collect()
}

#[test]
fn a_gate_that_is_broken_keeps_out_all_but_who_is_kept_in() {
    let mut oracle = Oracle::start();
    let lists = bans(&mut Random::new(22));
    let deny = format!("{}ALL: 10.1.2.3 192.168.7.0/24\n", lists.deny);
    let sandbox = machine("", &deny);
    let config = "[guard]\nkeep_in = [\"203.0.113.5\", \"2001:db8::5\"]\n";
    fs::write(sandbox.path("etc/tcpw.toml"), config).unwrap();
    ended(&sandbox, &INTO, 0);
    let banned = lists.addresses[3].as_str();
    let people = [
        banned,
        "10.1.2.3",
        "192.168.7.9",
        "10.1.2.4",
        "203.0.113.5",
        "2001:db8::5",
        "203.0.113.6",
    ];
    let got_in = |oracle: &mut Oracle| admitted(oracle, &sandbox, &people);
    assert_eq!(
        got_in(&mut oracle),
        ["10.1.2.4", "203.0.113.5", "2001:db8::5", "203.0.113.6"]
    );
    // A set that is damaged, and one that is gone.
    let set = sandbox.path("etc/tcpw.d").join(&sets(&sandbox)[0]);
    let whole = fs::read(&set).unwrap();
    let mut damaged = whole.clone();
    damaged.truncate(whole.len() / 2);
    fs::write(&set, damaged).unwrap();
    let kept = ["10.1.2.4", "203.0.113.5", "2001:db8::5"];
    assert_eq!(got_in(&mut oracle), kept);
    fs::remove_file(&set).unwrap();
    assert_eq!(got_in(&mut oracle), kept);
    for (address, code) in [("203.0.113.5", 0), ("10.1.2.4", 0), ("203.0.113.6", 1)] {
        ended(&sandbox, &["match", "sshd", address], code);
    }
    // A gate that is not there.
    fs::write(&set, whole).unwrap();
    let allow = sandbox
        .tables()
        .0
        .replace("/usr/sbin/tcpw-gate", "/usr/sbin/gone/tcpw-gate");
    fs::write(sandbox.path("etc/hosts.allow"), allow).unwrap();
    assert_eq!(got_in(&mut oracle), ["203.0.113.5", "2001:db8::5"]);
    ended(&sandbox, &["match", "sshd", "203.0.113.6"], 1);
}

#[test]
fn a_set_never_changes_so_undo_and_redo_find_it() {
    let lists = bans(&mut Random::new(23));
    let sandbox = machine("", &lists.deny);
    let look = ended(&sandbox, &[&INTO[..], &["-n", "--whole-diff"]].concat(), 1);
    assert!(look.out.contains("+ALL: ALL : deny\n"), "{look:?}");
    assert!(
        look.out.contains("nobody gains or loses access\n"),
        "{look:?}"
    );
    let flat = look.out.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(flat.contains("ban with `tcpw deny`"), "{look:?}");
    assert_eq!(sets(&sandbox).len(), 0);
    let ran = ended(&sandbox, &[&INTO[..], &["--format", "json"]].concat(), 0);
    let object: serde_json::Value = serde_json::from_str(&ran.out).unwrap();
    let found = sets(&sandbox);
    let name = format!("/etc/tcpw.d/{}", found[0]);
    assert_eq!(object["lists"][0]["name"], name.as_str());
    assert_eq!(object["tables"][1]["rules_after"], 1);
    assert!(
        look.out.contains(&name),
        "the same networks are the same file: {look:?}"
    );
    let once = sandbox.tables();
    let set = sandbox.path(&name[1..]);
    let mode = fs::metadata(&set).unwrap().permissions().mode() & 0o7777;
    assert_eq!(mode, 0o644);
    let shown = ended(
        &sandbox,
        &["set", "show", set.to_str().unwrap(), &lists.addresses[7]],
        0,
    );
    assert!(shown.out.contains("of tcpw compact"), "{shown:?}");
    ended(&sandbox, &["undo"], 0);
    assert_eq!(sandbox.tables().1, lists.deny);
    ended(&sandbox, &["redo"], 0);
    assert_eq!(sandbox.tables(), once);
    let left = ended(&sandbox, &["uninstall", "-n"], 1);
    let stays = format!("{name} stays: a rule asks the gate about it");
    assert!(left.out.contains(&stays), "{left:?}");
    ended(&sandbox, &["undo"], 0);
    fs::remove_file(&set).unwrap();
    let refused = ended(&sandbox, &["redo"], 2);
    assert!(refused.err.contains(&name), "{refused:?}");
    assert_eq!(sandbox.tables().1, lists.deny);
}

/// Rules about single addresses, enough for a gate.
fn many(daemon: &str) -> String {
    (0..300_u32).fold(String::new(), |mut text, n| {
        writeln!(text, "{daemon}: {}", ip(0xcb00_7100 + n * 512)).unwrap();
        text
    })
}

#[test]
fn what_is_not_the_same_by_a_gate_is_refused() {
    let many_of = many("sshd");
    let gate = "sshd: ALL: aclexec /usr/sbin/tcpw-gate --country KR -- %a\n";
    for (allow, deny, why) in [
        (
            "",
            format!("{many_of}sshd: .example.org\n"),
            "would not reach",
        ),
        (
            "",
            format!("{many_of}ALL: bob@192.0.2.7\n"),
            "would not reach",
        ),
        (
            "",
            format!("{many_of}ALL: 192.0.2.7: spawn x\n"),
            "would not reach",
        ),
        (
            "",
            format!("# a\n{many_of}\n# b\n{many_of}sshd: 192.0.2.7\n"),
            "would lose its rules",
        ),
        (gate, many_of.clone(), "have a gate"),
        (
            "sshd: ALL: aclexec /bin/x\n",
            many_of.clone(),
            "would not be asked",
        ),
    ] {
        let sandbox = machine(allow, &deny);
        let refused: Ran = ended(&sandbox, &INTO, 2);
        assert!(refused.err.contains(why), "{why}: {refused:?}");
        assert_eq!(sandbox.tables(), (allow.to_owned(), deny));
        assert_eq!(sets(&sandbox).len(), 0);
    }
    // Rules of other daemons stay, and those that are for nobody are not worth a gate.
    let others = format!("vsftpd: .example.org\n{many_of}vsftpd: 192.0.2.7: spawn x\n");
    let sandbox = machine("", &others);
    ended(&sandbox, &INTO, 0);
    let packed = "vsftpd: .example.org\nsshd: ALL: deny\nvsftpd: 192.0.2.7: spawn x\n";
    assert_eq!(sandbox.tables().1.replace(" : ", ": "), packed);
    let sandbox = machine("sshd: ALL\n", &many_of);
    ended(&sandbox, &INTO, 0);
    assert_eq!(
        (sandbox.tables().0, sets(&sandbox).len()),
        ("sshd: ALL\n".to_owned(), 0)
    );
    // No gate is installed.
    let sandbox = Sandbox::new("", &many_of);
    let refused = ended(&sandbox, &INTO, 2);
    assert!(refused.err.contains("there is no tcpw-gate"), "{refused:?}");
}

#[test]
fn who_is_let_in_is_behind_a_gate_that_names_nobody_else() {
    let mut oracle = Oracle::start();
    let allow = format!(
        "ALL: 0.0.0.1\n# mine\n{}\nsshd: .example.org\nsshd: 10.0.0.0/8: deny\n",
        many("sshd")
    );
    let sandbox = machine(&allow, "ALL: ALL: severity info\n");
    let config = "[guard]\nkeep_in = [\"203.0.113.0\"]\n";
    fs::write(sandbox.path("etc/tcpw.toml"), config).unwrap();
    // The comment would stand above nothing, or the gate before the names.
    let refused = ended(&sandbox, &INTO, 2);
    assert!(refused.err.contains("nothing was written"), "{refused:?}");
    let allow = allow.replace("# mine\n", "");
    fs::write(sandbox.path("etc/hosts.allow"), &allow).unwrap();
    ended(&sandbox, &INTO, 0);
    let (allow, deny) = sandbox.tables();
    let lines: Vec<&str> = allow.lines().collect();
    assert!(lines.last().unwrap().contains(" --strict -- %a"), "{allow}");
    assert!(lines.contains(&"sshd: 203.0.113.0"), "{allow}");
    assert!(deny.trim_end().ends_with("deny"), "{deny}");
    let people = [
        "203.0.113.0",
        "203.0.115.0",
        "203.0.113.1",
        "10.0.0.1",
        "127.0.0.1",
    ];
    assert_eq!(
        admitted(&mut oracle, &sandbox, &people),
        ["203.0.113.0", "203.0.115.0"]
    );
    fs::remove_dir_all(sandbox.path("etc/tcpw.d")).unwrap();
    assert_eq!(admitted(&mut oracle, &sandbox, &people), ["203.0.113.0"]);
}

#[test]
fn only_what_no_table_and_no_change_names_is_pruned() {
    let lists = bans(&mut Random::new(24));
    let sandbox = machine("", &lists.deny);
    let place = sandbox.path("etc/tcpw.d");
    let said = |ran: &Ran, what: &str| assert!(ran.out.contains(what), "{what}: {ran:?}");
    said(
        &ended(&sandbox, &["compact", "--prune"], 0),
        "nothing to remove",
    );
    ended(&sandbox, &INTO, 0);
    ended(&sandbox, &["undo"], 0);
    ended(&sandbox, &["compact", "--into", "file"], 0);
    // A set that redo would need no more, but the history still names; one that nothing names; and
    // files of others.
    let kept = sets(&sandbox);
    assert_eq!(kept.len(), 2);
    for name in [
        "0123456789abcdef0123.set",
        "0123456789abcdef0123.list",
        "kr.set",
        "notes",
    ] {
        fs::write(place.join(name), "x\n").unwrap();
    }
    let look = ended(&sandbox, &["compact", "--prune", "-n"], 1);
    said(
        &look,
        "/etc/tcpw.d/0123456789abcdef0123.set would be removed",
    );
    assert_eq!(sets(&sandbox).len(), 6);
    let ran = ended(&sandbox, &["compact", "--prune", "--format", "json"], 0);
    let object: serde_json::Value = serde_json::from_str(&ran.out).unwrap();
    assert_eq!(object["removed"].as_array().unwrap().len(), 2);
    let mut left = [kept.clone(), vec!["kr.set".to_owned(), "notes".to_owned()]].concat();
    left.sort();
    assert_eq!(sets(&sandbox), left);
    // A history that cannot be read names everything.
    let history = sandbox.path("var/lib/tcpw/history");
    fs::write(place.join("0123456789abcdef0123.set"), "x\n").unwrap();
    let entry = history.join("00000001.json");
    let text = fs::read(&entry).unwrap();
    fs::write(&entry, "{").unwrap();
    ended(&sandbox, &["compact", "--prune"], 2);
    fs::write(&entry, text).unwrap();
    // Without a history only the tables name something.
    fs::remove_dir_all(&history).unwrap();
    ended(&sandbox, &["compact", "--prune"], 0);
    let named = list_files(&sandbox).1;
    let found = sets(&sandbox);
    assert!(named.len() == 1 && found.contains(&named[0]), "{found:?}");
    assert_eq!(found.len(), 3);
}
