//! Rules as the real nft, iptables, ipset and ufw print them.

use super::model::{Dice, Rule, compare, rules};
use crate::editor::{Ran, Sandbox};
use crate::proof::say;
use std::fmt::Write as _;
use std::path::Path;
use std::process::{Command, Output};

/// Runs a script as root of a network of its own.
pub fn in_namespace(script: &str) -> String {
    let output = Command::new("unshare")
        .args(["--net", "sh", "-ec", script])
        .output()
        .unwrap();
    text("unshare", &output)
}

pub fn text(what: &str, output: &Output) -> String {
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{what}: {error}");
    String::from_utf8(output.stdout.clone()).unwrap()
}

/// Imports what a program printed into empty tables.
pub fn import(text: &str, words: &[&str]) -> (Sandbox, Ran) {
    let sandbox = Sandbox::new("", "");
    let path = sandbox.path("source");
    std::fs::write(&path, text).unwrap();
    let (form, options) = words.split_first().unwrap();
    let line = [&["import", form, path.to_str().unwrap()], options].concat();
    let ran = sandbox.run(&line);
    (sandbox, ran)
}

fn port(rule: &Rule) -> &'static str {
    if rule.is_ssh { "tcp dport 22 " } else { "" }
}

#[test]
fn chains_of_nft_are_the_same_policy() {
    let mut asked = 0;
    for seed in 0..8 {
        let rules = rules(&mut Dice::new(seed), 14, true);
        let is_open = seed % 2 == 0;
        let policy = if is_open { "accept" } else { "drop" };
        let mut script = format!(
            "table inet t {{\nchain in {{\ntype filter hook input priority 0; policy {policy};\n\
             ct state established,related accept\n"
        );
        for rule in &rules {
            let family = if rule.is_six() { "ip6" } else { "ip" };
            let action = if rule.allows { "accept" } else { "drop" };
            writeln!(
                script,
                "{family} saddr {} {}counter {action}",
                rule.from,
                port(rule)
            )
            .unwrap();
        }
        script += "}\n}\n";
        let dump = in_namespace(&format!(
            "nft -f - <<'END'\n{script}END\nnft -j list ruleset"
        ));
        let (sandbox, ran) = import(&dump, &["nft", "-d", "sshd=22", "--force"]);
        assert_eq!(ran.code, Some(0), "{}", ran.err);
        asked += compare(&sandbox, &rules, is_open);
    }
    assert!(asked > 300);
    say(&format!(
        "import: nft: {asked} clients treated as its chains do, 0 wrong"
    ));
}

#[test]
fn a_protocol_of_one_family_is_not_of_the_other_one() {
    let dump = in_namespace(
        "nft -f - <<'END'\ntable inet t {\nchain in {\ntype filter hook input priority 0; policy accept;\n\
         ip6 nexthdr tcp tcp dport 22 drop\n}\n}\nEND\nnft -j list ruleset",
    );
    let (sandbox, ran) = import(&dump, &["nft", "-d", "sshd=22", "--force"]);
    assert_eq!(ran.code, Some(0), "{}", ran.err);
    let (_, deny) = sandbox.tables();
    assert!(deny.contains("\nsshd: [::]/1 [8000::]/1\n"), "{deny}");
}

#[test]
fn an_empty_set_is_of_the_family_that_is_asked_about() {
    let dump = in_namespace(
        "nft -f - <<'END'\ntable inet t {\nset nobody { type ipv6_addr; flags interval; }\nchain in {\n\
         type filter hook input priority 0; policy accept;\ntcp dport 22 ip6 saddr != @nobody drop\n}\n}\nEND\n\
         nft -j list ruleset",
    );
    let (sandbox, ran) = import(&dump, &["nft", "-d", "sshd=22", "--force"]);
    assert_eq!(ran.code, Some(0), "{}", ran.err);
    let (_, deny) = sandbox.tables();
    assert!(deny.contains("\nsshd: [::]/1 [8000::]/1\n"), "{deny}");
}

