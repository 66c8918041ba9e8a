//! A question to a DNS server and what it answers, as bytes (RFC 1035): whoever answers is a stranger.

use simple_dns::rdata::RData;
use simple_dns::{CLASS, Name, Packet, PacketFlag, QCLASS, QTYPE, Question, ResourceRecord, TYPE};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use thiserror::Error;

/// As many aliases lead from a name to its addresses: more is a loop or a joke.
const ALIASES: usize = 16;
/// In the flags of a header: it is an answer, it is cut, and what became of the question.
const RESPONSE: u16 = 0x8000;
const TRUNCATED: u16 = 0x0200;
const CODE: u16 = 0x000f;
/// What a server says became of a question: there is no such name.
const NO_SUCH_NAME: u16 = 3;

/// The family of the addresses that a question is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum AddressFamily {
    /// IPv4: records of type A.
    V4,
    /// IPv6: records of type AAAA.
    V6,
}

impl AddressFamily {
    /// Both.
    pub const ALL: [Self; 2] = [Self::V4, Self::V6];

    /// The type of its records, as DNS calls it.
    pub fn record(self) -> &'static str {
        match self {
            Self::V4 => "A",
            Self::V6 => "AAAA",
        }
    }

    /// The family of an address.
    pub fn of(address: IpAddr) -> Self {
        match address {
            IpAddr::V4(_) => Self::V4,
            IpAddr::V6(_) => Self::V6,
        }
    }
}

/// The kind of the records that a question is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum DnsRecord {
    /// The addresses of one family.
    Address(AddressFamily),
    /// The mail servers of a domain: records of type MX.
    Exchange,
}

impl DnsRecord {
    fn kind(self) -> TYPE {
        match self {
            Self::Address(AddressFamily::V4) => TYPE::A,
            Self::Address(AddressFamily::V6) => TYPE::AAAA,
            Self::Exchange => TYPE::MX,
        }
    }
}

/// A mail server that takes the mail of a domain.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct MailExchange {
    /// Its place in the order in which servers are tried: the least comes first.
    pub preference: u16,
    /// Its name; empty for the root of DNS, with which a domain says that it takes no mail (RFC 7505).
    pub host: String,
}

/// A question for the records of a name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DnsQuestion {
    /// The number that its answer must carry.
    pub id: u16,
    /// The name, as a whole.
    pub name: String,
    /// Of which kind.
    pub record: DnsRecord,
}

/// The records of one kind that a server knows for a name.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DnsAnswer {
    /// The addresses, as they were sent; none if the name has none of the family asked for.
    pub addresses: Vec<IpAddr>,
    /// The mail servers, those that are tried first before the others; none unless these were asked
    /// for.
    pub exchanges: Vec<MailExchange>,
    /// How many seconds all of that holds, by the least of the records; nothing without records.
    pub ttl: Option<u32>,
    /// Whether the server says that it has checked their signatures (the AD bit of DNSSEC).
    pub is_authentic: bool,
}

/// Why a name has no answer.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum DnsFault {
    /// No server has answered in time.
    #[error("no DNS server answers in time")]
    Silent,
    /// A server cannot be reached.
    #[error("the DNS server cannot be reached: {0}")]
    Unreachable(String),
    /// The name does not exist.
    #[error("there is no such name (NXDOMAIN)")]
    NoSuchName,
    /// The server says that it could not, or would not, answer.
    #[error("the DNS server answers {0}")]
    Refused(&'static str),
    /// What came is not a DNS message.
    #[error("what the DNS server sends cannot be read")]
    Malformed,
    /// The name is an alias of an alias of an alias, without an end.
    #[error("its aliases (CNAME) lead in a circle, or are more than 16")]
    AliasLoop,
    /// The name cannot be asked for.
    #[error("it is not a name that DNS can have")]
    NoName,
}

/// What a message that came says about a question.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DnsReply {
    /// The answer did not fit: it is to be asked for by TCP.
    Truncated,
    /// The answer.
    Told(Result<DnsAnswer, DnsFault>),
}

