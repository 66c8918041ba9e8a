//! The lines of a system log, and the few messages in them that libwrap's daemons write.

use chrono::{DateTime, Utc};
use std::net::IpAddr;

/// Longer tags, names and counts are no program's.
const LONGEST: usize = 255;

/// When a line was written.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Stamp<'a> {
    /// RFC 3339, as rsyslog and syslog-ng write it today.
    Whole(DateTime<Utc>),
    /// `Jan 31 12:00:00`, as syslog wrote it of old.
    NoYear(&'a str),
}

/// A refusal.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Refusal<'a> {
    /// The program that refused.
    pub(super) daemon: &'a str,
    /// The visitor's address, or its name where the address was not written.
    pub(super) source: &'a str,
    /// How many times: syslog daemons write repeats once.
    pub(super) times: u64,
}

/// The time at the beginning of a line, and the rest behind one blank.
pub(super) fn stamp(line: &str) -> Option<(Stamp<'_>, &str)> {
    let line = without_priority(line);
    if line.as_bytes().first()?.is_ascii_digit() {
        let (word, rest) = line.split_once(' ')?;
        let time = DateTime::parse_from_rfc3339(word).ok()?;
        return Some((Stamp::Whole(time.to_utc()), rest));
    }
    let (stamp, rest) = line.split_at_checked(15)?;
    let has_form = stamp
        .bytes()
        .zip("Mmm 99 99:99:99".bytes())
        .all(|(byte, form)| match form {
            b'M' => byte.is_ascii_uppercase(),
            b'm' => byte.is_ascii_lowercase(),
            b'9' => byte.is_ascii_digit() || byte == b' ',
            _ => byte == form,
        });
    has_form.then_some(())?;
    Some((Stamp::NoYear(stamp), rest.strip_prefix(' ')?))
}

/// `<38>` at the beginning, as some servers keep it.
fn without_priority(line: &str) -> &str {
    let Some((number, rest)) = line.strip_prefix('<').and_then(|rest| rest.split_once('>')) else {
        return line;
    };
    let is_number = (1..=3).contains(&number.len()) && number.bytes().all(|b| b.is_ascii_digit());
    if is_number { rest } else { line }
}

/// The tag and the message of `host tag[pid]: message`.
pub(super) fn tagged(rest: &str) -> Option<(&str, &str)> {
    let (host, rest) = rest.split_once(' ')?;
    let (tag, message) = rest.split_once(": ")?;
    let tag = match tag.split_once('[') {
        None => tag,
        Some((name, pid)) => {
            let pid = pid.strip_suffix(']')?;
            is_number(pid).then_some(name)?
        }
    };
    (!host.is_empty()).then_some((tag, message))
}

/// The refusal that a message of a program tells of.
pub(super) fn refusal<'a>(tag: &'a str, message: &'a str) -> Option<Refusal<'a>> {
    // `/usr/sbin/sshd` and `sshd` are one program.
    let name = tag.rsplit('/').next()?;
    let is_program = |c: char| c.is_ascii_alphanumeric() || "_.+-@".contains(c);
    let is_tag = !name.is_empty() && name.len() <= LONGEST && name.chars().all(is_program);
    is_tag.then_some(())?;
    let (times, message) = repeated(message).unwrap_or((1, message));
    let (daemon, source) = libwrap(name, message)
        .or_else(|| xinetd(name, message))
        .or_else(|| stunnel(name, message))
        .or_else(|| slapd(name, message))?;
    Some(Refusal {
        daemon,
        source,
        times,
    })
}

/// `message repeated 3 times: [ MESSAGE]`, which rsyslog writes for repeats.
fn repeated(message: &str) -> Option<(u64, &str)> {
    let rest = message.strip_prefix("message repeated ")?;
    let (times, rest) = rest.split_once(" times: [")?;
    let inner = rest.strip_suffix(']')?;
    let times = is_number(times).then(|| times.parse().ok())??;
    Some((times, inner.strip_prefix(' ').unwrap_or(inner)))
}

/// libwrap itself (`refuse`): `refused connect from CLIENT` and `... from CLIENT (ADDR)`.
fn libwrap<'a>(name: &'a str, message: &'a str) -> Option<(&'a str, &'a str)> {
    let client = message.strip_prefix("refused connect from ")?;
    Some((name, client_of(client)?))
}

