//! `tcpw list`: its header, what happens to clients on no list, what concerns one client, and that
//! long lists end.

use super::sandbox::{Sandbox, alarm};

fn run(sandbox: &Sandbox, words: &[&str]) -> String {
    let ran = sandbox.run(words);
    assert_eq!((ran.code, ran.err.as_str()), (Some(0), ""), "{words:?}");
    ran.out
}

#[test]
fn the_list_has_a_header_alerts_and_the_default() {
    let alert = alarm();
    let sandbox = Sandbox::new(
        "sshd: 10.0.0.0/8 .example.org\n",
        &format!("ALL: ALL: {alert}\n"),
    );
    assert_eq!(
        run(&sandbox, &["list"]),
        "ACCESS  CLIENTS                  DAEMONS  NOTES            PLACE\n\
         allow   10.0.0.0/8 .example.org  sshd                      /etc/hosts.allow:1\n\
         deny    ALL                      ALL      raises an alert  /etc/hosts.deny:1\n\
         default: clients on no list are denied, by /etc/hosts.deny:1, and an alert is raised\n"
    );
    // Without a default, and with different ones for different daemons.
    let sandbox = Sandbox::new("sshd: 10.0.0.0/8\n", "");
    let list = run(&sandbox, &["list"]);
    assert!(
        list.ends_with("default: clients on no list are allowed, because no rule is about them\n"),
        "{list}"
    );
    let sandbox = Sandbox::new("sshd: 10.0.0.0/8\n", "sshd: ALL\n");
    let list = run(&sandbox, &["list"]);
    assert!(
        list.contains("default for every other daemon: clients on no list are allowed")
            && list
                .contains("default for sshd: clients on no list are denied, by /etc/hosts.deny:1"),
        "{list}"
    );
    // Its other names.
    assert_eq!(run(&sandbox, &["rules"]), list);
    assert_eq!(run(&sandbox, &["ls"]), list);
}

#[test]
fn what_concerns_a_client_is_all_that_is_listed() {
    let sandbox = Sandbox::new(
        "ALL: 192.0.2.7\nsshd: 10.0.0.0/8 EXCEPT 10.9.9.9\nvsftpd: .example.org\nsshd: 10.1.2.3\n",
        "ALL: ALL\n",
    );
    let list = run(&sandbox, &["list", "10.1.2.3"]);
    let rows: Vec<&str> = list.lines().collect();
    assert!(rows[0].starts_with("ACCESS "), "{list}");
    assert!(rows[1].contains("10.0.0.0/8 EXCEPT 10.9.9.9"), "{list}");
    assert!(
        rows[2].contains("hosts.allow:4") && rows[3].contains("hosts.deny:1"),
        "{list}"
    );
    assert_eq!(
        rows[4..],
        [
            "1 more rule concerns it only if its name, or its address, is one that the rule means: \
             --all shows that",
            "10.1.2.3 for every other daemon: denied, by /etc/hosts.deny:1",
            "10.1.2.3 for sshd: allowed, by /etc/hosts.allow:2",
        ],
        "{list}"
    );
    let all = run(&sandbox, &["list", "10.1.2.3", "--all"]);
    assert!(
        all.contains("vsftpd") && !all.contains("192.0.2.7"),
        "{all}"
    );
    // An exception concerns whom it names.
    let list = run(&sandbox, &["list", "10.9.9.9"]);
    assert!(
        list.contains("EXCEPT 10.9.9.9") && list.contains("for every daemon: denied"),
        "{list}"
    );
    // A network, some of which is treated otherwise; a name; one daemon.
    let list = run(&sandbox, &["list", "10.0.0.0/8"]);
    assert!(list.contains("hosts.allow:4"), "{list}");
    let list = run(&sandbox, &["list", "pc.example.org", "-d", "vsftpd"]);
    assert!(
        list.contains("pc.example.org for vsftpd: allowed, by /etc/hosts.allow:3\n"),
        "{list}"
    );
    assert!(!list.contains("sshd"), "{list}");
    // Programs get the same rules.
    let json = sandbox.run(&["list", "192.0.2.7", "--format", "json"]);
    assert_eq!(json.out.lines().count(), 2, "{}", json.out);
    assert!(
        json.err.contains("1 more rule concerns it only if"),
        "{}",
        json.err
    );
    let ran = sandbox.run(&["list", "10.1.2.3/8"]);
    assert_eq!(ran.code, Some(2), "{}", ran.out);
}