impl DnsQuestion {
    /// The message that asks it; nothing if the name is not one that DNS can have.
    pub fn bytes(&self) -> Option<Vec<u8>> {
        let mut packet = Packet::new_query(self.id);
        // A server that checks signatures says so if it is asked to (RFC 6840, 5.7).
        packet.set_flags(PacketFlag::RECURSION_DESIRED | PacketFlag::AUTHENTIC_DATA);
        let name = Name::new(&self.name).ok()?;
        let (kind, class) = (QTYPE::TYPE(self.record.kind()), QCLASS::CLASS(CLASS::IN));
        packet
            .questions
            .push(Question::new(name, kind, class, false));
        packet.build_bytes_vec().ok()
    }

    /// What a message says about this question; nothing if it is not an answer to it.
    pub fn read(&self, bytes: &[u8]) -> Option<DnsReply> {
        let (id, rest) = bytes.split_first_chunk()?;
        let flags = u16::from_be_bytes(*rest.first_chunk()?);
        if u16::from_be_bytes(*id) != self.id || flags & RESPONSE == 0 {
            return None;
        }
        if flags & TRUNCATED != 0 {
            return Some(DnsReply::Truncated);
        }
        let Ok(packet) = Packet::parse(bytes) else {
            return Some(DnsReply::Told(Err(DnsFault::Malformed)));
        };
        let [question] = packet.questions.as_slice() else {
            return Some(DnsReply::Told(Err(refusal(flags & CODE))));
        };
        let name = Name::new(&self.name).ok()?;
        let is_it = question.qname == name
            && question.qtype == QTYPE::TYPE(self.record.kind())
            && question.qclass == QCLASS::CLASS(CLASS::IN);
        is_it.then(|| {
            DnsReply::Told(match flags & CODE {
                0 => self.answer(&packet, &question.qname),
                code => Err(refusal(code)),
            })
        })
    }

    /// The records of the name that `name` is an alias of, or of itself.
    fn answer(&self, packet: &Packet<'_>, name: &Name<'_>) -> Result<DnsAnswer, DnsFault> {
        let mut ttl = u32::MAX;
        let mut owner = name;
        for _ in 0..=ALIASES {
            let Some((next, seconds)) = records(packet, owner).find_map(alias) else {
                let found = || records(packet, owner);
                let addresses = found().filter_map(|record| self.address(record));
                let (addresses, first): (Vec<IpAddr>, Vec<u32>) = addresses.unzip();
                let exchanges = found().filter_map(|record| self.exchange(record));
                let (mut exchanges, second): (Vec<MailExchange>, Vec<u32>) = exchanges.unzip();
                exchanges.sort();
                let least = first.into_iter().chain(second).min();
                return Ok(DnsAnswer {
                    addresses,
                    exchanges,
                    ttl: least.map(|least| least.min(ttl)),
                    is_authentic: packet.has_flags(PacketFlag::AUTHENTIC_DATA),
                });
            };
            ttl = ttl.min(seconds);
            owner = next;
        }
        Err(DnsFault::AliasLoop)
    }

    /// The address of a record of the family asked for, and how long it holds.
    fn address(&self, record: &ResourceRecord<'_>) -> Option<(IpAddr, u32)> {
        let address = if let RData::A(found) = &record.rdata {
            IpAddr::V4(Ipv4Addr::from_bits(found.address))
        } else if let RData::AAAA(found) = &record.rdata {
            IpAddr::V6(Ipv6Addr::from_bits(found.address))
        } else {
            return None;
        };
        let family = if address.is_ipv4() {
            AddressFamily::V4
        } else {
            AddressFamily::V6
        };
        let is_asked = self.record == DnsRecord::Address(family);
        is_asked.then(|| (address, seconds(record.ttl)))
    }

    /// The mail server of a record, if these are asked for, and how long it holds.
    fn exchange(&self, record: &ResourceRecord<'_>) -> Option<(MailExchange, u32)> {
        let RData::MX(found) = &record.rdata else {
            return None;
        };
        let exchange = MailExchange {
            preference: found.preference,
            host: found.exchange.to_string(),
        };
        let is_asked = self.record == DnsRecord::Exchange;
        is_asked.then(|| (exchange, seconds(record.ttl)))
    }
}

/// The records that a message has of a name.
fn records<'m, 'p>(
    packet: &'m Packet<'p>,
    owner: &'m Name<'p>,
) -> impl Iterator<Item = &'m ResourceRecord<'p>> {
    packet.answers.iter().filter(move |record| {
        record.class == CLASS::IN && !record.cache_flush && record.name == *owner
    })
}

