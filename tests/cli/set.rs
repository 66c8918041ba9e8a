//! `tcpw set`: lists become one file or nothing, and the file says what is in it and why.

use crate::proof::say;
use crate::sandbox::{Sandbox, program};
use std::path::Path;
use std::process::Command;

/// Three lists with networks that lie in each other.
fn stage() -> Sandbox {
    Sandbox::new()
        .file(
            "bans.txt",
            "# bans\n192.0.2.0/24\n198.51.100.1 - 198.51.100.2\n2001:db8::/32\n",
        )
        .file(
            "short.txt",
            "192.0.2.7 # until=2999-01-01T00:00:00Z\n192.0.2.8 # until=2001-01-01T00:00:00Z\n",
        )
        .file("feed.csv", "why,ip\nscan,203.0.113.9\n")
}

/// The stage with the first two lists built into `bans.set`.
fn built() -> Sandbox {
    stage()
        .run(&["set", "build", "bans.set", "bans.txt", "short.txt"])
        .stdout(
            "bans.set has 6 networks: 5 of IPv4, 1 of IPv6, 2 of them until a time\n  \
             bans.txt: 3 entries (lines), 4 networks\n  short.txt: 2 entries (lines), 2 networks\n",
        )
        .ignoring("bans.set")
        .done()
}

#[test]
fn an_address_is_in_the_set_by_its_smallest_network_or_not_in_it() {
    built()
        .run(&["set", "show", "bans.set", "192.0.2.7"])
        .stdout("192.0.2.7 is in bans.set by 192.0.2.7 of short.txt, until 2999-01-01 00:00:00 +00:00\n")
        .done()
        .run(&["set", "show", "bans.set", "192.0.2.8"])
        .stdout("192.0.2.8 is in bans.set by 192.0.2.0/24 of bans.txt\n")
        .done()
        .run(&["set", "show", "bans.set", "::ffff:198.51.100.2"])
        .stdout("198.51.100.2 is in bans.set by 198.51.100.2 of bans.txt\n")
        .done()
        .run(&["set", "show", "bans.set", "198.51.100.3"])
        .stdout("198.51.100.3 is not in bans.set\n")
        .code(1)
        .done();
    let run = built().run(&["set", "show", "bans.set", "2001:db8::1", "--format", "json"]);
    let json: serde_json::Value = serde_json::from_str(run.stdout_text()).unwrap();
    assert_eq!(json["in"], true);
    assert_eq!(json["network"], "2001:db8::/32");
    assert_eq!(json["source"], "bans.txt");
    assert_eq!(json["until"], serde_json::Value::Null);
    assert_eq!(
        (&json["expiring"], &json["expired"]),
        (&2.into(), &1.into())
    );
    let run = built().run(&["set", "show", "bans.set"]);
    let (shown, told, code) = run.output();
    assert_eq!((told, code), ("", Some(0)));
    let lines: Vec<&str> = shown.lines().collect();
    assert!(
        lines[0].starts_with("bans.set is whole, built 20"),
        "{shown}"
    );
    assert_eq!(
        lines[1],
        "6 networks: 5 of IPv4, 1 of IPv6, 2 of them until a time, which is over for 1"
    );
    assert!(
        lines[2].starts_with("ENTRIES  NETWORKS  CHANGED"),
        "{shown}"
    );
    assert!(
        lines[3].starts_with("3        4         20") && lines[3].ends_with("bans.txt"),
        "{shown}"
    );
}

#[test]
fn a_set_that_is_damaged_is_never_one_without_the_address() {
    let sandbox = built();
    let path = sandbox.path().join("bans.set");
    let good = std::fs::read(&path).unwrap();
    for at in [0, 13, 40, 4095, 4096, 8192 + 4000, good.len() - 1] {
        let mut bad = good.clone();
        bad[at] ^= 0x20;
        std::fs::write(&path, bad).unwrap();
        let shown = Command::new(program())
            .args(["set", "show"])
            .arg(&path)
            .arg("203.0.113.200")
            .output()
            .unwrap();
        assert_eq!(shown.status.code(), Some(2), "{at}: {shown:?}");
        assert!(shown.stdout.is_empty(), "{at}: {shown:?}");
    }
    std::fs::write(&path, &good[..good.len() - 4096]).unwrap();
    let sandbox = sandbox
        .run(&["set", "show", "bans.set"])
        .stderr(
            "tcpw: cannot use bans.set: it has 12288 bytes, and its header says otherwise: it was cut or \
             something was added\n  help: build it again from its lists: tcpw set build; until then the gate \
             takes it for broken\n",
        )
        .code(2)
        .done();
    sandbox
        .run(&["set", "show", "bans.txt"])
        .stderr(
            "tcpw: cannot use bans.txt: it is not a compiled set\n  help: tcpw set build makes one from \
             lists\n",
        )
        .code(2)
        .done()
        .run(&["set", "show", "absent.set", "192.0.2.7"])
        .stderr(
            "tcpw: cannot use absent.set: it cannot be read: No such file or directory (os error 2)\n  \
             help: name a compiled set that you may read\n",
        )
        .code(2)
        .done();
}

