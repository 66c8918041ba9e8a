//! A DNS server that does what it is told to, by UDP and TCP on an address of loopback. Its messages are
//! made by hand, byte by byte, so that nothing of the program under test makes them.

use std::collections::HashMap;
use std::io::{Read as _, Write as _};
use std::net::{IpAddr, SocketAddr, TcpListener, UdpSocket};
use std::sync::{Arc, Mutex};
use std::thread;

/// What the server does with a question about a name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Act {
    /// Tells these addresses, with this time to live.
    Tells(Vec<IpAddr>, u32),
    /// The same, with the AD bit.
    TellsChecked(Vec<IpAddr>, u32),
    /// By an alias of another name, whose own time to live is 7200.
    TellsByAlias(Vec<IpAddr>, u32),
    /// Of the family of these addresses it tells them; about the other one it could not find out.
    TellsHalf(Vec<IpAddr>, u32),
    /// There is no such name.
    NoSuchName,
    /// It could not find out.
    Fails,
    /// It says nothing.
    Silent,
    /// So many addresses, which fit into TCP alone.
    Many(u16),
    /// The name is an alias of an alias of the name.
    Circle,
    /// Bytes that are no message, under the number of the question.
    Noise,
    /// First the first address under other numbers and names, as somebody who guesses would; then the
    /// second, as an answer.
    Guesses(IpAddr, IpAddr),
    /// These mail servers, each with its preference; no name stands for the root.
    Exchanges(Vec<(u16, &'static str)>),
}

/// What was asked so far, by name, and what is done about it.
#[derive(Debug, Default)]
struct Script {
    acts: HashMap<String, Act>,
    asked: u64,
}

/// The server. It lives as long as the test.
#[derive(Debug, Clone)]
pub(crate) struct NameServer {
    pub(crate) address: SocketAddr,
    script: Arc<Mutex<Script>>,
}

impl NameServer {
    pub(crate) fn start() -> Self {
        // A port that is free for both.
        let both = || {
            let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
            let address = socket.local_addr().unwrap();
            Some((socket, TcpListener::bind(address).ok()?))
        };
        let (socket, listener) = std::iter::repeat_with(both).flatten().next().unwrap();
        Self::serving(socket, listener)
    }

    /// Where resolv.conf(5) can name it, which has no ports: at an address of loopback of its own.
    pub(crate) fn at_its_port() -> Self {
        assert!(nix::unistd::geteuid().is_root(), "port 53 needs root");
        let [_, _, high, low] = std::process::id().to_be_bytes();
        let both = |number: u8| {
            let address = SocketAddr::from(([127, number, high, low], 53));
            let socket = UdpSocket::bind(address).ok()?;
            Some((socket, TcpListener::bind(address).ok()?))
        };
        let (socket, listener) = (77..=255).find_map(both).unwrap();
        Self::serving(socket, listener)
    }

    fn serving(socket: UdpSocket, listener: TcpListener) -> Self {
        let address = socket.local_addr().unwrap();
        let server = Self {
            address,
            script: Arc::default(),
        };
        let (by_udp, by_tcp) = (server.clone(), server.clone());
        thread::spawn(move || by_udp.serve_udp(&socket));
        thread::spawn(move || by_tcp.serve_tcp(&listener));
        server
    }

    /// From now on.
    pub(crate) fn does(&self, name: &str, act: Act) {
        let mut script = self.script.lock().unwrap();
        script.acts.insert(name.to_owned(), act);
    }

    /// How many questions came since this was asked last.
    pub(crate) fn questions(&self) -> u64 {
        std::mem::take(&mut self.script.lock().unwrap().asked)
    }

    fn act(&self, question: &Question) -> Act {
        let mut script = self.script.lock().unwrap();
        script.asked += 1;
        let act = script.acts.get(&question.name);
        act.cloned().unwrap_or(Act::NoSuchName)
    }

    fn serve_udp(&self, socket: &UdpSocket) {
        let mut buffer = [0; 2000];
        loop {
            let (length, client) = socket.recv_from(&mut buffer).unwrap();
            let question = Question::read(&buffer[..length]);
            for message in question.answers(&self.act(&question)) {
                let message = if message.len() > 512 {
                    question.message(0x8380, &[])
                } else {
                    message
                };
                // Who asked may be gone.
                drop(socket.send_to(&message, client));
            }
        }
    }

    fn serve_tcp(&self, listener: &TcpListener) {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut length = [0; 2];
            stream.read_exact(&mut length).unwrap();
            let mut bytes = vec![0; u16::from_be_bytes(length).into()];
            stream.read_exact(&mut bytes).unwrap();
            let question = Question::read(&bytes);
            for message in question.answers(&self.act(&question)) {
                let length = u16::try_from(message.len()).unwrap().to_be_bytes();
                stream.write_all(&[&length[..], &message].concat()).unwrap();
            }
        }
    }
}

/// A record: its owner, its type, its time to live and its data.
type Record = (Vec<u8>, u16, u32, Vec<u8>);

/// A question as it came.
struct Question {
    id: u16,
    name: String,
    kind: u16,
    /// Name, type and class as they came.
    bytes: Vec<u8>,
}

