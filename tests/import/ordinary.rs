//! Firewalls as servers have them, as the real nft and iptables print them.

use super::firewalls::{import, in_namespace};
use crate::proof::say;
use std::fmt::Write as _;

/// What servers have: their own connections, what is established, ping, a port for a network.
#[test]
fn ordinary_firewalls_are_read_whole() {
    let mut dumps = vec![(
        "nft",
        in_namespace(
            "nft -f - <<'END'\ntable inet filter {\nchain input {\ntype filter hook input priority 0; policy drop;\n\
         ct state invalid drop\nct state established,related accept\niif lo accept\n\
         icmp type echo-request accept\nip saddr 10.0.0.0/8 tcp dport 22 accept\n\
         ip6 saddr 2001:db8::/32 tcp dport 22 accept\n}\n}\nEND\nnft -j list ruleset",
        ),
    )];
    let save = |program: &str, icmp: &str, network: &str| {
        in_namespace(&format!(
            "{program} -P INPUT DROP; {program} -A INPUT -i lo -j ACCEPT\n\
             {program} -A INPUT -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT\n\
             {program} -A INPUT -p {icmp} -j ACCEPT\n\
             {program} -A INPUT -s {network} -p tcp --dport 22 -j ACCEPT; {program}-save"
        ))
    };
    let both = [
        save("iptables", "icmp", "10.0.0.0/8"),
        save("ip6tables", "ipv6-icmp", "2001:db8::/32"),
    ];
    dumps.push(("iptables", both.concat()));
    for (form, dump) in dumps {
        let (sandbox, ran) = import(&dump, &[form, "-d", "sshd=22", "--force"]);
        assert_eq!(ran.code, Some(0), "{form}: {}", ran.err);
        assert!(
            ran.err
                .contains("what comes over the loopback interface is from 127.0.0.0/8")
        );
        for (client, code) in [
            ("127.0.0.1", 0),
            ("::1", 0),
            ("10.1.2.3", 0),
            ("192.0.2.7", 1),
            ("2001:db8::7", 0),
            ("2001:db9::7", 1),
        ] {
            let ran = sandbox.run(&["match", "sshd", client]);
            assert_eq!(
                ran.code,
                Some(code),
                "{form}: {client} {:?}",
                sandbox.tables()
            );
        }
    }
    say("import: ordinary firewalls of nft and iptables are read whole, with their loopback rules");
}

/// A rule that is left out changes what becomes of its clients: it is said how.
#[test]
fn what_is_left_out_is_named_by_what_it_does() {
    let dump = in_namespace(
        "nft -f - <<'END'\ntable inet t {\nchain in {\ntype filter hook input priority 0; policy drop;\n\
         meta mark 7 tcp dport 22 drop\nmeta mark 8 tcp dport 22 accept\ntcp dport 22 accept\n}\n}\nEND\n\
         nft -j list ruleset",
    );
    let (_, ran) = import(&dump, &["nft", "-d", "sshd=22", "--force"]);
    for part in [
        "; it denies: left out, whom it is about may be allowed by what follows",
        "; it allows: left out, whom it is about may be denied by what follows",
    ] {
        assert!(ran.code == Some(2) && ran.err.contains(part), "{}", ran.err);
    }
}

#[test]
fn dormant_tables_are_left_out_and_other_hooks_that_refuse_are_named() {
    let live = "table inet t {\nchain in {\ntype filter hook input priority 0; policy accept;\n\
                tcp dport 22 ip saddr 192.0.2.7 drop\n}\n}\n";
    let sleeping = "table inet sleeping {\nflags dormant;\nchain in {\n\
                    type filter hook input priority 0; policy drop;\n}\n}\n";
    let early = "table inet early {\nchain other {\nip saddr 203.0.113.7 drop\n}\nchain pre {\n\
                 type filter hook prerouting priority -300; policy accept;\ntcp dport 22 jump other\n}\n}\n";
    let dump = |script: &str| {
        in_namespace(&format!(
            "nft -f - <<'END'\n{script}END\nnft -j list ruleset"
        ))
    };
    let words = ["nft", "-d", "sshd=22", "--force"];
    // nft 1.0.6 does not print which flags a table has.
    let printed = dump(&format!("{live}{sleeping}"));
    let is_old = !printed.contains("\"flags\": [\"dormant\"]");
    if is_old {
        let (_, ran) = import(&printed, &words);
        assert!(
            ran.code == Some(2) && ran.err.contains("has flags that this nft does not print"),
            "{}",
            ran.err
        );
    }
    let newer = printed.replace("\"flags\": \"sleeping\"", "\"flags\": [\"dormant\"]");
    let (sandbox, ran) = import(&newer, &words);
    assert_eq!(ran.code, Some(0), "{}", ran.err);
    assert!(
        ran.err
            .contains("inet sleeping in is left out: its table is dormant"),
        "{}",
        ran.err
    );
    assert!(
        sandbox.tables().1.ends_with("\nsshd: 192.0.2.7\n"),
        "{:?}",
        sandbox.tables()
    );
    let printed = dump(&format!("{live}{early}"));
    let (_, ran) = import(&printed, &words);
    let said = "inet early pre (hook prerouting) may refuse connections, too, and is not read";
    assert!(ran.code == Some(2) && ran.err.contains(said), "{}", ran.err);
    let (_, ran) = import(&printed, &[&words[..], &["--chain", "inet t in"]].concat());
    assert!(ran.code == Some(0) && ran.err.contains(said), "{}", ran.err);
}

/// Two lines of this kind in a megabyte would be more addresses than any machine has memory for.
#[test]
fn long_lists_in_rules_that_call_chains_have_a_limit() {
    let mut text =
        "# Generated by iptables-save\n*filter\n:INPUT ACCEPT [0:0]\n:many - [0:0]\n".to_owned();
    let addresses: Vec<String> = (0..30_000_u32)
        .map(|number| format!("10.{}.{}.1", number >> 8, number & 255))
        .collect();
    writeln!(text, "-A INPUT -s {} -j many", addresses.join(",")).unwrap();
    for number in 0..2_000 {
        writeln!(text, "-A many -p tcp --dport {} -j DROP", 1 + number % 3).unwrap();
    }
    text += "COMMIT\n";
    let (_, ran) = import(&text, &["iptables", "-d", "a=1", "-d", "b=2", "-d", "c=3"]);
    assert!(
        ran.code == Some(2)
            && ran
                .err
                .contains("too often, or with too many addresses, to be followed"),
        "{}",
        ran.err
    );
}
