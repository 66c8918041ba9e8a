//! When a line of a log was written and which program wrote it: the forms of syslog daemons, of
//! `journalctl` and of daemons that keep a log of their own.
//!
//! Everything is read from the start of the line on, so that nothing a client chose can stand for
//! a time, a program or a message. The forms were taken from running programs: rsyslog, busybox,
//! syslogd(8) of `FreeBSD`, the logread of `OpenWrt`, journalctl(1), vsftpd, xinetd, stunnel,
//! mosquitto and proftpd.

use super::line::{MOST_REPEATS, Refusal, is_digits, is_like_a_refusal, own_refusal, refusal};
use chrono::{DateTime, NaiveDate, NaiveDateTime, Utc};

/// When a line was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stamp<'a> {
    /// A time that names its zone, or counts from 1970.
    Whole(DateTime<Utc>),
    /// By the clocks of this machine's place.
    Here(NaiveDateTime),
    /// `Jan 31 12:00:00`: the year is not written.
    NoYear(&'a str),
}

/// What a line comes to.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Line<'a> {
    /// No time that could be read stands at its start.
    NoTime,
    /// The line before it, so many times again.
    Repeated(Stamp<'a>, u64),
    /// A refusal by libwrap, or by a daemon that asked it.
    Refused(Stamp<'a>, Refusal<'a>),
    /// No program and message can be determined in it, or it looks like a refusal of no known form.
    Unclear(Stamp<'a>),
    /// Something else.
    Other(Stamp<'a>),
}

/// Takes a line apart.
pub(super) fn read(line: &str) -> Line<'_> {
    // A crash leaves NUL bytes before the first line that is written after it.
    let line = line.trim_start_matches('\0');
    let (rest, is_prefixed) = match priority(line) {
        Some(rest) => (rest, true),
        None => (line, false),
    };
    if is_prefixed && let Some((stamp, tag, message)) = version_one(rest) {
        return said(stamp, tag, message);
    }
    let own = own_stamp(rest);
    if let Some((stamp, text)) = own
        && let Some(found) = own_refusal(text)
    {
        return Line::Refused(stamp, found);
    }
    let Some((stamp, rest)) = stamp(rest) else {
        return own.map_or(Line::NoTime, |(stamp, _)| Line::Other(stamp));
    };
    if let Some(times) = last_message_repeated(rest) {
        return Line::Repeated(stamp, times);
    }
    match tagged(rest) {
        Some((tag, message)) => said(stamp, tag, message),
        None => Line::Unclear(stamp),
    }
}

fn said<'a>(stamp: Stamp<'a>, tag: &'a str, message: &'a str) -> Line<'a> {
    match refusal(tag, message) {
        Some(found) => Line::Refused(stamp, found),
        None if is_like_a_refusal(tag, message) => Line::Unclear(stamp),
        None => Line::Other(stamp),
    }
}

/// `<38>` at the start, as some servers keep it: what comes after it.
fn priority(line: &str) -> Option<&str> {
    let (number, rest) = line.strip_prefix('<')?.split_once('>')?;
    ((1..=3).contains(&number.len()) && is_digits(number)).then_some(rest)
}

/// `1 TIME HOST APP PROCID MSGID STRUCTURED-DATA MESSAGE` (RFC 5424, section 6).
fn version_one(line: &str) -> Option<(Stamp<'_>, &str, &str)> {
    let (time, rest) = line.strip_prefix("1 ")?.split_once(' ')?;
    let time = DateTime::parse_from_rfc3339(time).ok()?;
    let mut words = rest.splitn(5, ' ');
    let (_host, app) = (words.next()?, words.next()?);
    let (_procid, _msgid) = (words.next()?, words.next()?);
    let message = after_structured_data(words.next()?)?;
    // rsyslog keeps the space after the tag of the older form.
    let message = message.strip_prefix(' ').unwrap_or(message);
    let message = message.strip_prefix('\u{feff}').unwrap_or(message);
    Some((Stamp::Whole(time.to_utc()), app, message))
}

