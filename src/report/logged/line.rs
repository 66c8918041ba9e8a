//! The few messages in system logs that libwrap and the daemons that ask it write of a refusal.
//!
//! Each form is read whole, from its first byte to its last: user names, paths and host names are
//! chosen by clients, and what stands inside a message is none of libwrap's. The forms were taken
//! from the running daemons of Debian 12; `tests/report/daemons.sh` makes them write them again.

use std::net::{IpAddr, Ipv4Addr};

/// Longer tags, names and counts are no program's.
const LONGEST: usize = 255;
/// No syslog daemon writes larger numbers of repeats: rsyslog and syslogd write one after seconds or
/// minutes. Whoever writes into a log writes any number.
pub(super) const MOST_REPEATS: u64 = 1_000_000;

/// A refusal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Refusal<'a> {
    /// The name that the daemon's rules use, where the message has it.
    pub(super) daemon: &'a str,
    /// The client's address, or its name where the address was not written.
    pub(super) source: &'a str,
    /// How many times: syslog daemons write repeats once.
    pub(super) times: u64,
}

/// The refusal that a message of a program is about.
pub(super) fn refusal<'a>(tag: &'a str, message: &'a str) -> Option<Refusal<'a>> {
    let name = program(tag)?;
    let (times, message) = repeated(message).unwrap_or((1, message));
    if times > MOST_REPEATS {
        return None;
    }
    let (daemon, source) = libwrap(name, message)
        .or_else(|| xinetd(name, message))
        .or_else(|| inetd(name, message))
        .or_else(|| stunnel(name, message))
        .or_else(|| slapd(name, message))
        .or_else(|| rpcbind(name, message))
        .or_else(|| tftpd(name, message))
        .or_else(|| mosquitto(name, message))
        .or_else(|| snmpd(name, message))
        .or_else(|| proftpd(name, message))
        .or_else(|| nftables(name, message))?;
    Some(Refusal {
        daemon,
        source,
        times,
    })
}

/// A refusal in the log that a daemon keeps itself; `text` is what comes after the time.
pub(super) fn own_refusal(text: &str) -> Option<Refusal<'_>> {
    let (daemon, source) = vsftpd(text)
        .or_else(|| xinetd_own(text))
        .or_else(|| mosquitto("mosquitto", text))
        .or_else(|| stunnel("stunnel", text))
        .or_else(|| {
            // `HOST proftpd[PID] SERVER (CLIENT[ADDR]): mod_wrap/1.2.4: ...`
            let (host, rest) = text.split_once(" proftpd[")?;
            let (pid, rest) = rest.split_once("] ")?;
            (is_word(host) && is_digits(pid)).then(|| proftpd("proftpd", rest))?
        })?;
    Some(Refusal {
        daemon,
        source,
        times: 1,
    })
}

/// Whether a message that is not a [`refusal`] looks like one: a form that is not known here.
pub(super) fn is_like_a_refusal(tag: &str, message: &str) -> bool {
    const STARTS: [&str; 3] = [
        "refused connect",
        "connection refused from ",
        "libwrap refused ",
    ];
    const PARTS: [&str; 4] = [
        " REFUSED by libwrap",
        " denied access by tcpd",
        "tcp_wrappers denial",
        " DENIED from ",
    ];
    let message = repeated(message).map_or(message, |(_, inner)| inner);
    let is_alike = STARTS.iter().any(|start| message.starts_with(start))
        || PARTS.iter().any(|part| message.contains(part));
    program(tag).is_some() && is_alike
}

/// The program's own name: `/usr/sbin/sshd` and `sshd` are one program.
fn program(tag: &str) -> Option<&str> {
    let name = tag.rsplit('/').next()?;
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "_.+-@".contains(c);
    (!name.is_empty() && name.len() <= LONGEST && name.chars().all(is_plain)).then_some(name)
}

/// The name that rules use for the program `name`. Since OpenSSH 9.8 the connection is a process
/// of its own, which still asks as `sshd`.
fn daemon_of(name: &str) -> &str {
    match name {
        "sshd-session" => "sshd",
        other => other,
    }
}

