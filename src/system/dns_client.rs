//! Asks DNS servers for the addresses of a name, with their time to live, and for the mail servers of a
//! domain, which the C library does not tell. Nothing lasts beyond a moment that is set.

use super::dns_message::{AddressFamily, DnsAnswer, DnsFault, DnsQuestion, DnsRecord, DnsReply};
use super::dns_servers::DnsServers;
use std::io::{self, Read as _, Write as _};
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr, TcpStream, UdpSocket};
use std::time::{Duration, Instant};
use tcpw_event::random::random_u64;

/// The longest message by UDP without extensions (RFC 1035, 4.2.1), and what is read of one.
const LONGEST: usize = 4096;
/// As many messages that answer nothing are read before a server is given up.
const STRAY: usize = 64;

/// What the servers say about a name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DnsLookup {
    /// Of its IPv4 addresses.
    pub v4: Result<DnsAnswer, DnsFault>,
    /// Of its IPv6 addresses.
    pub v6: Result<DnsAnswer, DnsFault>,
}

/// Asks the servers, one after the other, for both families of a name, until both are answered or
/// `until` has come. That a name does not exist, or has no address, is an answer.
pub fn look_up(name: &str, servers: &DnsServers, until: Instant) -> DnsLookup {
    let families = [AddressFamily::V4, AddressFamily::V6].map(DnsRecord::Address);
    let [v4, v6] = search(name, families, servers, until);
    DnsLookup { v4, v6 }
}

/// Asks the servers, as [`look_up`] does, for the mail servers of a domain.
///
/// # Errors
/// When there is no such domain, or that cannot be told until then. That it has no mail server is an
/// answer.
pub fn look_up_exchanges(
    domain: &str,
    servers: &DnsServers,
    until: Instant,
) -> Result<DnsAnswer, DnsFault> {
    let [told] = search(domain, [DnsRecord::Exchange], servers, until);
    told
}

/// Asks the servers for records of a name, of all kinds at the same time.
fn search<const KINDS: usize>(
    name: &str,
    records: [DnsRecord; KINDS],
    servers: &DnsServers,
    until: Instant,
) -> [Result<DnsAnswer, DnsFault>; KINDS] {
    let mut search = records.map(|record| Search {
        question: DnsQuestion {
            id: id(),
            name: name.to_owned(),
            record,
        },
        told: None,
        fault: DnsFault::Silent,
    });
    let tries = u32::try_from(servers.addresses.len()).unwrap_or(u32::MAX);
    let tries = tries.saturating_mul(servers.attempts).max(1);
    // Whoever does not answer leaves time for the others.
    let share = until.saturating_duration_since(Instant::now()) / tries;
    let patience = servers.timeout.min(share);
    for _ in 0..servers.attempts {
        for server in &servers.addresses {
            let end = until.min(Instant::now() + patience);
            if search.iter().all(Search::is_over) || left(end).is_err() {
                break;
            }
            ask(&mut search, *server, end);
        }
    }
    search.map(Search::end)
}

/// A number that nobody can guess who does not see the question.
fn id() -> u16 {
    u16::try_from(random_u64() & 0xffff).unwrap_or(0)
}

/// One question, and what is known about it.
struct Search {
    question: DnsQuestion,
    told: Option<Result<DnsAnswer, DnsFault>>,
    /// Why nothing is known, by the last server.
    fault: DnsFault,
}

impl Search {
    fn is_over(&self) -> bool {
        self.told.is_some()
    }

    fn end(self) -> Result<DnsAnswer, DnsFault> {
        self.told.unwrap_or(Err(self.fault))
    }

    /// Takes what a server says; gives whether it is its last word on this question.
    fn take(&mut self, told: Result<DnsAnswer, DnsFault>) {
        match told {
            Ok(_) | Err(DnsFault::NoSuchName | DnsFault::AliasLoop | DnsFault::NoName) => {
                self.told = Some(told);
            }
            // Another server may know more.
            Err(fault) => self.fault = fault,
        }
    }
}

