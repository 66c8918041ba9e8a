//! Names that move: whatever a resolver says, the rule holds the last good addresses of its name.

use super::follow_stage::{DAY, HOUR, MINUTE, NAME, Stage, addresses, tells};
use crate::name_server::Act;
use std::fs;
use std::time::{Duration, Instant};

#[test]
fn names_that_cannot_be_followed_leave_no_rule() {
    let stage = Stage::new();
    let before = stage.sandbox.tables();
    for (act, why) in [
        (tells("0.0.0.0", 300), "0.0.0.0 stands for no address"),
        (tells("127.0.0.1", 300), "127.0.0.1 is loopback"),
        (tells("", 300), "it has no address"),
        (Act::Many(17), "it has 17 addresses, more than 16"),
        (Act::Many(4000), "it has 4000 addresses, more than 16"),
        (Act::NoSuchName, "there is no such name (NXDOMAIN)"),
        (Act::Fails, "the DNS server answers SERVFAIL"),
        (Act::Circle, "its aliases (CNAME) lead in a circle"),
        (Act::Noise, "what the DNS server sends cannot be read"),
    ] {
        stage.server.does(NAME, act);
        let ran = stage.done(2, &["allow", "--follow", NAME]);
        assert!(ran.err.contains(why), "{why}: {}", ran.err);
        assert!(ran.err.contains("nothing was written"), "{}", ran.err);
    }
    for word in [
        "45.0.0.1",
        ".example.org",
        "home",
        "home.example.",
        "a/b",
        "sshd ALL",
    ] {
        stage.done(2, &["allow", "--follow", word]);
    }
    stage.done(2, &["allow", "--follow", NAME, "45.0.0.1"]);
    stage.done(2, &["deny", "--follow", NAME]);
    stage.write("etc/hosts", &format!("45.0.0.7 {NAME}\n"));
    // The machine's own file comes first, as for every other program.
    stage.done(0, &["allow", "--follow", NAME, "-n"]);
    assert_eq!(stage.sandbox.tables(), before);
}

#[test]
fn a_dead_or_slow_resolver_costs_five_seconds_in_all_and_no_expired_rule() {
    let stage = Stage::new();
    stage.follows(tells("45.0.0.1", 60));
    for number in 0..20 {
        let name = format!("n{number}.example.org");
        stage.server.does(&name, tells("45.0.0.2", 60));
        stage.done(0, &["allow", "--follow", &name, "--daemon", "vsftpd"]);
        stage.server.does(&name, Act::Silent);
    }
    stage.done(0, &["allow", "45.1.1.1", "--for", "1m"]);
    stage.server.does(NAME, Act::Silent);
    stage.write("etc/resolv.conf", "nameserver 127.0.0.1\n");
    stage.at(2 * MINUTE);
    let begin = Instant::now();
    stage.done(0, &["expire"]);
    let took = begin.elapsed();
    assert!(
        took >= Duration::from_secs(4),
        "nobody was waited for: {took:?}"
    );
    assert!(took < Duration::from_secs(8), "{took:?}");
    assert_eq!(stage.held(), addresses("45.0.0.1").into_iter().collect());
    assert!(
        !stage.sandbox.tables().0.contains("45.1.1.1"),
        "it has run out"
    );
    // Nobody listens: that is known at once.
    stage.write("etc/tcpw.toml", "[follow]\nservers = \"127.0.0.1:9\"\n");
    stage.at(10 * MINUTE);
    let begin = Instant::now();
    stage.done(0, &["expire"]);
    assert!(
        begin.elapsed() < Duration::from_secs(3),
        "{:?}",
        begin.elapsed()
    );
    assert_eq!(stage.held(), addresses("45.0.0.1").into_iter().collect());
    let list = stage.done(0, &["list"]);
    assert!(
        list.out.contains("the DNS server cannot be reached"),
        "{}",
        list.out
    );
}

#[test]
fn all_names_move_in_one_change_that_undo_takes_back() {
    let stage = Stage::new();
    stage.follows(tells("45.0.0.1", 60));
    let other = "office.example.org";
    stage.server.does(other, tells("45.0.0.2", 60));
    stage.done(
        0,
        &[
            "allow", "--follow", other, "--daemon", "vsftpd", "--by", "alice",
        ],
    );
    stage.done(0, &["allow", "45.0.0.1", "--daemon", "rsyncd"]);
    let before = stage.sandbox.tables();
    let changes = stage.changes();
    stage.server.does(NAME, tells("45.0.0.8 2a00:1::8", 60));
    stage.server.does(other, tells("45.0.0.9", 60));
    stage.at(2 * MINUTE);
    stage.done(0, &["expire", "-n"]);
    assert_eq!(stage.sandbox.tables(), before);
    let ran = stage.done(0, &["expire"]);
    assert_eq!(stage.changes(), changes + 1, "{ran:#?}");
    let allow = stage.sandbox.tables().0;
    assert!(allow.contains("\nsshd: 45.0.0.8 [2a00:1::8]\n"), "{allow}");
    assert!(
        allow.contains(" by=alice follow=office.example.org\nvsftpd: 45.0.0.9\n"),
        "{allow}"
    );
    assert!(
        allow.contains("\nrsyncd: 45.0.0.1\n"),
        "others are left alone: {allow}"
    );
    stage.done(0, &["undo", "--force"]);
    assert_eq!(stage.sandbox.tables(), before);
}