#[test]
fn what_tcpw_exports_to_nft_is_read_back() {
    let daemons = ["-d", "sshd=22", "-d", "vsftpd=21"];
    let tables = [
        (
            "sshd: 192.0.2.0/24 EXCEPT 192.0.2.7\nvsftpd: 10. [2001:db8::]/32\n",
            "ALL: ALL\n",
        ),
        ("", "sshd: 203.0.113.0/24 [2001:db8:7::]/48\n"),
        (
            "ALL: 127.0.0.1 [::1]\n",
            "vsftpd: ALL EXCEPT 198.51.100.0/25\n",
        ),
    ];
    for (number, (allow, deny)) in (0..).zip(tables) {
        let from = Sandbox::new(allow, deny);
        // What ends comes back with its end.
        let (verb, client) = if number == 1 {
            ("deny", "198.51.100.9")
        } else {
            ("allow", "198.51.100.200")
        };
        let ran = from.run(&[verb, client, "-d", "vsftpd", "--for", "2h"]);
        assert_eq!(ran.code, Some(0), "{}", ran.err);
        let path = from.path("tcpw.nft");
        let path = path.to_str().unwrap();
        let words = [
            &["export", "--to", "nftables", "--output", path, "--force"][..],
            &daemons,
        ]
        .concat();
        let ran = from.run(&words);
        assert_eq!(ran.code, Some(0), "{}", ran.err);
        let dump = in_namespace(&format!("nft -f {path}; nft -j list table inet tcpw"));
        let (to, ran) = import(&dump, &[&["nft", "--force"][..], &daemons].concat());
        assert_eq!(ran.code, Some(0), "{}", ran.err);
        let places = [&from, &to].map(|sandbox| sandbox.path("etc").to_str().unwrap().to_owned());
        let ran = from.run(&["diff", &places[0], &places[1], "-d", "sshd", "-d", "vsftpd"]);
        // A firewall sees an address always.
        let others = ran
            .out
            .lines()
            .filter(|line| !line.contains("address unknown"));
        let others: Vec<&str> = others.filter(|line| *line != "the same effect").collect();
        assert!(others.is_empty(), "{allow}{deny}{others:#?}");
        let (allow, deny) = to.tables();
        let table = if number == 1 { deny } else { allow };
        let mut lines = table.lines().skip_while(|line| !line.contains(" until="));
        let ends = lines.nth(1).unwrap_or_default();
        assert_eq!(ends, format!("vsftpd: {client}"), "{table}");
        assert_eq!(table.matches(" until=").count(), 1, "{table}");
    }
}

/// A chain that is gone to is left as the one is from which it was reached.
#[test]
fn a_goto_to_a_chain_that_decides_nothing_is_not_understood() {
    let of = |end: &str| {
        in_namespace(&format!(
            "nft -f - <<'END'\ntable inet t {{\nchain some {{\nip saddr 192.0.2.7 drop\n{end}}}\nchain in {{\n\
             type filter hook input priority 0; policy accept;\ntcp dport 22 ip saddr 192.0.2.0/24 goto some\n\
             tcp dport 22 drop\n}}\n}}\nEND\nnft -j list ruleset"
        ))
    };
    let (sandbox, ran) = import(&of(""), &["nft", "-d", "sshd=22", "--force"]);
    assert!(
        ran.code == Some(2) && ran.err.contains("leave the chain `some` without a verdict"),
        "{}",
        ran.err
    );
    assert_eq!(sandbox.tables(), (String::new(), String::new()));
    let (sandbox, ran) = import(&of("accept\n"), &["nft", "-d", "sshd=22", "--force"]);
    assert_eq!(ran.code, Some(0), "{}", ran.err);
    let asks = |client: &str| sandbox.run(&["match", "sshd", client]).code;
    assert_eq!(
        ["192.0.2.7", "192.0.2.8", "198.51.100.7"].map(asks),
        [Some(1), Some(0), Some(1)]
    );
}