/// Asks one server what is not known yet; it has until `end`.
fn ask<const KINDS: usize>(search: &mut [Search; KINDS], server: SocketAddr, end: Instant) {
    let asked = ask_by_udp(search, server, end);
    if let Err(error) = asked {
        for one in search.iter_mut().filter(|one| !one.is_over()) {
            one.fault = fault_of(&error);
        }
    }
}

fn fault_of(error: &io::Error) -> DnsFault {
    let kinds = [io::ErrorKind::WouldBlock, io::ErrorKind::TimedOut];
    if kinds.contains(&error.kind()) {
        DnsFault::Silent
    } else {
        DnsFault::Unreachable(error.to_string())
    }
}

fn ask_by_udp<const KINDS: usize>(
    search: &mut [Search; KINDS],
    server: SocketAddr,
    end: Instant,
) -> io::Result<()> {
    let any = if server.is_ipv4() {
        SocketAddr::from((Ipv4Addr::UNSPECIFIED, 0))
    } else {
        SocketAddr::from((Ipv6Addr::UNSPECIFIED, 0))
    };
    // A port that the kernel chooses; nobody but the server is heard.
    let socket = UdpSocket::bind(any)?;
    socket.connect(server)?;
    let mut waits = [false; KINDS];
    for (one, waits) in search.iter_mut().zip(&mut waits) {
        if one.is_over() {
            continue;
        }
        let Some(bytes) = one.question.bytes() else {
            one.take(Err(DnsFault::NoName));
            continue;
        };
        socket.send(&bytes)?;
        *waits = true;
    }
    let mut buffer = [0; LONGEST];
    for _ in 0..STRAY {
        if !waits.contains(&true) {
            return Ok(());
        }
        socket.set_read_timeout(Some(left(end)?))?;
        let length = socket.recv(&mut buffer)?;
        let bytes = buffer.get(..length).unwrap_or_default();
        for (one, waits) in search
            .iter_mut()
            .zip(&mut waits)
            .filter(|(_, waits)| **waits)
        {
            let Some(reply) = one.question.read(bytes) else {
                continue;
            };
            *waits = false;
            one.take(match reply {
                DnsReply::Told(told) => told,
                DnsReply::Truncated => ask_by_tcp(&one.question, server, end)
                    .unwrap_or_else(|error| Err(fault_of(&error))),
            });
        }
    }
    Ok(())
}

/// Asks for an answer that does not fit into a datagram (RFC 7766).
fn ask_by_tcp(
    question: &DnsQuestion,
    server: SocketAddr,
    end: Instant,
) -> io::Result<Result<DnsAnswer, DnsFault>> {
    let Some(bytes) = question.bytes() else {
        return Ok(Err(DnsFault::NoName));
    };
    let mut stream = TcpStream::connect_timeout(&server, left(end)?)?;
    let length = u16::try_from(bytes.len()).unwrap_or(0);
    stream.set_write_timeout(Some(left(end)?))?;
    stream.write_all(&[&length.to_be_bytes()[..], &bytes].concat())?;
    let mut length = [0; 2];
    read_whole(&mut stream, &mut length, end)?;
    let mut answer = vec![0; u16::from_be_bytes(length).into()];
    read_whole(&mut stream, &mut answer, end)?;
    Ok(match question.read(&answer) {
        Some(DnsReply::Told(told)) => told,
        Some(DnsReply::Truncated) | None => Err(DnsFault::Malformed),
    })
}

/// Fills `buffer`, however slowly it comes, but not beyond `end`.
fn read_whole(stream: &mut TcpStream, buffer: &mut [u8], end: Instant) -> io::Result<()> {
    let mut rest = buffer;
    while !rest.is_empty() {
        stream.set_read_timeout(Some(left(end)?))?;
        let count = stream.read(rest)?;
        if count == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        rest = rest.get_mut(count..).unwrap_or_default();
    }
    Ok(())
}

/// The time that is left.
fn left(end: Instant) -> io::Result<Duration> {
    let left = end.saturating_duration_since(Instant::now());
    if left.is_zero() {
        return Err(io::ErrorKind::TimedOut.into());
    }
    Ok(left)
}
