//! Lists and CSV; DenyHosts and cPanel by the forms that their documents have, since Debian has neither.

use crate::editor::{Ran, Sandbox};

fn import(sandbox: &Sandbox, text: &str, words: &[&str]) -> Ran {
    let path = sandbox.path("source");
    std::fs::write(&path, text).unwrap();
    let (form, options) = words.split_first().unwrap();
    sandbox.run(&[&["import", form, path.to_str().unwrap()], options].concat())
}

/// Rules without what is said above them.
fn rules(table: &str) -> Vec<&str> {
    table
        .lines()
        .filter(|line| !line.starts_with('#') && !line.is_empty())
        .collect()
}

#[test]
fn what_apply_would_refuse_is_not_printed() {
    let csv = |clients: &str| {
        format!("table,daemons,clients\ndeny,sshd,192.0.2.1\ndeny,sshd,{clients}\n")
    };
    for clients in ["10.0.0.1 : twist /bin/x", "", "\"a\nb\""] {
        let sandbox = Sandbox::new("", "");
        let ran = import(&sandbox, &csv(clients), &["csv", "--print"]);
        assert_eq!(
            (ran.code, &*ran.out),
            (Some(2), ""),
            "{clients}: {}",
            ran.err
        );
        assert!(
            ran.err.contains("rule 2 of the source cannot be written"),
            "{}",
            ran.err
        );
    }
    let sandbox = Sandbox::new("", "");
    let ran = import(&sandbox, &csv("192.0.2.2"), &["csv", "--print"]);
    assert_eq!(
        (ran.code, ran.out.lines().count()),
        (Some(0), 2),
        "{}",
        ran.err
    );
}

#[test]
fn a_file_of_another_kind_and_an_empty_one_are_not_nothing_to_import() {
    let passwd =
        "root:x:0:0:root:/root:/bin/bash\ndaemon:x:1:1:daemon:/usr/sbin:/usr/sbin/nologin\n";
    for form in ["sshd", "ufw", "iptables", "nft", "firewalld", "csv"] {
        let sandbox = Sandbox::new("", "");
        let ran = import(&sandbox, passwd, &[form]);
        assert_eq!(ran.code, Some(2), "{form}: {}{}", ran.out, ran.err);
    }
    let forms = [
        "sshd",
        "ufw",
        "iptables",
        "nft",
        "firewalld",
        "csv",
        "ipset",
        "denyhosts",
        "cpanel",
        "lines",
    ];
    for form in forms {
        let sandbox = Sandbox::new("", "");
        let ran = import(&sandbox, "", &[form, "--into", "deny"]);
        assert!(
            ran.code == Some(2) && ran.err.contains("it is empty"),
            "{form}: {}",
            ran.err
        );
    }
    // A configuration without a word about clients is one, and so are the rules of a new ufw.
    let new = std::fs::read_to_string("/usr/share/ufw/iptables/user.rules").unwrap();
    for (form, text) in [("sshd", "# all as usual\nPort 22\n"), ("ufw", &*new)] {
        let sandbox = Sandbox::new("", "");
        let ran = import(&sandbox, text, &[form]);
        assert!(
            ran.code == Some(0) && ran.out.starts_with("nothing to import"),
            "{form}: {}",
            ran.err
        );
    }
}