#[test]
fn a_list_of_garbage_is_told_by_its_lines_and_writes_nothing() {
    let garbage = (0..30).map(|n| format!("192.0.2.{n}\nhost{n}\n"));
    let garbage = garbage.collect::<Vec<_>>().concat();
    let run = built()
        .file("bad.txt", garbage)
        .run(&["set", "build", "bans.set", "bad.txt", "bans.txt"]);
    let (shown, told, code) = run.output();
    assert_eq!((shown, code), ("", Some(2)));
    let lines: Vec<&str> = told.lines().collect();
    assert_eq!(lines.len(), 13, "{told}");
    assert_eq!(
        lines[0],
        "tcpw: bad.txt:2: `host0`: it is not an address, a network or a range"
    );
    assert_eq!(
        lines[9],
        lines[0].replace(":2:", ":20:").replace("host0", "host9")
    );
    assert_eq!(lines[10], "tcpw: and 20 more");
    assert_eq!(
        lines[11],
        "tcpw: 30 entries cannot be understood: nothing was written"
    );
    let told = told.to_owned();
    run.stderr(&told).code(2).done();
}

#[test]
fn a_list_that_is_empty_or_shrank_does_not_replace_the_set() {
    let help =
        "\n  help: the old set stays as it is; look at the list, and use --force if it is right\n";
    let sandbox = built()
        .file("bans.txt", "# nothing\n")
        .run(&["set", "build", "bans.set", "bans.txt", "short.txt"])
        .stderr(&format!("tcpw: bans.txt has no entry{help}"))
        .code(2)
        .done()
        .file("bans.txt", "192.0.2.0/24\n")
        .run(&["set", "build", "bans.set", "bans.txt", "short.txt"])
        .stderr(&format!(
            "tcpw: bans.txt has 1 entry, and had 3 when the set was built: it shrank by more than half{help}"
        ))
        .code(2)
        .done()
        .run(&["set", "build", "bans.set", "feed.csv", "--column", "ip"])
        .stderr(&format!(
            "tcpw: the set would have 1 network, and has 6: it would shrink by more than half{help}"
        ))
        .code(2)
        .done()
        .run(&["set", "build", "bans.set", "feed.csv", "--column", "ip", "-nf"])
        .stdout("bans.set would have 1 network: 1 of IPv4, 0 of IPv6\n  feed.csv: 1 entry (csv), 1 network\n")
        .done();
    let run = sandbox.run(&[
        "set", "build", "bans.set", "feed.csv", "--column", "ip", "--force",
    ]);
    assert_eq!(run.output().2, Some(0));
    let sandbox = run.unchecked();
    sandbox
        .run(&["set", "show", "bans.set", "203.0.113.9"])
        .stdout("203.0.113.9 is in bans.set by 203.0.113.9 of feed.csv\n")
        .done();
    Sandbox::new()
        .file("none.txt", "")
        .run(&["set", "build", "none.set", "none.txt"])
        .stderr(&format!("tcpw: none.txt has no entry{help}"))
        .code(2)
        .done();
}