/// `message repeated 3 times: [ MESSAGE]`, which rsyslog writes for repeats.
fn repeated(message: &str) -> Option<(u64, &str)> {
    let rest = message.strip_prefix("message repeated ")?;
    let (times, rest) = rest.split_once(" times: [")?;
    let inner = rest.strip_suffix(']')?;
    let times = is_number(times).then(|| times.parse().unwrap_or(u64::MAX))?;
    Some((times, inner.strip_prefix(' ').unwrap_or(inner)))
}

/// libwrap itself (`refuse`): `refused connect from CLIENT` and `... from CLIENT (ADDR)`.
fn libwrap<'a>(name: &'a str, message: &'a str) -> Option<(&'a str, &'a str)> {
    let client = message.strip_prefix("refused connect from ")?;
    Some((daemon_of(name), client_of(client)?))
}

/// `[12.345678] tcpw refused sshd: IN=eth0 OUT= MAC=... SRC=192.0.2.7 DST=... PROTO=TCP ...` of the
/// kernel, by a table that `tcpw export --to nftables --log` wrote.
fn nftables<'a>(name: &'a str, message: &'a str) -> Option<(&'a str, &'a str)> {
    (name == "kernel").then_some(())?;
    let message = match message.strip_prefix('[') {
        Some(rest) => rest.split_once("] ")?.1,
        None => message,
    };
    let (daemon, packet) = message.strip_prefix("tcpw refused ")?.split_once(": ")?;
    let packet = packet.strip_prefix("IN=")?;
    let source = packet
        .split(' ')
        .find_map(|word| word.strip_prefix("SRC="))?;
    is_word(daemon).then_some((daemon, address(source)?))
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

/// `refused connection from 192.0.2.7, service ftp (tcp)` of openbsd-inetd, which does not write the
/// name that it asked libwrap with: the service stands for it.
fn inetd<'a>(name: &'a str, message: &'a str) -> Option<(&'a str, &'a str)> {
    (name == "inetd").then_some(())?;
    let rest = message.strip_prefix("refused connection from ")?;
    let (client, rest) = rest.split_once(", service ")?;
    let (service, protocol) = rest.strip_suffix(')')?.split_once(" (")?;
    (is_word(service) && is_word(protocol)).then_some((service, client_of(client)?))
}

/// `connect from 192.0.2.7 to getport/addr(portmapper): request from unauthorized host`.
fn rpcbind<'a>(name: &'a str, message: &'a str) -> Option<(&'a str, &'a str)> {
    (name == "rpcbind").then_some(())?;
    let rest = message.strip_prefix("connect from ")?;
    let (client, rest) = rest.split_once(" to ")?;
    let call = rest.strip_suffix(": request from unauthorized host")?;
    let is_call = |c: char| c.is_ascii_alphanumeric() || "_-/().".contains(c);
    (call.len() <= LONGEST && call.chars().all(is_call)).then_some((name, address(client)?))
}

/// `connection refused from 192.0.2.7` of in.tftpd.
fn tftpd<'a>(name: &'a str, message: &'a str) -> Option<(&'a str, &'a str)> {
    name.ends_with("tftpd").then_some(())?;
    let client = message.strip_prefix("connection refused from ")?;
    Some((name, address(client)?))
}

/// `1795719532: Client connection from 192.0.2.7 denied access by tcpd.`, with or without the time.
fn mosquitto<'a>(name: &'a str, message: &'a str) -> Option<(&'a str, &'a str)> {
    (name == "mosquitto").then_some(())?;
    let message = match message.split_once(": ") {
        Some((time, rest)) if is_digits(time) => rest,
        _ => message,
    };
    let rest = message.strip_prefix("Client connection from ")?;
    let client = rest.strip_suffix(" denied access by tcpd.")?;
    Some((name, address(client)?))
}