#[test]
fn one_bad_line_and_nothing_is_written() {
    let sandbox = Sandbox::new("sshd: 10.1.2.3\n", "");
    let list = "192.0.2.1 - 192.0.2.4 ; range\n# comment\n300.1.1.1\n10.0.0.1/8\n198.51.100.0/24\nALL\nscan.example.org\n";
    let ran = import(&sandbox, list, &["lines", "--into", "deny"]);
    assert_eq!(ran.code, Some(2));
    for (line, word) in [(3, "300.1.1.1"), (4, "10.0.0.0/8"), (6, "ALL")] {
        let is_said = |one: &str| one.contains(&format!("/source:{line}: ")) && one.contains(word);
        assert!(ran.err.lines().any(is_said), "{line}: {}", ran.err);
    }
    assert!(
        ran.err
            .contains("3 parts of the source were not understood"),
        "{}",
        ran.err
    );
    assert_eq!(
        sandbox.tables(),
        ("sshd: 10.1.2.3\n".to_owned(), String::new())
    );
    assert_eq!(sandbox.names(), ["hosts.allow", "hosts.deny"]);
    // What is understood can go alone, shown before, made and undone as one change.
    let words = ["lines", "--into", "deny", "--partial", "-n"];
    let ran = import(&sandbox, list, &words);
    assert!(
        ran.code == Some(0) && ran.out.contains("+ALL: scan.example.org 192.0.2.1"),
        "{}",
        ran.out
    );
    assert_eq!(sandbox.tables().1, "");
    let ran = import(&sandbox, list, &words[..4]);
    assert_eq!(ran.code, Some(0), "{}", ran.err);
    let wanted = "ALL: scan.example.org 192.0.2.1 192.0.2.2/31 192.0.2.4 198.51.100.0/24";
    assert_eq!(rules(&sandbox.tables().1), [wanted]);
    let ran = import(
        &sandbox,
        list,
        &["lines", "--into", "deny", "--partial", "--check"],
    );
    assert_eq!(ran.code, Some(0), "{}", ran.out);
    assert_eq!(sandbox.run(&["undo"]).code, Some(0));
    assert_eq!(sandbox.tables().1, "");
    let ran = import(
        &sandbox,
        list,
        &["lines", "--into", "deny", "--partial", "--check"],
    );
    assert!(
        ran.code == Some(1) && ran.out.contains("+ALL: "),
        "{}",
        ran.out
    );
}

#[test]
fn a_list_does_not_say_what_it_is_for() {
    let sandbox = Sandbox::new("", "");
    let ran = import(&sandbox, "192.0.2.1\n", &["lines"]);
    assert!(
        ran.code == Some(2) && ran.err.contains("--into"),
        "{}",
        ran.err
    );
    let list = "192.0.2.1 # until=2020-01-01T00:00:00Z\n192.0.2.2 ; until=2099-01-01T00:00:00Z\n";
    let ran = import(&sandbox, list, &["lines", "--into", "deny", "-d", "sshd"]);
    assert_eq!(ran.code, Some(0), "{}", ran.err);
    assert!(ran.err.contains("they ran out: 1"), "{}", ran.err);
    let (_, deny) = sandbox.tables();
    assert_eq!(rules(&deny), ["sshd: 192.0.2.2"]);
    assert!(deny.contains("until=2099-01-01T00:00:00Z"), "{deny}");
}

#[test]
fn the_guard_is_asked() {
    let sandbox = Sandbox::new("", "");
    let ran = import(&sandbox, "0.0.0.0/1\n", &["lines", "--into", "deny"]);
    assert_eq!(ran.code, Some(2));
    assert!(
        ran.err.contains("your own session from 0.0.0.1"),
        "{}",
        ran.err
    );
    assert_eq!(sandbox.tables().1, "");
}

#[test]
fn many_lines_are_few_rules() {
    let sandbox = Sandbox::new("", "");
    let line = |n: u32| format!("{}\n", std::net::Ipv4Addr::from(0x0a00_0000 + n * 2));
    let list: String = (0..30_000).map(line).collect();
    let ran = import(&sandbox, &list, &["lines", "--into", "deny", "--print"]);
    assert_eq!(ran.code, Some(0), "{}", ran.err);
    let clients: usize = ran
        .out
        .lines()
        .map(|row| {
            row.split("\"clients\":\"")
                .nth(1)
                .unwrap()
                .split('"')
                .next()
                .unwrap()
        })
        .map(|clients| clients.split(' ').count())
        .sum();
    assert_eq!(clients, 30_000);
    assert!(ran.out.lines().count() < 500);
}