#[test]
fn only_a_set_is_replaced_and_no_list_is() {
    stage()
        .run(&["set", "build", "bans.txt", "short.txt"])
        .stderr(
            "tcpw: bans.txt is there: it is not a compiled set\n  help: the compiled set comes first: tcpw \
             set build OUT FILE...; --force replaces it\n",
        )
        .code(2)
        .done()
        .run(&["set", "build", "bans.txt", "./bans.txt", "--force"])
        .stderr(
            "tcpw: ./bans.txt is both OUT and a list\n  help: the compiled set comes first: tcpw set build \
             OUT FILE...\n",
        )
        .code(2)
        .done()
        .run(&["set", "build", "new.set", "bans.txt", "absent.txt"])
        .stderr(
            "tcpw: cannot read absent.txt: No such file or directory (os error 2)\n  help: name a list that \
             you may read; nothing was changed\n",
        )
        .code(2)
        .done()
        .run(&["set", "build", "absent/new.set", "bans.txt"])
        .stderr(
            "tcpw: cannot write absent/new.set: No such file or directory (os error 2)\n  help: name a file \
             in a directory that you may write to; nothing was changed\n",
        )
        .code(2)
        .done()
        .run(&["set", "build", "etc", "bans.txt"])
        .stderr(
            "tcpw: etc is not a regular file\n  help: name a file for the compiled set; nothing was \
             written\n",
        )
        .code(2)
        .done();
}

#[test]
fn standard_input_is_a_list_and_odd_entries_are_said() {
    let run = stage()
        .stdin("0.0.0.0/0\n::ffff:192.0.2.7\n")
        .run(&["set", "build", "all.set", "-"]);
    let (shown, told, code) = run.output();
    assert_eq!(code, Some(0));
    assert!(shown.starts_with("all.set has 2 networks"), "{shown}");
    assert_eq!(
        told,
        "tcpw: -:1: `0.0.0.0/0` is every address of IPv4\ntcpw: -:2: `::ffff:192.0.2.7` is IPv4 in IPv6: it is \
         taken as IPv4\n"
    );
    let sandbox = run.unchecked();
    let mode = std::fs::metadata(sandbox.path().join("all.set")).unwrap();
    assert_eq!(
        std::os::unix::fs::PermissionsExt::mode(&mode.permissions()) & 0o7777,
        0o644
    );
    let run = sandbox
        .stdin("0.0.0.0/0\n::/0\n")
        .run(&["set", "build", "all.set", "-", "--format", "json"]);
    let (shown, told, code) = run.output();
    assert_eq!((told, code), ("", Some(0)));
    let json: serde_json::Value = serde_json::from_str(shown).unwrap();
    assert_eq!(json["warnings"].as_array().unwrap().len(), 2);
    assert_eq!(
        (&json["networks"], &json["written"]),
        (&2.into(), &true.into())
    );
    assert_eq!(json["sources"][0]["form"], "lines");
    assert_eq!(json["sources"][0]["sha256"].as_str().unwrap().len(), 64);
}

/// What a program prints in a network of its own.
fn in_own_network(script: &str) -> String {
    let output = Command::new("unshare")
        .args(["--net", "sh", "-euc", script])
        .env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin")
        .output()
        .unwrap();
    assert!(output.status.success(), "{script}: {output:?}");
    String::from_utf8(output.stdout).unwrap()
}

/// Real dumps, from the kernel's own sets; needs root.
#[test]
fn dumps_of_the_kernel_are_read_as_their_programs_print_them() {
    assert!(Path::new("/usr/sbin/ipset").exists() && Path::new("/usr/sbin/nft").exists());
    let ipset = in_own_network(
        "ipset create bans hash:net timeout 0 comment\n\
         ipset add bans 192.0.2.7 timeout 3600\n\
         ipset add bans 198.51.100.0/24 comment 'timeout 1 nomatch'\n\
         ipset add bans 203.0.113.9 timeout 600 comment 'a b'\n\
         ipset save bans",
    );
    let nft = in_own_network(
        "nft add table inet t\n\
         nft 'add set inet t bans { type ipv4_addr; flags interval, timeout; }'\n\
         nft 'add element inet t bans { 192.0.2.7 timeout 1h, 198.51.100.0/24, 203.0.113.1-203.0.113.2 comment \"x, y }\" }'\n\
         nft 'add element inet t bans { 203.0.113.9 timeout 90s500ms }'\n\
         nft list set inet t bans",
    );
    let nft_v6 = in_own_network(
        "nft add table inet t\n\
         nft 'add set inet t bans { type ipv6_addr; }'\n\
         nft \"add element inet t bans { $(seq -s, -f '2001:db8::%g' 1 40) }\"\n\
         nft list set inet t bans",
    );
    let run = Sandbox::new()
        .file("ipset.txt", &ipset)
        .file("nft.txt", &nft)
        .file("nft6.txt", &nft_v6)
        .run(&[
            "set",
            "build",
            "bans.set",
            "ipset.txt",
            "nft.txt",
            "nft6.txt",
            "--format",
            "json",
        ]);
    let (shown, told, code) = run.output();
    assert_eq!((told, code), ("", Some(0)), "{ipset}\n{nft}\n{nft_v6}");
    let json: serde_json::Value = serde_json::from_str(shown).unwrap();
    let of = |at: usize| {
        let source = &json["sources"][at];
        (
            source["form"].as_str().unwrap(),
            source["entries"].as_u64().unwrap(),
        )
    };
    assert_eq!(
        [of(0), of(1), of(2)],
        [("ipset", 3), ("nft", 4), ("nft", 40)],
        "{nft}"
    );
    // 192.0.2.7, 203.0.113.9, 198.51.100.0/24, and two of the range; the first two run out.
    assert_eq!((&json["ipv4"], &json["expiring"]), (&5.into(), &2.into()));
    let run = run
        .unchecked()
        .run(&["set", "show", "bans.set", "203.0.113.9"]);
    let shown = run.stdout_text();
    assert!(
        shown.contains("by 203.0.113.9 of ipset.txt, until "),
        "{shown}"
    );
    say("sets: dumps of the installed ipset and nft are read, with what is left of their timeouts");
}

