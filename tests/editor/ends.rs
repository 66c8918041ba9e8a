//! Rules that run out beside others about the same clients: at any time later each client is as the
//! commands say whose time is not over.

use super::sandbox::Sandbox;
use crate::proof::say;

const NETWORK: &str = "198.51.100.0/24";
const ONE: &str = "198.51.100.7";
const OTHER: &str = "198.51.100.200";
const PAST: &str = "2020-01-02T00:00:00Z";
const HISTORIES: u64 = 40;
const SEED: u64 = 20_261_128;

fn done(sandbox: &Sandbox, words: &[&str]) -> String {
    let ran = sandbox.run(words);
    assert_eq!(ran.code, Some(0), "{words:?}: {}{}", ran.out, ran.err);
    ran.out
}

/// Lets so many hours pass: what ends before that ended long ago.
fn pass(sandbox: &Sandbox, hours: i64) {
    let now = chrono::Utc::now() + chrono::TimeDelta::hours(hours);
    for table in ["etc/hosts.allow", "etc/hosts.deny"] {
        let path = sandbox.path(table);
        let text = std::fs::read_to_string(&path).unwrap();
        let words = text.split_inclusive([' ', '\n']).map(|word| {
            let end = word.trim_end().strip_prefix("until=");
            match end {
                Some(end) if *end < *now.format("%FT%TZ").to_string() => word.replace(end, PAST),
                _ => word.to_owned(),
            }
        });
        std::fs::write(&path, words.collect::<String>()).unwrap();
    }
    done(sandbox, &["expire", "--force"]);
}

fn is_denied(sandbox: &Sandbox, daemon: &str, client: &str) -> bool {
    match sandbox.run(&["match", daemon, client]).code {
        Some(0) => false,
        Some(1) => true,
        code => panic!("{code:?}"),
    }
}

/// A ban for a while on one host is none of the network that it is in, and a grant alike.
#[test]
fn the_end_for_one_client_is_not_that_of_its_network() {
    let sandbox = Sandbox::new("", "");
    done(
        &sandbox,
        &["deny", NETWORK, "--for", "7d", "--reason", "scans"],
    );
    let before = sandbox.tables();
    let said = done(&sandbox, &["deny", ONE, "--for", "1h"]);
    assert!(said.contains("198.51.100.7 is denied already"), "{said}");
    assert_eq!(sandbox.tables(), before);
    done(&sandbox, &["deny", ONE, "--for", "9d"]);
    done(&sandbox, &["deny", NETWORK, "-d", "sshd", "--for", "8d"]);
    pass(&sandbox, 24 * 7 + 1);
    assert!(is_denied(&sandbox, "vsftpd", ONE));
    assert!(!is_denied(&sandbox, "vsftpd", OTHER));
    assert!(is_denied(&sandbox, "sshd", OTHER));
}

#[test]
fn what_rests_on_a_rule_that_ends_earlier_is_not_so_already() {
    for [list, table] in [["deny", ""], ["allow", "ALL: ALL\n"]] {
        let sandbox = Sandbox::new("", table);
        done(&sandbox, &[list, ONE]);
        done(&sandbox, &[list, NETWORK, "--for", "1h"]);
        done(&sandbox, &[list, NETWORK]);
        pass(&sandbox, 2);
        assert_eq!(is_denied(&sandbox, "sshd", OTHER), list == "deny");
        // All of it lasts now, and is said by the rule about all of it.
        let said = done(&sandbox, &[list, NETWORK]);
        assert!(said.contains("198.51.100.0/24`"), "{said}");
        assert!(said.ends_with("nothing to change\n"), "{said}");
    }
}

/// Asked for again, the same rule gets the end that is asked for now, and keeps why it is there.
#[test]
fn the_same_again_has_the_end_that_is_asked_for_last() {
    let sandbox = Sandbox::new("", "ALL: ALL\n");
    done(
        &sandbox,
        &["allow", ONE, "--for", "1h", "--reason", "a visit"],
    );
    done(&sandbox, &["allow", ONE, "--for", "3h"]);
    let (allow, _) = sandbox.tables();
    assert_eq!(allow.lines().count(), 2, "{allow}");
    assert!(allow.contains("reason=a visit"), "{allow}");
    pass(&sandbox, 2);
    assert!(!is_denied(&sandbox, "sshd", ONE));
    done(&sandbox, &["allow", ONE]);
    let (allow, _) = sandbox.tables();
    assert_eq!(allow.matches(ONE).count(), 1, "{allow}");
    pass(&sandbox, 4);
    assert!(!is_denied(&sandbox, "sshd", ONE));
    // Of a rule for good about which nothing else is said there is nothing to note.
    done(&sandbox, &["deny", OTHER, "--for", "1h"]);
    done(&sandbox, &["deny", OTHER]);
    assert!(
        !sandbox.tables().1.contains("# tcpw"),
        "{:?}",
        sandbox.tables()
    );
}

/// What a command asked for: for whom, for which daemons, for how many hours.
type Ban = (&'static str, &'static str, Option<i64>);

#[test]
fn at_every_time_each_client_is_as_the_commands_say() {
    let mut state = SEED;
    let mut below = |end: u64| {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        usize::try_from((state >> 33) % end).unwrap()
    };
    let mut asked = 0;
    for history in 0..HISTORIES {
        let bans: [Ban; 3] = std::array::from_fn(|_| {
            let client = [NETWORK, ONE][below(2)];
            let daemon = ["ALL", "sshd"][below(2)];
            (client, daemon, [Some(1), Some(3), Some(5), None][below(4)])
        });
        let sandbox = Sandbox::new("", "");
        for (client, daemon, hours) in bans {
            let time = hours.map(|hours| format!("{hours}h"));
            let mut words = vec!["deny", client, "--daemon", daemon];
            words.extend(time.iter().flat_map(|time| ["--for", time]));
            done(&sandbox, &words);
        }
        for hours in [2, 4] {
            pass(&sandbox, hours);
            for daemon in ["sshd", "vsftpd"] {
                for client in [ONE, OTHER] {
                    let is_of = |ban: &Ban| {
                        (ban.0 == NETWORK || ban.0 == client) && (ban.1 == "ALL" || ban.1 == daemon)
                    };
                    let lasts = |ban: &Ban| is_of(ban) && ban.2.is_none_or(|end| end > hours);
                    // The last of those that are the same counts.
                    let is_last = |number: usize| {
                        let same = |ban: &Ban| (ban.0, ban.1) == (bans[number].0, bans[number].1);
                        !bans[number + 1..].iter().any(same)
                    };
                    let must = (0..3).any(|number| is_last(number) && lasts(&bans[number]));
                    let may = bans.iter().any(lasts);
                    let is = is_denied(&sandbox, daemon, client);
                    assert!(
                        (!must || is) && (!is || may),
                        "history {history} of {bans:?}: {client} at {daemon} after {hours} h: \
                         denied {is}\n{}",
                        sandbox.tables().1
                    );
                    asked += 1;
                }
            }
        }
    }
    say(&format!(
        "ends: {HISTORIES} histories of bans for a while, {asked} clients asked later: 0 wrong"
    ));
}
