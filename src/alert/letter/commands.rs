//! What to type to allow the source of a letter, or to hear no more about it. A command is only
//! made from an address and a daemon's name that are what they seem to be.

use crate::alert::event::{Claim, Event};
use crate::alert::letter::words::choose::fill;
use crate::alert::letter::words::table::Words;
use crate::alert::model::letter::Letter;
use chrono::{DateTime, FixedOffset};
use ipnet::IpNet;
use serde::Serialize;
use std::net::IpAddr;

/// No process has a longer name that libwrap compares whole.
const LONGEST_DAEMON: usize = 64;

/// A command, and what it is for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct Command {
    /// What it is for.
    pub(super) label: String,
    /// What to type.
    pub(super) command: String,
}

/// The commands for a letter about one source; none when its events do not tell for sure whom
/// they would be about.
pub(super) fn commands(
    letter: &Letter,
    words: &Words,
    local: DateTime<FixedOffset>,
) -> Vec<Command> {
    let Some(target) = target(letter) else {
        return Vec::new();
    };
    let mut daemons: Vec<&str> = Vec::new();
    let of_events = letter.events.iter().map(|entry| &entry.event.daemon);
    let of_sources = letter.sources.iter().flat_map(|tally| &tally.daemons);
    for claim in of_events.chain(of_sources) {
        let Some(daemon) = plain_daemon(claim) else {
            return Vec::new();
        };
        if !daemons.contains(&daemon) {
            daemons.push(daemon);
        }
    }
    let reason = format!("--reason 'alert of {}'", local.format("%Y-%m-%d"));
    let (label, option) = match daemons.as_slice() {
        [daemon] => (
            fill(words.commands.allow_daemon, &[("daemon", daemon)]),
            format!(" --daemon {daemon}"),
        ),
        _ => (words.commands.allow.to_owned(), String::new()),
    };
    let make = |label: String, command: String| Command { label, command };
    vec![
        make(label, format!("sudo tcpw allow {target}{option} {reason}")),
        make(
            words.commands.allow_day.to_owned(),
            format!("sudo tcpw allow {target}{option} --for 24h {reason}"),
        ),
        make(
            words.commands.mute.to_owned(),
            format!("sudo tcpw mute {target}"),
        ),
    ]
}

/// The address that all events have in common, else the network that their source is.
fn target(letter: &Letter) -> Option<String> {
    if letter.source_count != 1 {
        return None;
    }
    let addresses: Option<Vec<IpAddr>> = letter
        .events
        .iter()
        .map(|entry| real_address(&entry.event))
        .collect();
    let addresses = addresses?;
    let first = *addresses.first()?;
    let listed = u64::try_from(addresses.len()).unwrap_or(u64::MAX);
    if addresses.iter().all(|address| *address == first) && listed == letter.count {
        return Some(first.to_string());
    }
    let source = letter.events.first()?.source.parse::<IpNet>().ok()?;
    let is_inside = addresses.iter().all(|address| source.contains(address));
    let is_one = source.prefix_len() == source.max_prefix_len();
    is_inside.then(|| {
        if is_one {
            source.addr().to_string()
        } else {
            source.to_string()
        }
    })
}

/// The address of a client, if it is one that a rule can name: not one that has no meaning
/// beyond one link (F-V6-09), and none that nobody can have.
fn real_address(event: &Event) -> Option<IpAddr> {
    if event.addr.bytes().contains(&b'%') {
        return None;
    }
    let address = event.address()?;
    let is_nobody = address.is_unspecified() || address.is_multicast();
    (!is_nobody).then_some(address)
}

/// The daemon's name, if tcpw takes it as `--daemon` and a shell as it is.
fn plain_daemon(claim: &Claim) -> Option<&str> {
    let name = std::str::from_utf8(claim.bytes()).ok()?;
    let is_plain =
        |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-' | b'+');
    let is_word = ["ALL", "KNOWN", "UNKNOWN", "LOCAL", "PARANOID", "EXCEPT"]
        .iter()
        .any(|word| name.eq_ignore_ascii_case(word));
    let is_daemon = name.bytes().all(is_plain)
        && name.starts_with(|c: char| c.is_ascii_alphanumeric())
        && !name.ends_with('.')
        && name.bytes().any(|byte| byte.is_ascii_alphabetic())
        && name.len() <= LONGEST_DAEMON
        && !claim.is_cut()
        && !is_word;
    is_daemon.then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::alert::letter::sample;
    use crate::alert::letter::words::choose::words;
    use crate::alert::model::letter::LetterKind;
    use crate::values::Language;

    fn with(change: impl Fn(&mut Event)) -> Vec<String> {
        let mut letter = sample::letter(LetterKind::Alarm);
        for entry in &mut letter.events {
            change(&mut entry.event);
        }
        let local = letter.created.fixed_offset();
        commands(&letter, words(Language::English), local)
            .into_iter()
            .map(|command| command.command)
            .collect()
    }

    #[test]
    fn an_address_and_a_daemon_make_commands() {
        assert_eq!(
            with(|_| ()),
            [
                "sudo tcpw allow 203.0.113.7 --daemon sshd --reason 'alert of 2026-03-01'",
                "sudo tcpw allow 203.0.113.7 --daemon sshd --for 24h --reason 'alert of \
                 2026-03-01'",
                "sudo tcpw mute 203.0.113.7",
            ]
        );
        let mapped = with(|event| event.addr = Claim::cut(b"::ffff:203.0.113.7", 99));
        assert!(
            mapped[0].starts_with("sudo tcpw allow 203.0.113.7 "),
            "{mapped:?}"
        );
    }

    #[test]
    fn a_network_is_named_when_its_addresses_differ() {
        let mut letter = sample::letter(LetterKind::Digest);
        for (at, entry) in letter.events.iter_mut().enumerate() {
            entry.source = "2001:db8::/64".to_owned();
            entry.event.daemon = Claim::cut(b"sshd", 9);
            entry.event.addr = Claim::cut(format!("2001:db8::{at}1").as_bytes(), 99);
        }
        let local = letter.created.fixed_offset();
        let made = commands(&letter, words(Language::English), local);
        assert!(
            made[0]
                .command
                .starts_with("sudo tcpw allow 2001:db8::/64 "),
            "{made:?}"
        );
        letter.events[1].event.addr = Claim::cut(b"192.0.2.1", 99);
        assert!(commands(&letter, words(Language::English), local).is_empty());
    }

    #[test]
    fn nothing_hostile_makes_a_command() {
        for addr in [
            "",
            "x",
            "1.2.3.4;reboot",
            "1.2.3.4 ",
            "-1",
            "1.2.3.4/0",
            "::",
            "0.0.0.0",
            "224.0.0.1",
            "fe80::1%eth0",
            "$(reboot)",
            "1.2.3.4\n",
            "999.1.1.1",
        ] {
            let made = with(|event| {
                event.host = Claim::cut(b"x", 9);
                event.addr = Claim::cut(addr.as_bytes(), 99);
            });
            assert!(made.is_empty(), "{addr}: {made:?}");
        }
        for daemon in [
            "",
            "a b",
            "-x",
            "--help",
            "a;b",
            "a'b",
            "a`b",
            "ALL",
            "except",
            "22",
            "a\nb",
            "../a",
            "a$b",
            "a.",
            "\u{202e}a",
        ] {
            let made = with(|event| event.daemon = Claim::cut(daemon.as_bytes(), 99));
            assert!(made.is_empty(), "{daemon}: {made:?}");
        }
    }
}