#[test]
fn what_is_printed_is_what_apply_and_csv_take() {
    let sandbox = Sandbox::new("", "");
    let csv = "table,daemons,clients,options,since,until,by,follow,reason\n\
               allow,sshd,10.0.0.0/8,,2026-11-22T19:30:00Z,,ann,,\"the office, ours\"\n\
               deny,ALL EXCEPT sshd,192.0.2.7,severity auth.info,2026-11-22T19:30:00Z,2099-01-01T00:00:00Z,,,\n";
    let ran = import(&sandbox, csv, &["csv"]);
    assert_eq!(ran.code, Some(0), "{}", ran.err);
    let (allow, deny) = sandbox.tables();
    assert_eq!(rules(&allow), ["sshd: 10.0.0.0/8"]);
    assert!(allow.contains("by=ann reason=the office, ours"), "{allow}");
    assert_eq!(
        rules(&deny),
        ["ALL EXCEPT sshd: 192.0.2.7 : severity auth.info"]
    );
    let ran = import(&sandbox, csv, &["csv", "--print"]);
    let other = Sandbox::new("", "");
    std::fs::write(other.path("wanted"), &ran.out).unwrap();
    assert_eq!(
        other
            .run(&["apply", other.path("wanted").to_str().unwrap()])
            .code,
        Some(0)
    );
    assert_eq!(other.tables(), (allow, deny));
    for (bad, word) in [
        ("ip\n192.0.2.1\n", "--column"),
        ("table,daemons,clients,port\nallow,a,b,c\n", "`port`"),
        ("table,daemons,clients\nx,a,b\n", "`x` is not a table"),
        ("table,daemons,clients\nallow,a\n", "2 values"),
        ("", "it is empty"),
    ] {
        let ran = import(&sandbox, bad, &["csv"]);
        assert!(
            ran.code == Some(2) && ran.err.contains(word),
            "{bad}: {}",
            ran.err
        );
    }
    let list = "seen,ip\n1,192.0.2.1\n2,192.0.2.0/33\n";
    let ran = import(&sandbox, list, &["csv", "--column", "ip", "--into", "deny"]);
    assert!(ran.err.contains("/source:3: "), "{}", ran.err);
}

#[test]
fn denials_of_denyhosts_and_those_it_never_denies() {
    let sandbox = Sandbox::new("", "");
    let text = "# DenyHosts: Wed Mar 18 10:42:12 2026 | sshd: 192.0.2.7\nsshd: 192.0.2.7\n\
                # DenyHosts: Wed Mar 18 10:42:13 2026 | ALL: 2001:db8::7\nALL: 2001:db8::7\n";
    let ran = import(&sandbox, text, &["denyhosts"]);
    assert_eq!(ran.code, Some(0), "{}", ran.err);
    let (_, deny) = sandbox.tables();
    assert_eq!(rules(&deny), ["sshd: 192.0.2.7", "ALL: [2001:db8::7]"]);
    assert!(deny.contains("since=2026-03-1"), "{deny}");
    let ran = import(
        &sandbox,
        "192.0.2.7:5:Wed Mar 18 10:42:12 2026\n",
        &["denyhosts"],
    );
    assert!(
        ran.code == Some(2) && ran.err.contains("counts attempts"),
        "{}",
        ran.err
    );
    let text = "# ours\n10.0.0.*\n192.0.2.[1-2]\nhome.example.org\n";
    let ran = import(
        &sandbox,
        text,
        &["denyhosts", "--into", "allow", "-d", "sshd"],
    );
    assert_eq!(ran.code, Some(0), "{}", ran.err);
    assert_eq!(
        rules(&sandbox.tables().0),
        ["sshd: home.example.org 10.0.0.0/24 192.0.2.1 192.0.2.2"]
    );
}

#[test]
fn rows_of_cpanel_stay_in_their_order() {
    let sandbox = Sandbox::new("", "");
    let text = "sshd : 192.168.3.152 : allow # the office\nsshd : [2001:db8::]/32 : allow\nsshd : ALL : deny\n";
    let ran = import(&sandbox, text, &["cpanel", "--force", "--keep-comments"]);
    assert_eq!(ran.code, Some(0), "{}", ran.err);
    let (allow, deny) = sandbox.tables();
    assert_eq!(deny, "");
    assert_eq!(
        rules(&allow),
        [
            "sshd: 192.168.3.152 : allow",
            "sshd: [2001:db8::]/32 : allow",
            "sshd: ALL : deny"
        ]
    );
    assert!(allow.contains("reason=the office"), "{allow}");
    let copied = "Daemon\tAccess List\tAction\tComment\nvsftpd\tALL EXCEPT 10.0.0.1\tdeny\t\n";
    let ran = import(&sandbox, copied, &["cpanel", "--print", "--force"]);
    assert!(
        ran.out.contains("\"clients\":\"ALL EXCEPT 10.0.0.1\""),
        "{}{}",
        ran.out,
        ran.err
    );
    for bad in [
        "sshd : ALL : maybe\n",
        "sshd ALL deny\n",
        "sshd : ALL : deny : spawn x\n",
    ] {
        let ran = import(&sandbox, bad, &["cpanel"]);
        assert!(
            ran.code == Some(2) && ran.err.contains(":1: "),
            "{bad}: {}",
            ran.err
        );
    }
}