/// `Connection from UDP: [192.0.2.7]:50734->[192.0.2.1]:161 REFUSED`,
/// `Connection from UDP/IPv6: [2001:db8::7]:42897 REFUSED`, and `<UNKNOWN> (192.0.2.7)` for the rest.
fn snmpd<'a>(name: &'a str, message: &'a str) -> Option<(&'a str, &'a str)> {
    matches!(name, "snmpd" | "snmptrapd").then_some(())?;
    let peer = message
        .strip_prefix("Connection from ")?
        .strip_suffix(" REFUSED")?;
    if let Some(inside) = peer.strip_prefix("<UNKNOWN> (") {
        return Some((name, address(inside.strip_suffix(')')?)?));
    }
    let (transport, ends) = peer.split_once(": ")?;
    let (client, _) = ends.strip_prefix('[')?.split_once("]:")?;
    let is_end = |c: char| c.is_ascii_hexdigit() || "[]:.->%".contains(c);
    let is_whole = is_word(transport) && ends.len() <= LONGEST && ends.chars().all(is_end);
    is_whole.then_some((name, address(client)?))
}

/// `server.example (h.example[192.0.2.7]): mod_wrap/1.2.4: refused connection from ...`. The name
/// is that of `TCPServiceName`, which is not written, or the usual one.
fn proftpd<'a>(name: &'a str, message: &'a str) -> Option<(&'a str, &'a str)> {
    (name == "proftpd").then_some(())?;
    let (server, rest) = message.split_once(" (")?;
    let (client, rest) = rest.split_once("): mod_wrap/")?;
    let (version, from) = rest.split_once(": refused connection from ")?;
    let (host, inside) = client.strip_suffix(']')?.split_once('[')?;
    let is_whole = [server, host, version, from].into_iter().all(is_word);
    is_whole.then_some((name, address(inside)?))
}

/// `[pid 165] CONNECT: Client "192.0.2.7", "Connection refused: tcp_wrappers denial."`.
fn vsftpd(text: &str) -> Option<(&str, &str)> {
    let (pid, rest) = text.strip_prefix("[pid ")?.split_once("] ")?;
    let client = rest
        .strip_prefix("CONNECT: Client \"")?
        .strip_suffix("\", \"Connection refused: tcp_wrappers denial.\"")?;
    is_digits(pid).then_some(("vsftpd", address(client)?))
}

/// `FAIL: telnet libwrap from=192.0.2.7`: in a log of its own, where the message that names the
/// daemon is not written. In the system log it follows that message, and would count twice.
fn xinetd_own(text: &str) -> Option<(&str, &str)> {
    let (service, client) = text.strip_prefix("FAIL: ")?.split_once(" libwrap from=")?;
    is_word(service).then_some((service, address(client)?))
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
    is_word(text).then(|| address(text).unwrap_or_else(|| without_user(text)))
}

fn without_user(client: &str) -> &str {
    client.rsplit('@').next().unwrap_or(client)
}

/// An address, perhaps in brackets; an IPv4 address in IPv6 is the IPv4 address.
fn address(text: &str) -> Option<&str> {
    let bare = text
        .strip_prefix('[')
        .and_then(|rest| rest.strip_suffix(']'))
        .unwrap_or(text);
    if let Some(inside) = bare.strip_prefix("::ffff:")
        && inside.parse::<Ipv4Addr>().is_ok()
    {
        return Some(inside);
    }
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

pub(super) fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::super::stamp::{self, Line};

    fn read(line: &str) -> Option<(String, String, u64)> {
        let Line::Refused(_, found) = stamp::read(line) else {
            return None;
        };
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
                "sshd",
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
                "Jan 31 12:00:00 web1 kernel: [  12.345678] tcpw refused sshd: IN=eth0 OUT= MAC=02:00 SRC=192.0.2.7 DST=192.0.2.1 LEN=60 PROTO=TCP SPT=40000 DPT=22 SYN URGP=0",
                "sshd",
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
            "sshd[9]: tcpw refused sshd: IN=eth0 OUT= SRC=192.0.2.7 DST=192.0.2.1",
            "kernel: usb 1-1: Product: tcpw refused sshd: IN=eth0 OUT= SRC=192.0.2.7",
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
            "sshd[9]: message repeated 1000001 times: [ refused connect from 1.2.3.4]",
            "sshd[9]: message repeated 9999999999 times: [ refused connect from 1.2.3.4]",
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