/// What comes after `-`, or after elements in brackets, in whose values `\` escapes `"`, `\` and `]`.
fn after_structured_data(text: &str) -> Option<&str> {
    if let Some(rest) = text.strip_prefix('-') {
        return rest.strip_prefix(' ');
    }
    let mut rest = text;
    while let Some(inside) = rest.strip_prefix('[') {
        let mut is_quoted = false;
        let mut is_escaped = false;
        let end = inside.find(|c: char| {
            let is_end = c == ']' && !is_quoted;
            match c {
                _ if is_escaped => is_escaped = false,
                '\\' if is_quoted => is_escaped = true,
                '"' => is_quoted = !is_quoted,
                _ => {}
            }
            is_end
        })?;
        rest = inside.get(end + 1..)?;
    }
    rest.strip_prefix(' ')
}

/// The time at the start of a line of a system log, and what comes after its space.
fn stamp(line: &str) -> Option<(Stamp<'_>, &str)> {
    no_year(line)
        .or_else(|| one_word(line))
        .or_else(|| week_day(line))
}

/// `Jan 31 12:00:00`, perhaps with a fraction (`journalctl -o short-precise`).
fn no_year(line: &str) -> Option<(Stamp<'_>, &str)> {
    let (stamp, rest) = line.split_at_checked(15)?;
    has_form(stamp, "Mmm _9 99:99:99").then_some(())?;
    let rest = match rest.strip_prefix('.') {
        Some(fraction) => fraction.trim_start_matches(|c: char| c.is_ascii_digit()),
        None => rest,
    };
    Some((Stamp::NoYear(stamp), rest.strip_prefix(' ')?))
}

/// RFC 3339 as rsyslog writes it, ISO 8601 as journalctl writes it, or seconds since 1970.
fn one_word(line: &str) -> Option<(Stamp<'_>, &str)> {
    let (word, rest) = line.split_once(' ')?;
    let zoned = || {
        DateTime::parse_from_rfc3339(word)
            .or_else(|_| DateTime::parse_from_str(word, "%Y-%m-%dT%H:%M:%S%.f%z"))
            .ok()
    };
    let time = zoned()
        .map(|time| time.to_utc())
        .or_else(|| since_1970(word))?;
    Some((Stamp::Whole(time), rest))
}

/// `1795719810.207059`, as `journalctl -o short-unix` writes it.
fn since_1970(word: &str) -> Option<DateTime<Utc>> {
    let (seconds, fraction) = word.split_once('.').unwrap_or((word, "0"));
    ((9..=11).contains(&seconds.len()) && is_digits(seconds) && is_digits(fraction))
        .then(|| seconds.parse().ok())?
        .and_then(|seconds| DateTime::from_timestamp(seconds, 0))
}

/// `Fri 2026-11-27 04:03:30 KST` (`journalctl -o short-full`) and `Thu Nov 26 19:01:58 2026`
/// (logread, vsftpd).
fn week_day(line: &str) -> Option<(Stamp<'_>, &str)> {
    let (day, rest) = line.split_at_checked(4)?;
    has_form(day, "Mmm ").then_some(())?;
    if let Some((stamp, after)) = rest.split_at_checked(20)
        && let Ok(time) = NaiveDateTime::parse_from_str(stamp, "%b %e %H:%M:%S %Y")
    {
        return Some((Stamp::Here(time), after.strip_prefix(' ')?));
    }
    let (stamp, after) = rest.split_at_checked(19)?;
    let time = NaiveDateTime::parse_from_str(stamp, "%Y-%m-%d %H:%M:%S").ok()?;
    let after = match after.strip_prefix('.') {
        Some(fraction) => fraction.trim_start_matches(|c: char| c.is_ascii_digit()),
        None => after,
    };
    let (zone, after) = after.strip_prefix(' ')?.split_once(' ')?;
    // journalctl prints the time of this place unless it is told `--utc`.
    let stamp = match zone {
        "UTC" | "GMT" => Stamp::Whole(time.and_utc()),
        _ => Stamp::Here(time),
    };
    Some((stamp, after))
}