/// The name that an alias stands for, and how long it does.
fn alias<'r, 'p>(record: &'r ResourceRecord<'p>) -> Option<(&'r Name<'p>, u32)> {
    if let RData::CNAME(target) = &record.rdata {
        Some((&target.0, seconds(record.ttl)))
    } else {
        None
    }
}

/// A time to live, of which the highest bit must not count (RFC 2181, 8).
fn seconds(ttl: u32) -> u32 {
    if ttl > i32::MAX.unsigned_abs() {
        0
    } else {
        ttl
    }
}

/// What a server means by a code.
fn refusal(code: u16) -> DnsFault {
    match code {
        NO_SUCH_NAME => DnsFault::NoSuchName,
        1 => DnsFault::Refused("FORMERR"),
        2 => DnsFault::Refused("SERVFAIL"),
        4 => DnsFault::Refused("NOTIMP"),
        5 => DnsFault::Refused("REFUSED"),
        _ => DnsFault::Refused("an error"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NAME: &str = "home.example.org";

    fn question(family: AddressFamily) -> DnsQuestion {
        DnsQuestion {
            id: 0x1234,
            name: NAME.to_owned(),
            record: DnsRecord::Address(family),
        }
    }

    /// A name as it is sent.
    fn wire(name: &str) -> Vec<u8> {
        let mut bytes = Vec::new();
        for label in name.split('.') {
            bytes.push(u8::try_from(label.len()).unwrap());
            bytes.extend(label.bytes());
        }
        bytes.push(0);
        bytes
    }

    /// An answer with these flags to a question for A, with records of owner, type, TTL and data.
    fn message(id: u16, flags: u16, asked: &str, records: &[(&str, u16, u32, Vec<u8>)]) -> Vec<u8> {
        message_about(1, id, flags, asked, records)
    }

    /// The same to a question for records of type `kind`.
    fn message_about(
        kind: u16,
        id: u16,
        flags: u16,
        asked: &str,
        records: &[(&str, u16, u32, Vec<u8>)],
    ) -> Vec<u8> {
        let mut bytes = Vec::new();
        let count = u16::try_from(records.len()).unwrap();
        for number in [id, flags, 1, count, 0, 0] {
            bytes.extend(number.to_be_bytes());
        }
        bytes.extend(wire(asked));
        bytes.extend(kind.to_be_bytes());
        bytes.extend([0, 1]);
        for (owner, kind, ttl, data) in records {
            bytes.extend(wire(owner));
            bytes.extend(kind.to_be_bytes());
            bytes.extend([0, 1]);
            bytes.extend(ttl.to_be_bytes());
            bytes.extend(u16::try_from(data.len()).unwrap().to_be_bytes());
            bytes.extend(data);
        }
        bytes
    }

    fn told(bytes: &[u8]) -> Option<Result<DnsAnswer, DnsFault>> {
        match question(AddressFamily::V4).read(bytes)? {
            DnsReply::Told(told) => Some(told),
            DnsReply::Truncated => None,
        }
    }

    #[test]
    fn a_question_is_what_the_wire_wants() {
        let bytes = question(AddressFamily::V6).bytes().unwrap();
        let head = [0x12, 0x34, 0x01, 0x20, 0, 1, 0, 0, 0, 0, 0, 0];
        let all = [&head[..], &wire(NAME), &[0, 28, 0, 1]].concat();
        assert_eq!(bytes, all);
        let long = DnsQuestion {
            name: format!("{}.example", "x".repeat(64)),
            ..question(AddressFamily::V4)
        };
        assert_eq!(long.bytes(), None);
    }

    #[test]
    fn aliases_are_followed_to_the_addresses_and_the_least_time_counts() {
        let records = [
            ("a.example", 1, 500, vec![45, 0, 0, 9]),
            ("B.example", 5, 70, wire("a.EXAMPLE")),
            (NAME, 5, 300, wire("b.example")),
            (NAME, 1, 1, vec![45, 0, 0, 1]),
            ("a.example", 1, 400, vec![45, 0, 0, 8]),
            ("a.example", 28, 1, vec![0x20; 16]),
            ("c.example", 1, 1, vec![45, 0, 0, 2]),
        ];
        let answer = told(&message(0x1234, 0x81a0, "HOME.example.org", &records));
        let addresses = ["45.0.0.9", "45.0.0.8"].map(|text| text.parse().unwrap());
        assert_eq!(
            answer,
            Some(Ok(DnsAnswer {
                addresses: addresses.to_vec(),
                exchanges: Vec::new(),
                ttl: Some(70),
                is_authentic: true,
            }))
        );
    }

    #[test]
    fn a_circle_of_aliases_ends_and_a_chain_without_end_too() {
        let circle = [
            (NAME, 5, 300, wire("b.example")),
            ("b.example", 5, 300, wire(NAME)),
        ];
        let own = [(NAME, 5, 300, wire(NAME))];
        for records in [&circle[..], &own] {
            let told = told(&message(0x1234, 0x8180, NAME, records));
            assert_eq!(told, Some(Err(DnsFault::AliasLoop)));
        }
        // An alias that leads nowhere has no address, which is an answer.
        let nowhere = told(&message(0x1234, 0x8180, NAME, &circle[..1]));
        assert_eq!(nowhere.unwrap().unwrap().addresses, Vec::<IpAddr>::new());
    }

    #[test]
    fn what_is_no_answer_to_it_is_left_alone() {
        let records = [(NAME, 1, 300, vec![45, 0, 0, 1])];
        for bytes in [
            message(0x1235, 0x8180, NAME, &records),
            message(0x1234, 0x0180, NAME, &records),
            message(0x1234, 0x8180, "other.example.org", &records),
            Vec::new(),
            vec![0x12],
        ] {
            assert_eq!(question(AddressFamily::V4).read(&bytes), None, "{bytes:?}");
        }
        let asked = question(AddressFamily::V6);
        assert_eq!(
            asked.read(&message(0x1234, 0x8180, NAME, &records)),
            None,
            "it is about A"
        );
    }

    #[test]
    fn mail_servers_come_in_their_order_and_only_if_asked_for() {
        let server = |preference: u16, host: &[u8]| [&preference.to_be_bytes()[..], host].concat();
        let records = [
            (NAME, 5, 500, wire("b.example")),
            ("b.example", 15, 300, server(20, &wire("mx2.example.org"))),
            ("b.example", 15, 400, server(10, &wire("mx1.example.org"))),
            ("b.example", 15, 400, server(30, &[0])),
            ("b.example", 1, 1, vec![45, 0, 0, 1]),
        ];
        let question = DnsQuestion {
            record: DnsRecord::Exchange,
            ..question(AddressFamily::V4)
        };
        let answer = question.read(&message_about(15, 0x1234, 0x8180, NAME, &records));
        let exchange = |preference, host: &str| MailExchange {
            preference,
            host: host.to_owned(),
        };
        assert_eq!(
            answer,
            Some(DnsReply::Told(Ok(DnsAnswer {
                addresses: Vec::new(),
                exchanges: vec![
                    exchange(10, "mx1.example.org"),
                    exchange(20, "mx2.example.org"),
                    exchange(30, ""),
                ],
                ttl: Some(300),
                is_authentic: false,
            })))
        );
        let addresses = told(&message(0x1234, 0x8180, NAME, &records));
        let addresses = addresses.unwrap().unwrap();
        assert_eq!(
            (addresses.addresses.len(), addresses.exchanges),
            (1, vec![])
        );
    }

    #[test]
    fn faults_have_their_names() {
        for (flags, fault) in [
            (0x8183, DnsFault::NoSuchName),
            (0x8182, DnsFault::Refused("SERVFAIL")),
            (0x8185, DnsFault::Refused("REFUSED")),
        ] {
            let told = told(&message(0x1234, flags, NAME, &[]));
            assert_eq!(told, Some(Err(fault)));
        }
        let cut = message(0x1234, 0x8380, NAME, &[]);
        let cut = cut.get(..12).unwrap();
        assert_eq!(
            question(AddressFamily::V4).read(cut),
            Some(DnsReply::Truncated)
        );
        let broken = message(0x1234, 0x8180, NAME, &[(NAME, 1, 1, vec![45])]);
        assert_eq!(told(&broken), Some(Err(DnsFault::Malformed)));
    }
}