#[test]
fn sets_of_nft_and_ipset_are_lists() {
    let dump = in_namespace(
        "nft -f - <<'END'\ntable inet t {\nset bans { type ipv4_addr; flags interval, timeout; auto-merge\n\
         elements = { 10.0.0.0/30, 192.0.2.1-192.0.2.9 timeout 1h, 198.51.100.7 comment \"x, y\" } }\n\
         set six { type ipv6_addr; elements = { 2001:db8::7 } }\n}\nEND\nnft -j list ruleset",
    );
    let (_, ran) = import(&dump, &["nft", "--into", "deny"]);
    assert!(
        ran.code == Some(2) && ran.err.contains("inet t bans, inet t six"),
        "{}",
        ran.err
    );
    let (sandbox, ran) = import(&dump, &["nft", "--into", "deny", "--set", "bans"]);
    assert_eq!(ran.code, Some(0), "{}", ran.err);
    let (_, deny) = sandbox.tables();
    assert!(deny.contains("\nALL: 10.0.0.0/30 198.51.100.7\n"), "{deny}");
    assert!(
        deny.contains("\nALL: 192.0.2.1 192.0.2.2/31 192.0.2.4/30 192.0.2.8/31\n"),
        "{deny}"
    );
    assert_eq!(deny.matches(" until=").count(), 1, "{deny}");
    let dump = in_namespace(
        "ipset create bans hash:net timeout 0; ipset add bans 10.0.0.0/30; ipset add bans 192.0.2.7 timeout 3600\n\
         ipset create friends hash:ip; ipset add friends 192.0.2.8; ipset save",
    );
    let (_, ran) = import(&dump, &["ipset", "--into", "deny"]);
    assert!(ran.err.contains("bans, friends"), "{}", ran.err);
    let masked =
        in_namespace("ipset create nets hash:ip netmask 24; ipset add nets 192.0.2.0; ipset save");
    let (_, ran) = import(&masked, &["ipset", "--into", "deny"]);
    assert!(
        ran.code == Some(2) && ran.err.contains("more than an address"),
        "{}",
        ran.err
    );
    let (sandbox, ran) = import(
        &dump,
        &["ipset", "--into", "deny", "--set", "bans", "-d", "sshd"],
    );
    assert_eq!(ran.code, Some(0), "{}", ran.err);
    let (_, deny) = sandbox.tables();
    assert!(
        deny.contains("\nsshd: 10.0.0.0/30\n") && deny.contains("\nsshd: 192.0.2.7\n"),
        "{deny}"
    );
}

#[test]
fn chains_of_iptables_are_the_same_policy() {
    let mut asked = 0;
    for seed in 0..8 {
        let all = rules(&mut Dice::new(seed + 100), 14, true);
        let is_open = seed % 2 == 0;
        let policy = if is_open { "ACCEPT" } else { "DROP" };
        // The rules for port 22 stand in a chain of their own, in part.
        let mut script = String::new();
        for program in ["iptables", "ip6tables"] {
            write!(
                script,
                "{program} -P INPUT {policy}; {program} -N first\n\
                 {program} -A INPUT -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT\n\
                 {program} -A INPUT -p tcp -m multiport --dports 22 -j first\n"
            )
            .unwrap();
        }
        let (first, rest) = all.split_at(3);
        for (chain, rules) in [("first", first), ("INPUT", rest)] {
            for rule in rules {
                let program = if rule.is_six() {
                    "ip6tables"
                } else {
                    "iptables"
                };
                let port = if rule.is_ssh || chain == "first" {
                    "-p tcp --dport 22"
                } else {
                    ""
                };
                let action = if rule.allows { "ACCEPT" } else { "DROP" };
                writeln!(
                    script,
                    "{program} -A {chain} -s {} {port} -j {action}",
                    rule.from
                )
                .unwrap();
            }
        }
        let dump = in_namespace(&format!("{script}iptables-save; ip6tables-save"));
        let (sandbox, ran) = import(&dump, &["iptables", "-d", "sshd=22", "--force"]);
        assert_eq!(ran.code, Some(0), "{}", ran.err);
        let mut model = all.clone();
        model[..3].iter_mut().for_each(|rule| rule.is_ssh = true);
        asked += compare(&sandbox, &model, is_open);
    }
    say(&format!(
        "import: iptables: {asked} clients treated as its chains do, 0 wrong"
    ));
}