/// The time of a log that a daemon keeps itself, and what comes after it.
fn own_stamp(line: &str) -> Option<(Stamp<'_>, &str)> {
    week_day(line)
        .or_else(|| xinetd_stamp(line))
        .or_else(|| mosquitto_stamp(line))
        .or_else(|| local_stamp(line))
}

/// `26/11/26@18:59:40: `, with a year of two digits or four and days without a leading zero.
fn xinetd_stamp(line: &str) -> Option<(Stamp<'_>, &str)> {
    let (date, rest) = line.split_once('@')?;
    let (time, rest) = rest.split_once(": ")?;
    let mut parts = date.split('/').map(|part| {
        ((1..=4).contains(&part.len()) && is_digits(part)).then(|| part.parse::<u32>().ok())?
    });
    let (year, month, day) = (parts.next()??, parts.next()??, parts.next()??);
    let year = if year < 100 { year + 2000 } else { year };
    let date = NaiveDate::from_ymd_opt(i32::try_from(year).ok()?, month, day)?;
    let time = chrono::NaiveTime::parse_from_str(time, "%H:%M:%S").ok()?;
    (parts.next().is_none()).then_some((Stamp::Here(date.and_time(time)), rest))
}

/// `1795719594: `.
fn mosquitto_stamp(line: &str) -> Option<(Stamp<'_>, &str)> {
    let (seconds, rest) = line.split_once(": ")?;
    Some((Stamp::Whole(since_1970(seconds)?), rest))
}

/// `2026-11-26 19:02:26,001 ` (proftpd) and `2026.11.26 19:02:25 ` (stunnel).
fn local_stamp(line: &str) -> Option<(Stamp<'_>, &str)> {
    let (stamp, rest) = line.split_at_checked(19)?;
    let time = ["%Y-%m-%d %H:%M:%S", "%Y.%m.%d %H:%M:%S"]
        .iter()
        .find_map(|form| NaiveDateTime::parse_from_str(stamp, form).ok())?;
    let rest = match rest.strip_prefix([',', '.']) {
        Some(fraction) => fraction.trim_start_matches(|c: char| c.is_ascii_digit()),
        None => rest,
    };
    Some((Stamp::Here(time), rest.strip_prefix(' ')?))
}

/// The tag and the message of `host tag[pid]: message`, with the facility and the
/// severity that busybox, logread and `syslogd -v` add.
fn tagged(rest: &str) -> Option<(&str, &str)> {
    // FreeBSD: `<auth.info> host tag[pid]: message`.
    let rest = match rest
        .strip_prefix('<')
        .and_then(|rest| rest.split_once("> "))
    {
        Some((level, after)) if is_level(level) => after,
        _ => rest,
    };
    let (host, after) = rest.split_once(' ')?;
    (!host.is_empty()).then_some(())?;
    // `busybox syslogd -S`: no host, so the first word is the tag.
    if let Some(tag) = host.strip_suffix(':') {
        return with_pid(tag, after);
    }
    let rest = match after.split_once(' ') {
        // logread: `auth.info tag[pid]: message`.
        _ if is_level(host) => after,
        // busybox: `host auth.info tag[pid]: message`.
        Some((level, rest)) if is_level(level) => rest,
        _ => after,
    };
    let (tag, message) = rest.split_once(": ")?;
    with_pid(tag, message)
}

/// `tag` or `tag[pid]`, and the message.
fn with_pid<'a>(tag: &'a str, message: &'a str) -> Option<(&'a str, &'a str)> {
    let Some((name, pid)) = tag.split_once('[') else {
        return Some((tag, message));
    };
    let is_pid = pid.strip_suffix(']').is_some_and(is_digits);
    is_pid.then_some((name, message))
}