/// `libwrap refused connection to telnet (libwrap=in.telnetd) from 192.0.2.7`.
fn xinetd<'a>(name: &'a str, message: &'a str) -> Option<(&'a str, &'a str)> {
    (name == "xinetd").then_some(())?;
    let rest = message.strip_prefix("libwrap refused connection to ")?;
    let (service, rest) = rest.split_once(" (libwrap=")?;
    let (daemon, client) = rest.split_once(") from ")?;
    (is_word(service) && is_word(daemon)).then_some((daemon, address(client)?))
}

/// `LOG4[3]: Service [smtps] REFUSED by libwrap from 192.0.2.7:49152`.
fn stunnel<'a>(name: &'a str, message: &'a str) -> Option<(&'a str, &'a str)> {
    name.starts_with("stunnel").then_some(())?;
    let (level, rest) = message.strip_prefix("LOG")?.split_once("]: ")?;
    let (severity, thread) = level.split_once('[')?;
    let (service, rest) = rest.strip_prefix("Service [")?.split_once("] ")?;
    let (client, port) = rest
        .strip_prefix("REFUSED by libwrap from ")?
        .rsplit_once(':')?;
    let is_whole = is_number(severity) && is_word(thread) && is_word(service) && is_number(port);
    is_whole.then_some((service, address(client)?))
}

/// `conn=5 fd=12 DENIED from unknown (192.0.2.7)`.
fn slapd<'a>(name: &'a str, message: &'a str) -> Option<(&'a str, &'a str)> {
    (name == "slapd").then_some(())?;
    let rest = match message.strip_prefix("conn=") {
        None => message,
        Some(rest) => {
            let (number, rest) = rest.split_once(' ')?;
            is_number(number).then_some(rest)?
        }
    };
    let (number, rest) = rest.strip_prefix("fd=")?.split_once(' ')?;
    let client = rest.strip_prefix("DENIED from ")?;
    is_number(number).then_some((name, client_of(client)?))
}

/// `NAME`, `USER@NAME` or `NAME (ADDR)`, to the end: the address if there is one.
fn client_of(text: &str) -> Option<&str> {
    if let Some((name, rest)) = text.split_once(' ') {
        let inside = rest.strip_prefix('(')?.strip_suffix(')')?;
        is_word(name).then_some(())?;
        return if inside == "unknown" {
            Some(without_user(name))
        } else {
            address(inside)
        };
    }
    is_word(text).then(|| without_user(text))
}

fn without_user(client: &str) -> &str {
    client.rsplit('@').next().unwrap_or(client)
}

/// An address, perhaps in brackets.
fn address(text: &str) -> Option<&str> {
    let bare = text
        .strip_prefix('[')
        .and_then(|rest| rest.strip_suffix(']'))
        .unwrap_or(text);
    let plain = bare.split('%').next()?;
    plain.parse::<IpAddr>().is_ok().then_some(bare)
}

/// A word as libwrap writes it, which puts `_` in place of everything else.
fn is_word(text: &str) -> bool {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "!@%-_=+:,./[]".contains(c);
    !text.is_empty() && text.len() <= LONGEST && text.chars().all(is_plain)
}