/// A ufw that writes below `root`.
fn ufw(root: &Path, words: &str) {
    let at = |option: &str| format!("--{option}={}", root.display());
    let output = Command::new("/usr/sbin/ufw")
        .args([at("rootdir"), at("datadir")])
        .args(words.split(' '))
        .output()
        .unwrap();
    text(&format!("ufw {words}"), &output);
}

/// Has ufw take these rules, the first one with a comment.
fn write_for_ufw(root: &Path, rules: &[Rule]) {
    let copy = format!(
        "mkdir -p {0}/etc {0}/lib; cp -r /etc/ufw {0}/etc; cp -r /lib/ufw {0}/lib; \
         mkdir {0}/etc/default; cp /etc/default/ufw {0}/etc/default",
        root.display()
    );
    assert!(
        Command::new("sh")
            .args(["-ec", &copy])
            .status()
            .unwrap()
            .success()
    );
    for (number, rule) in rules.iter().enumerate() {
        let action = if rule.allows { "allow" } else { "deny" };
        let line = if rule.is_ssh {
            format!("{action} proto tcp from {} to any port 22", rule.from)
        } else {
            format!("{action} from {}", rule.from)
        };
        let comment = if number == 0 {
            " comment our-office"
        } else {
            ""
        };
        ufw(root, &format!("{line}{comment}"));
    }
}

#[test]
fn rules_of_ufw_are_the_same_policy() {
    let sandbox = Sandbox::new("", "");
    let root = sandbox.path("ufw");
    let rules = rules(&mut Dice::new(7), 12, true);
    write_for_ufw(&root, &rules);
    let files = ["user.rules", "user6.rules"].map(|name| root.join("etc/ufw").join(name));
    let files = files.map(|path| path.to_str().unwrap().to_owned());
    let ran = sandbox.run(&[
        "import",
        "ufw",
        &files[0],
        &files[1],
        "-d",
        "sshd=22",
        "--force",
        "--keep-comments",
    ]);
    assert_eq!(ran.code, Some(0), "{}", ran.err);
    assert!(ran.err.contains("/etc/default/ufw"), "{}", ran.err);
    let (allow, deny) = sandbox.tables();
    assert_eq!(
        format!("{allow}{deny}")
            .matches("reason=our-office")
            .count(),
        1,
        "{allow}{deny}"
    );
    // Rules of the same network replace each other in ufw: the model has the last of them.
    let mut model: Vec<Rule> = Vec::new();
    for rule in rules {
        let same = |other: &&mut Rule| other.from == rule.from && other.is_ssh == rule.is_ssh;
        match model.iter_mut().find(same) {
            Some(other) => *other = rule,
            None => model.push(rule),
        }
    }
    let asked = compare(&sandbox, &model, true);
    // What is of one interface is not guessed.
    ufw(&root, "deny in on eth0 from 10.1.1.1");
    let ran = sandbox.run(&["import", "ufw", &files[0], "-d", "sshd=22"]);
    assert!(
        ran.code == Some(2) && ran.err.contains("in_eth0"),
        "{}",
        ran.err
    );
    say(&format!(
        "import: ufw: {asked} clients treated as its rules do, 0 wrong"
    ));
}