#[test]
fn that_a_user_is_treated_otherwise_is_said() {
    let said = |allow: &str, deny: &str, words: &[&str], expected: &str| {
        let sandbox = Sandbox::new(allow, deny);
        let list = run(&sandbox, words);
        assert!(list.ends_with(expected), "{allow}{deny}: {list}");
    };
    let otherwise = "; otherwise for a user that rules mention, whom the client names itself\n";
    let but_root = "ALL: ALL EXCEPT root@ALL\n";
    let denied = "clients on no list are denied, by /etc/hosts.deny:1";
    said("", but_root, &["list"], &format!("{denied}{otherwise}"));
    let one = &["list", "192.0.2.7", "-d", "ftpd"];
    let bob = "ftpd: bob@192.0.2.7\n";
    let is = "192.0.2.7 for ftpd: denied, by /etc/hosts.deny:1";
    said(bob, "ALL: ALL\n", one, &format!("{is}{otherwise}"));
    // Where the name changes it and no user does, no user is said to.
    said(
        "sshd: 192.0.2.*\nvsftpd: bob@ALL\n",
        "sshd: ALL EXCEPT KNOWN\n",
        &["list", "10.9.9.9", "-d", "sshd"],
        "otherwise under a name that rules mention\n",
    );
    // Where the user changes nothing, nothing is said of one.
    said(bob, "ALL: ALL\n", &["list"], &format!("{denied}\n"));
    said(
        bob,
        "",
        one,
        "192.0.2.7 for ftpd: allowed, because no rule is about them\n",
    );
}

#[test]
fn what_is_not_in_the_tables_is_listed_too() {
    let sandbox = Sandbox::new("sshd: 10.1.2.3\n", "ALL: ALL\n");
    std::fs::write(
        sandbox.path("etc/tcpw.toml"),
        "[mail]\ntransport = 'file'\n[alert]\nmute = ['10.1.0.0/16']\n[guard]\nkeep_in = ['10.1.2.3']\n",
    )
    .unwrap();
    for directory in ["var/lib", "var/spool", "dev"] {
        std::fs::create_dir_all(sandbox.path(directory)).unwrap();
    }
    let notify = [
        "notify", "--addr", "10.1.2.3", "-d", "sshd", "--", "10.1.2.3",
    ];
    assert_eq!(sandbox.run(&notify).code, Some(0));
    assert_eq!(sandbox.run(&["deliver"]).code, Some(0));
    let list = run(&sandbox, &["list", "10.1.2.3"]);
    for line in [
        "10.1.2.3 must stay able to log in: guard.keep_in names it\n",
        "no alerts are sent about 10.1.0.0/16: `tcpw unmute 10.1.0.0/16` ends that\n",
        ", sshd (`tcpw events --addr 10.1.2.3/32` lists all)\n",
    ] {
        assert!(list.contains(line), "{line}{list}");
    }
    let other = run(&sandbox, &["list", "192.0.2.7"]);
    assert!(
        !other.contains("mute") && !other.contains("last event"),
        "{other}"
    );
    // What cannot be read is said, and is not nothing.
    let places = ["var/lib/tcpw/journal.db", "var/lib/tcpw/deliver/journal.db"];
    for place in places {
        if sandbox.path(place).exists() {
            std::fs::write(sandbox.path(place), "no journal").unwrap();
        }
    }
    let ran = sandbox.run(&["list", "10.1.2.3"]);
    assert!(ran.err.contains("journal"), "{}{}", ran.out, ran.err);
}

#[test]
fn a_long_list_ends_and_says_so() {
    let many = (0..250)
        .map(|n| format!("sshd: 10.0.0.{n}\n"))
        .collect::<Vec<_>>()
        .concat();
    let sandbox = Sandbox::new(&many, "");
    let list = run(&sandbox, &["list"]);
    assert_eq!(list.lines().count(), 1 + 200 + 1 + 1, "{list}");
    assert!(
        list.contains("\nand 50 more rules: --all shows them\n"),
        "{list}"
    );
    assert_eq!(
        run(&sandbox, &["list", "--all"]).lines().count(),
        1 + 250 + 1
    );
    assert_eq!(
        run(&sandbox, &["list", "--format", "json"]).lines().count(),
        250
    );
    assert_eq!(run(&sandbox, &["list", "-q"]), "");
}