#[test]
fn a_lost_state_loses_no_address_and_rewrites_no_table() {
    let stage = Stage::new();
    stage.follows(tells("45.0.0.1", 60));
    let kept = stage.sandbox.path("var/lib/tcpw/follow.json");
    let tables = stage.sandbox.tables();
    let changes = stage.changes();
    stage.server.does(NAME, Act::NoSuchName);
    for (day, text) in [
        (1, None),
        (30, Some("{ nonsense")),
        (60, Some("")),
        (90, None),
    ] {
        match text {
            None => fs::remove_file(&kept).unwrap(),
            Some(text) => fs::write(&kept, text).unwrap(),
        }
        stage.at(day * DAY);
        stage.done(0, &["expire"]);
        assert!(kept.exists());
        assert_eq!(stage.sandbox.tables(), tables);
    }
    stage.server.does(NAME, tells("45.0.0.1", 60));
    stage.at(91 * DAY);
    stage.done(0, &["expire"]);
    assert_eq!((stage.sandbox.tables(), stage.changes()), (tables, changes));
    let mode = std::os::unix::fs::PermissionsExt::mode(&fs::metadata(&kept).unwrap().permissions());
    assert_eq!(mode & 0o777, 0o644);
}

#[test]
fn it_is_removed_after_its_grace_only_where_that_is_configured() {
    let stage = Stage::new();
    stage.configure("grace = \"1h\"\nremove = true\n");
    stage.follows(tells("45.0.0.1 2a00:1::1", 60));
    stage.server.does(NAME, Act::NoSuchName);
    for minute in 0..60 {
        stage.at(minute * MINUTE + 70);
        if minute % 6 == 0 {
            stage.done(0, &["expire"]);
        }
        assert_eq!(stage.held().len(), 2);
    }
    stage.at(2 * HOUR);
    let ran = stage.done(1, &["expire"]);
    assert!(
        ran.err.contains("45.0.0.1, 2a00:1::1 is removed"),
        "{ran:#?}"
    );
    assert_eq!(stage.sandbox.tables().0, "ALL: 0.0.0.1\n");
}

#[test]
fn a_family_that_the_rule_does_not_hold_is_not_removed_from_it() {
    let stage = Stage::new();
    stage.configure("remove = true\n");
    let half = |text: &str| Act::TellsHalf(addresses(text), 600);
    stage.follows(half("45.0.0.9"));
    for day in 1..=12 {
        stage.at(day * DAY);
        let ran = stage.done(0, &["expire"]);
        assert!(
            !ran.err.contains("removed") && !ran.out.contains("removed"),
            "{ran:#?}"
        );
    }
    let list = stage.done(0, &["list", "--format", "json"]);
    assert!(list.out.contains("\"failing_since\":null"), "{}", list.out);
    assert!(list.out.contains("\"ttl\":600"), "{}", list.out);
    // Once it holds one, that one alone goes.
    stage.server.does(NAME, tells("45.0.0.9 2a00:1::1", 600));
    stage.at(13 * DAY);
    stage.done(0, &["expire"]);
    stage.server.does(NAME, half("45.0.0.9"));
    for day in 14..=22 {
        stage.at(day * DAY);
        stage.done(0, &["expire"]);
    }
    assert_eq!(
        stage.held(),
        addresses("45.0.0.9 2a00:1::1").into_iter().collect()
    );
    stage.at(23 * DAY);
    let ran = stage.done(1, &["expire"]);
    assert!(ran.err.contains("; 2a00:1::1 is removed"), "{}", ran.err);
    assert!(!ran.err.contains("45.0.0.9"), "{}", ran.err);
    assert_eq!(stage.held(), addresses("45.0.0.9").into_iter().collect());
    stage.at(24 * DAY);
    stage.done(0, &["expire"]);
}

#[test]
fn the_address_of_the_own_session_stays_and_that_is_said() {
    let stage = Stage::new();
    stage.follows(tells("45.0.0.1", 60));
    stage.server.does(NAME, tells("45.0.0.9", 60));
    stage.at(2 * MINUTE);
    let expire = |arguments: &[&str]| {
        let mut command = stage.sandbox.command(arguments);
        command.env("SSH_CONNECTION", "45.0.0.1 50000 45.0.0.3 22");
        stage.sandbox.ran(command.env("LD_PRELOAD", &stage.clock))
    };
    let ran = expire(&["expire"]);
    assert_eq!(ran.code, Some(1), "{ran:#?}");
    assert!(
        ran.err
            .contains("45.0.0.1 stays, although its name has left it"),
        "{ran:#?}"
    );
    assert_eq!(
        stage.held(),
        addresses("45.0.0.1 45.0.0.9").into_iter().collect()
    );
    // The session is over: the next time it goes.
    stage.at(4 * MINUTE);
    stage.done(0, &["expire"]);
    assert_eq!(stage.held(), addresses("45.0.0.9").into_iter().collect());
    stage.server.does(NAME, tells("45.0.0.1", 60));
    stage.at(6 * MINUTE);
    assert_eq!(expire(&["expire", "--force"]).code, Some(0));
    assert_eq!(stage.held(), addresses("45.0.0.1").into_iter().collect());
}