fn is_number(text: &str) -> bool {
    (1..=10).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(line: &str) -> Option<(String, String, u64)> {
        let (_, rest) = stamp(line)?;
        let (tag, message) = tagged(rest)?;
        let found = refusal(tag, message)?;
        Some((
            found.daemon.to_owned(),
            found.source.to_owned(),
            found.times,
        ))
    }

    #[test]
    #[expect(clippy::too_many_lines, reason = "a table")]
    fn every_form_of_a_refusal_is_read() {
        for (line, daemon, source, times) in [
            (
                "Jan 31 12:00:00 web1 sshd[4711]: refused connect from h.example (192.0.2.7)",
                "sshd",
                "192.0.2.7",
                1,
            ),
            (
                "Jan  1 12:00:00 web1 sshd-session[4711]: refused connect from 2001:db8::7 (2001:db8::7)",
                "sshd-session",
                "2001:db8::7",
                1,
            ),
            (
                "2026-01-31T12:00:00.123456+09:00 web1 vsftpd: refused connect from 192.0.2.7",
                "vsftpd",
                "192.0.2.7",
                1,
            ),
            (
                "<38>2026-01-31T12:00:00Z web1 in.telnetd[9]: refused connect from joe@h.example",
                "in.telnetd",
                "h.example",
                1,
            ),
            (
                "Jan 31 12:00:00 web1 /usr/sbin/in.ftpd[9]: refused connect from h.example (unknown)",
                "in.ftpd",
                "h.example",
                1,
            ),
            (
                "Jan 31 12:00:00 web1 sshd[9]: message repeated 3 times: [ refused connect from h (192.0.2.7)]",
                "sshd",
                "192.0.2.7",
                3,
            ),
            (
                "Jan 31 12:00:00 web1 xinetd[9]: libwrap refused connection to telnet (libwrap=in.telnetd) from 192.0.2.7",
                "in.telnetd",
                "192.0.2.7",
                1,
            ),
            (
                "Jan 31 12:00:00 web1 stunnel4[9]: LOG4[3]: Service [smtps] REFUSED by libwrap from 192.0.2.7:49152",
                "smtps",
                "192.0.2.7",
                1,
            ),
            (
                "Jan 31 12:00:00 web1 slapd[9]: conn=5 fd=12 DENIED from unknown (192.0.2.7)",
                "slapd",
                "192.0.2.7",
                1,
            ),
            (
                "Jan 31 12:00:00 web1 slapd[9]: fd=12 DENIED from unknown (192.0.2.7)",
                "slapd",
                "192.0.2.7",
                1,
            ),
        ] {
            let wanted = (daemon.to_owned(), source.to_owned(), times);
            assert_eq!(read(line), Some(wanted), "{line}");
        }
    }

    /// User names and the like that strangers sent to be found in the log (CVE-2006-6301,
    /// CVE-2007-4323, CVE-2007-5715, CVE-2013-6890), with libwrap's words in them.
    #[test]
    fn what_strangers_wrote_is_no_refusal() {
        for message in [
            "sshd[9]: Invalid user refused connect from 1.2.3.4 from 6.6.6.6",
            "sshd[9]: Invalid user x from 1.2.3.4 refused connect from 1.2.3.4 (1.2.3.4)",
            "sshd[9]: Failed password for invalid user sshd[9]: refused connect from 1.2.3.4 from 6.6.6.6 port 22 ssh2",
            "sshd[9]: Bad protocol version identification 'refused connect from 1.2.3.4 (1.2.3.4)' from 6.6.6.6",
            "sshd[9]: User root: refused connect from 1.2.3.4 not allowed because not listed in AllowUsers",
            "sshd[9]: input_userauth_request: invalid user Invalid user root from 123.123.123.123 [preauth]",
            "sshd[9]: error: refused connect from 1.2.3.4 (1.2.3.4)",
            "sshd[9]: refused connect from 1.2.3.4 (1.2.3.4) from 6.6.6.6",
            "sshd[9]: refused connect from a b (1.2.3.4)",
            "sshd[9]: refused connect from h.example (not.an.address)",
            "sshd[9]: refused connect from ",
            "sshd[9]:refused connect from 1.2.3.4",
            "sshd[x]: refused connect from 1.2.3.4",
            "sshd [9]: refused connect from 1.2.3.4",
            "my app: refused connect from 1.2.3.4",
            "sshd[9]: message repeated 3 times: [ Invalid user refused connect from 1.2.3.4]",
            "sshd[9]: message repeated many times: [ refused connect from 1.2.3.4]",
            "sshd[9]: libwrap refused connection to telnet (libwrap=in.telnetd) from 192.0.2.7",
            "xinetd[9]: libwrap refused connection to a b (libwrap=in.telnetd) from 192.0.2.7",
            "sshd[9]: conn=5 fd=12 DENIED from unknown (192.0.2.7)",
            "stunnel[9]: LOG4[3]: Service [a] x] REFUSED by libwrap from 192.0.2.7:1",
        ] {
            let line = format!("Jan 31 12:00:00 web1 {message}");
            assert_eq!(read(&line), None, "{line}");
        }
        for line in [
            "",
            "refused connect from 1.2.3.4",
            "Jan 31 12:00:00",
            "31 Jan 12:00:00 web1 sshd[9]: refused connect from 1.2.3.4",
            "Jan 31 12:00:00web1 sshd[9]: refused connect from 1.2.3.4",
            "x Jan 31 12:00:00 web1 sshd[9]: refused connect from 1.2.3.4",
            "é Jan 31 12:00:00 web1",
        ] {
            assert_eq!(read(line), None, "{line}");
        }
    }
}