/// What the kernel says of addresses in a set with a netmask, and the dump of that set.
#[test]
fn a_set_with_a_netmask_has_whom_the_kernel_has_in_it() {
    let asked = [
        "192.0.2.0",
        "192.0.2.77",
        "192.0.2.255",
        "192.0.1.255",
        "192.0.3.0",
        "198.51.100.9",
    ];
    for create in [
        "hash:ip netmask 24",
        "bitmap:ip range 192.0.0.0/16 netmask 24",
    ] {
        let script = format!(
            "ipset create b {create}\nipset add b 192.0.2.77\nipset save b\nfor a in {}; do\n\
             if ipset -q test b $a; then echo \"# $a in\"; else echo \"# $a out\"; fi; done",
            asked.join(" ")
        );
        let dump = in_own_network(&script);
        let mut sandbox = Sandbox::new().file("dump.txt", &dump);
        sandbox = sandbox
            .run(&["set", "build", "b.set", "dump.txt"])
            .unchecked();
        for address in asked {
            let run = sandbox.run(&["set", "show", "b.set", address]);
            let is_in = run.output().2 == Some(0);
            assert!(
                dump.contains(&format!("# {address} {}", if is_in { "in" } else { "out" })),
                "{dump}"
            );
            sandbox = run.unchecked();
        }
    }
    let dump = in_own_network(
        "ipset create b hash:ip bitmask 255.255.0.0\nipset add b 192.0.2.7\nipset save b",
    );
    let run = Sandbox::new()
        .file("dump.txt", &dump)
        .run(&["set", "build", "b.set", "dump.txt"]);
    assert_eq!(run.output().2, Some(2));
    assert!(
        run.output()
            .1
            .contains("dump.txt:2: its set has a `bitmask`"),
        "{}",
        run.output().1
    );
    say("sets: a netmask of the installed ipset is its networks, as the kernel says");
}

#[test]
fn the_hint_is_about_the_form_of_the_list() {
    let hint = |text: &str| {
        let run = Sandbox::new()
            .file("list", text)
            .run(&["set", "build", "b.set", "list"]);
        assert_eq!(run.output().2, Some(2));
        run.output().1.to_owned()
    };
    assert!(hint("host\n").contains("--form names the form"));
    assert!(hint("create b hash:ip\nadd b 1.2.3.4,tcp:80\n").contains("--form names the form"));
    assert!(hint("192.0.2.7,scan\n").contains("name the column of the addresses with --column"));
}

#[test]
fn a_link_to_nothing_is_not_replaced() {
    let sandbox = stage();
    let link = sandbox.path().join("bans.set");
    std::os::unix::fs::symlink("real.set", &link).unwrap();
    let run = sandbox.run(&["set", "build", "bans.set", "bans.txt"]);
    let (_, told, code) = run.output();
    assert_eq!(code, Some(2));
    assert!(
        told.contains("bans.set is a link to real.set, which is not there"),
        "{told}"
    );
    assert!(link.is_symlink() && !link.exists());
}