/// `auth.info`, or `4.6` where the names are not known.
fn is_level(text: &str) -> bool {
    const FACILITIES: [&str; 14] = [
        "kern", "user", "mail", "daemon", "auth", "syslog", "lpr", "news", "uucp", "cron",
        "authpriv", "ftp", "security", "console",
    ];
    const SEVERITIES: [&str; 11] = [
        "emerg", "alert", "crit", "err", "error", "warn", "warning", "notice", "info", "debug",
        "panic",
    ];
    let Some((facility, severity)) = text.split_once('.') else {
        return false;
    };
    let is_local = facility
        .strip_prefix("local")
        .is_some_and(|digit| digit.len() == 1 && is_digits(digit));
    let is_number = is_digits(facility) && is_digits(severity) && text.len() <= 5;
    is_number || ((is_local || FACILITIES.contains(&facility)) && SEVERITIES.contains(&severity))
}

/// `host last message repeated 3 times`, with the daemon's own tag on `FreeBSD`.
fn last_message_repeated(rest: &str) -> Option<u64> {
    let (_, rest) = rest.split_once(' ')?;
    let text = match rest.split_once(": ") {
        Some((tag, text)) if tag.starts_with("syslogd") => text,
        _ => rest,
    };
    let times = text.strip_prefix("last message repeated ")?;
    let times = times
        .strip_suffix(" times")
        .or_else(|| times.strip_suffix(" time"))?;
    let times: Option<u64> = is_digits(times).then(|| times.parse().ok())?;
    times.filter(|times| *times <= MOST_REPEATS)
}