#[test]
fn it_is_listed_applied_and_revoked_by_its_name() {
    let stage = Stage::new();
    stage.follows(Act::TellsChecked(addresses("45.0.0.1"), 600));
    stage.done(0, &["allow", "45.0.0.1", "--daemon", "rsyncd"]);
    let again = stage.done(0, &["allow", "--follow", NAME, "--daemon", "sshd"]);
    assert!(
        again
            .out
            .contains("home.dyn.example.org is allowed already for sshd"),
        "{again:#?}"
    );
    let list = stage.done(0, &["list"]).out;
    assert!(
        list.contains("  follows home.dyn.example.org, resolved 2"),
        "{list}"
    );
    assert!(
        list.contains("Z, DNSSEC checked by the resolver  "),
        "{list}"
    );
    let of_name = stage.done(0, &["list", NAME]).out;
    assert!(
        of_name.contains("  follows home.dyn.example.org"),
        "{of_name}"
    );
    assert!(!of_name.contains("rsyncd"), "{of_name}");
    let json = stage.done(0, &["list", "--format", "json"]).out;
    let rows: Vec<serde_json::Value> = json
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let row = rows.iter().find(|row| row["follow"] == NAME).unwrap();
    assert_eq!(row["clients"], "45.0.0.1");
    assert_eq!(row["resolved"]["ttl"], 600);
    assert_eq!(row["resolved"]["authentic"], true);
    assert!(row["resolved"]["last_success"].is_string() && row["since"].is_string());
    assert!(
        rows.iter()
            .filter(|row| row.get("follow").is_some())
            .count()
            == 1
    );
    // What list prints is what apply takes.
    stage.write("wanted.json", &json);
    let wanted = stage.sandbox.path("wanted.json");
    stage.done(0, &["apply", wanted.to_str().unwrap(), "--check"]);
    stage.done(0, &["allow", "--follow", NAME, "--daemon", "vsftpd"]);
    let revoke = ["revoke", NAME, "--daemon", "vsftpd", "--force"];
    stage.done(0, &revoke);
    assert_eq!(stage.held(), addresses("45.0.0.1").into_iter().collect());
    stage.done(0, &["revoke", NAME]);
    assert_eq!(stage.sandbox.tables().0, "ALL: 0.0.0.1\nrsyncd: 45.0.0.1\n");
    assert_eq!(stage.server.questions() % 2, 0);
    stage.at(DAY);
    stage.done(0, &["expire"]);
    assert_eq!(stage.server.questions(), 0, "nobody follows it");
}

#[test]
fn what_packs_and_formats_tables_leaves_it_followed() {
    let stage = Stage::new();
    stage.follows(tells("45.0.0.1", 60));
    let allow = stage.sandbox.tables().0;
    let around = "sshd: 45.0.0.0/24\nsshd:45.0.1.1\nsshd: 45.0.1.1\n";
    stage.write("etc/hosts.allow", &format!("{around}{allow}"));
    stage.done(0, &["compact"]);
    stage.done(0, &["fmt"]);
    assert_eq!(stage.held(), addresses("45.0.0.1").into_iter().collect());
    stage.server.does(NAME, tells("45.0.0.9", 60));
    stage.at(2 * MINUTE);
    stage.done(0, &["expire"]);
    assert_eq!(stage.held(), addresses("45.0.0.9").into_iter().collect());
}

#[test]
fn a_rule_before_it_that_refuses_is_named() {
    let stage = Stage::new();
    stage.follows(tells("45.0.0.1", 60));
    let allow = stage.sandbox.tables().0;
    stage.write(
        "etc/hosts.allow",
        &format!("sshd: 46.0.0.0/8: deny\n{allow}"),
    );
    stage.server.does(NAME, tells("46.0.0.1", 60));
    stage.at(2 * MINUTE);
    let ran = stage.done(0, &["expire"]);
    assert!(
        ran.out
            .contains("46.0.0.1 is still denied, at least in part, by /etc/hosts.allow:1"),
        "{ran:#?}"
    );
    // A rule to which somebody has added another client is nobody's to rewrite.
    let allow = stage.sandbox.tables().0;
    stage.write(
        "etc/hosts.allow",
        &allow.replace("sshd: 46.0.0.1", "sshd: 46.0.0.1 45.0.0.0/24"),
    );
    let ran = stage.run(&["expire"]);
    assert!(
        ran.out
            .contains("the rule that this comment is about is not below it"),
        "{ran:#?}"
    );
}