impl Question {
    fn read(bytes: &[u8]) -> Self {
        assert_eq!(
            &bytes[2..6],
            [0x01, 0x20, 0, 1],
            "one question, by whom it may concern"
        );
        let (mut at, mut labels) = (12, Vec::new());
        while bytes[at] != 0 {
            let end = at + 1 + usize::from(bytes[at]);
            labels.push(String::from_utf8(bytes[at + 1..end].to_vec()).unwrap());
            at = end;
        }
        assert_eq!(bytes.len(), at + 5);
        Self {
            id: u16::from_be_bytes([bytes[0], bytes[1]]),
            name: labels.join("."),
            kind: u16::from_be_bytes([bytes[at + 1], bytes[at + 2]]),
            bytes: bytes[12..].to_vec(),
        }
    }

    fn message(&self, flags: u16, records: &[Record]) -> Vec<u8> {
        let count = u16::try_from(records.len()).unwrap();
        let mut message = Vec::new();
        for number in [self.id, flags, 1, count, 0, 0] {
            message.extend(number.to_be_bytes());
        }
        message.extend(&self.bytes);
        for (owner, kind, ttl, data) in records {
            message.extend(owner);
            message.extend(kind.to_be_bytes());
            message.extend([0, 1]);
            message.extend(ttl.to_be_bytes());
            message.extend(u16::try_from(data.len()).unwrap().to_be_bytes());
            message.extend(data);
        }
        message
    }

    /// The records of the addresses that are of the type asked for.
    fn records(&self, owner: &[u8], addresses: &[IpAddr], ttl: u32) -> Vec<Record> {
        let record = |address: &IpAddr| {
            let (kind, data) = match address {
                IpAddr::V4(address) => (1, address.octets().to_vec()),
                IpAddr::V6(address) => (28, address.octets().to_vec()),
            };
            (kind == self.kind).then(|| (owner.to_vec(), kind, ttl, data))
        };
        addresses.iter().filter_map(record).collect()
    }

    /// What is known of one family; of the other one nothing is.
    fn half(&self, owner: &[u8], addresses: &[IpAddr], ttl: u32) -> Vec<u8> {
        let records = self.records(owner, addresses, ttl);
        let flags = if records.is_empty() { 0x8182 } else { 0x8180 };
        self.message(flags, &records)
    }

    fn answers(&self, act: &Act) -> Vec<Vec<u8>> {
        // The name of the question, by a pointer to it.
        let own: &[u8] = &[0xc0, 12];
        let alias: &[u8] = b"\x04pool\xc0\x0c";
        match act {
            Act::Tells(addresses, ttl) => {
                vec![self.message(0x8180, &self.records(own, addresses, *ttl))]
            }
            Act::TellsChecked(addresses, ttl) => {
                vec![self.message(0x81a0, &self.records(own, addresses, *ttl))]
            }
            Act::TellsByAlias(addresses, ttl) => {
                let mut records = vec![(own.to_vec(), 5, 7200, alias.to_vec())];
                records.extend(self.records(alias, addresses, *ttl));
                vec![self.message(0x8180, &records)]
            }
            Act::TellsHalf(addresses, ttl) => vec![self.half(own, addresses, *ttl)],
            Act::NoSuchName => vec![self.message(0x8183, &[])],
            Act::Fails => vec![self.message(0x8182, &[])],
            Act::Silent => Vec::new(),
            Act::Many(count) => {
                let address =
                    |n: u16| IpAddr::from([45, 9, n.to_be_bytes()[0], n.to_be_bytes()[1]]);
                let addresses: Vec<IpAddr> = (0..*count).map(address).collect();
                vec![self.message(0x8180, &self.records(own, &addresses, 300))]
            }
            Act::Circle => {
                let records = [
                    (own.to_vec(), 5, 300, alias.to_vec()),
                    (alias.to_vec(), 5, 300, own.to_vec()),
                ];
                vec![self.message(0x8180, &records)]
            }
            Act::Noise => {
                let head = [self.id.to_be_bytes(), [0x81, 0x80]].concat();
                vec![[head, vec![0xff; 60]].concat()]
            }
            Act::Guesses(wrong, right) => {
                let other = Self {
                    id: self.id.wrapping_add(1),
                    name: self.name.clone(),
                    kind: self.kind,
                    bytes: self.bytes.clone(),
                };
                let mut renamed = self.message(0x8180, &self.records(own, &[*wrong], 300));
                // Another letter of the name, as a name of somebody else.
                renamed[13] ^= 1;
                let guess = other.message(0x8180, &self.records(own, &[*wrong], 300));
                let answer = self.message(0x8180, &self.records(own, &[*right], 300));
                vec![guess, renamed, vec![0xff], answer]
            }
            Act::Exchanges(servers) => {
                let record = |(preference, host): &(u16, &str)| {
                    let data = [&preference.to_be_bytes()[..], &wire(host)].concat();
                    (own.to_vec(), 15, 300, data)
                };
                let servers = if self.kind == 15 { &servers[..] } else { &[] };
                let records: Vec<Record> = servers.iter().map(record).collect();
                vec![self.message(0x8180, &records)]
            }
        }
    }
}

/// A name as it is sent; the root where there is none.
fn wire(name: &str) -> Vec<u8> {
    let labels = name.split('.').filter(|label| !label.is_empty());
    let sized = labels.flat_map(|label| {
        let length = u8::try_from(label.len()).unwrap();
        std::iter::once(length).chain(label.bytes())
    });
    sized.chain([0]).collect()
}