/// Whether each character is of the kind that `form` shows: `M` a capital, `m` a small letter, `9`
/// a digit, `_` a digit or a space, anything else itself.
fn has_form(text: &str, form: &str) -> bool {
    text.len() == form.len()
        && text
            .bytes()
            .zip(form.bytes())
            .all(|(byte, form)| match form {
                b'M' => byte.is_ascii_uppercase(),
                b'm' => byte.is_ascii_lowercase(),
                b'9' => byte.is_ascii_digit(),
                b'_' => byte.is_ascii_digit() || byte == b' ',
                _ => byte == form,
            })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The time, if it is whole or without a year as text; the daemon, the source and the count.
    fn read_line(line: &str) -> Option<(String, String)> {
        let Line::Refused(stamp, found) = read(line) else {
            return None;
        };
        let time = match stamp {
            Stamp::Whole(time) => time.format("%FT%TZ").to_string(),
            Stamp::Here(time) => time.format("%F %T").to_string(),
            Stamp::NoYear(text) => text.to_owned(),
        };
        let found = format!("{} {} {}", found.daemon, found.source, found.times);
        Some((time, found))
    }

    #[test]
    fn the_time_and_the_program_are_found_in_every_form() {
        let refused = "refused connect from h.example (192.0.2.7)";
        for (start, time) in [
            // FreeBSD's syslogd, with and without `-v`, and with `-vv`.
            ("Jan  1 12:00:00 web1 sshd[9]:", "Jan  1 12:00:00"),
            (
                "Jan  1 12:00:00 <auth.info> web1 sshd[9]:",
                "Jan  1 12:00:00",
            ),
            ("Jan  1 12:00:00 <4.6> web1 sshd[9]:", "Jan  1 12:00:00"),
            (
                "<38>1 2026-01-01T12:00:00.000003+09:00 web1 sshd 9 - -",
                "2026-01-01T03:00:00Z",
            ),
            (
                "<38>1 2026-01-01T12:00:00Z web1 sshd 9 ID47 [a@1 b=\"]\\\" [\"][c d=\"\"]",
                "2026-01-01T12:00:00Z",
            ),
            // the logread of `OpenWrt`.
            (
                "Thu Jan  1 12:00:00 2026 auth.info sshd[9]:",
                "2026-01-01 12:00:00",
            ),
            (
                "Thu Jan  1 12:00:00 2026 authpriv.warn sshd[9]:",
                "2026-01-01 12:00:00",
            ),
            (
                "2026-01-01T12:00:00+0200 web1 sshd[9]:",
                "2026-01-01T10:00:00Z",
            ),
            (
                "Thu 2026-01-01 12:00:00.5 UTC web1 sshd[9]:",
                "2026-01-01T12:00:00Z",
            ),
            (
                "Thu 2026-01-01 12:00:00 KST web1 sshd[9]:",
                "2026-01-01 12:00:00",
            ),
            ("1767268800.5 web1 sshd[9]:", "2026-01-01T12:00:00Z"),
            ("\0\0\0Jan  1 12:00:00 web1 sshd[9]:", "Jan  1 12:00:00"),
        ] {
            let wanted = (time.to_owned(), "sshd 192.0.2.7 1".to_owned());
            assert_eq!(
                read_line(&format!("{start} {refused}")),
                Some(wanted),
                "{start}"
            );
        }
    }

    #[test]
    fn logs_that_daemons_keep_themselves() {
        for (line, time, found) in [
            (
                "Thu Jan  1 12:00:00 2026 [pid 7] CONNECT: Client \"::ffff:192.0.2.7\", \"Connection refused: tcp_wrappers denial.\"",
                "2026-01-01 12:00:00",
                "vsftpd 192.0.2.7 1",
            ),
            (
                "26/1/1@12:00:00: FAIL: telnet libwrap from=192.0.2.7",
                "2026-01-01 12:00:00",
                "telnet 192.0.2.7 1",
            ),
            (
                "1767268800: Client connection from 192.0.2.7 denied access by tcpd.",
                "2026-01-01T12:00:00Z",
                "mosquitto 192.0.2.7 1",
            ),
            (
                "2026.01.01 12:00:00 LOG4[0]: Service [imaps] REFUSED by libwrap from 192.0.2.7:4",
                "2026-01-01 12:00:00",
                "imaps 192.0.2.7 1",
            ),
            (
                "2026-01-01 12:00:00,123 vm proftpd[7] localhost (h[192.0.2.7]): mod_wrap/1.2.4: refused connection from 192.0.2.7",
                "2026-01-01 12:00:00",
                "proftpd 192.0.2.7 1",
            ),
        ] {
            let wanted = (time.to_owned(), found.to_owned());
            assert_eq!(read_line(line), Some(wanted), "{line}");
        }
        // Both lines stand in the system log: one of them counts.
        let second = "Jan  1 12:00:00 web1 xinetd[9]: FAIL: telnet libwrap from=192.0.2.7";
        assert_eq!(read(second), Line::Other(Stamp::NoYear("Jan  1 12:00:00")));
        // What a client sent cannot stand for a log of another daemon.
        for line in [
            "1767268800: New client connected as Client connection from 1.2.3.4 denied access by tcpd.",
            "Thu Jan  1 12:00:00 2026 [pid 7] [FAIL LOGIN: Client \"1.2.3.4\", \"Connection refused: tcp_wrappers denial.\"",
        ] {
            assert_eq!(read_line(line), None, "{line}");
        }
    }

    #[test]
    fn what_was_left_out_is_known() {
        for line in [
            "",
            "[ 1293.943252] vm sshd[9]: x",
            "no time",
            "\u{e9}\u{e9}",
        ] {
            assert_eq!(read(line), Line::NoTime, "{line}");
        }
        for rest in [
            "web1 sshd[9]: refused connect from a b (1.2.3.4)",
            "web1 stunnel[9]: LOG4[3]: Service [a] x] REFUSED by libwrap from 192.0.2.7:1",
        ] {
            assert_eq!(
                read(&format!("Jan  1 12:00:00 {rest}")),
                Line::Unclear(Stamp::NoYear("Jan  1 12:00:00")),
                "{rest}"
            );
        }
        for (rest, times) in [
            ("web1 last message repeated 3 times", 3),
            ("web1 syslogd: last message repeated 1 times", 1),
        ] {
            let line = format!("Jan  1 12:00:00 {rest}");
            let wanted = Line::Repeated(Stamp::NoYear("Jan  1 12:00:00"), times);
            assert_eq!(read(&line), wanted, "{rest}");
        }
        let many = "Jan  1 12:00:00 web1 last message repeated 1000001 times";
        assert_eq!(read(many), Line::Unclear(Stamp::NoYear("Jan  1 12:00:00")));
        let forged = "Jan  1 12:00:00 web1 sshd[9]: last message repeated 3 times";
        assert_eq!(read(forged), Line::Other(Stamp::NoYear("Jan  1 12:00:00")));
    }
}
