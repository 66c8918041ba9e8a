//! The sockets of a network namespace: where somebody waits, and who is connected, from proc(5).

use crate::doctor::unread::Unread;
use crate::system::socket_end;
use std::collections::BTreeMap;
use std::fs;
use std::net::SocketAddr;
use std::path::Path;

/// `LISTEN` in the tables of sockets; a datagram socket without a peer has the state of `CLOSE`.
const LISTENING: &str = "0A";
const UNCONNECTED: &str = "07";
const ESTABLISHED: &str = "01";

/// A port that somebody waits at.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Port {
    /// Its number.
    pub number: u16,
    /// `tcp` or `udp`.
    pub protocol: &'static str,
    /// Whether only this machine itself reaches it.
    pub is_local: bool,
}

/// An established connection, as one end sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Connection {
    pub(super) local: SocketAddr,
    pub(super) remote: SocketAddr,
}

/// The sockets of a network namespace, by their inodes.
#[derive(Debug, Default)]
pub(super) struct Sockets {
    pub(super) ports: BTreeMap<u64, Port>,
    pub(super) connections: BTreeMap<u64, Connection>,
}

/// Those of the namespace of a process, whose directory below `/proc` is given. A table that cannot be
/// read is added to `unread`, the same one of all processes once.
pub(super) fn sockets(process: &Path, unread: &mut Unread) -> Sockets {
    let mut found = Sockets::default();
    for (table, protocol, waiting) in [
        ("net/tcp", "tcp", LISTENING),
        ("net/tcp6", "tcp", LISTENING),
        ("net/udp", "udp", UNCONNECTED),
        ("net/udp6", "udp", UNCONNECTED),
    ] {
        let read = fs::read_to_string(process.join(table));
        let any = process.with_file_name("PID").join(table);
        let text = unread.keep(&any, read).unwrap_or_default();
        for line in text.lines() {
            let Some((inode, state, connection)) = socket(line) else {
                continue;
            };
            if state == waiting {
                let port = Port {
                    number: connection.local.port(),
                    protocol,
                    is_local: connection.local.ip().is_loopback(),
                };
                found.ports.insert(inode, port);
            } else if state == ESTABLISHED && protocol == "tcp" {
                found.connections.insert(inode, connection);
            }
        }
    }
    found
}

/// A line of a table: the inode, the state, and both ends.
fn socket(line: &str) -> Option<(u64, &str, Connection)> {
    let mut words = line.split_ascii_whitespace();
    let connection = Connection {
        local: socket_end(words.nth(1)?)?,
        remote: socket_end(words.next()?)?,
    };
    let state = words.next()?;
    Some((words.nth(5)?.parse().ok()?, state, connection))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_the_kernel_are_read() {
        let line = "   0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000  0 0 4711 1";
        let (inode, state, connection) = socket(line).unwrap();
        assert_eq!((inode, state), (4711, LISTENING));
        if cfg!(target_endian = "little") {
            assert_eq!(connection.local, "127.0.0.1:8080".parse().unwrap());
        }
        let six = socket_end("00000000000000000000000001000000:0016").unwrap();
        if cfg!(target_endian = "little") {
            assert!(six.ip().is_loopback() && six.port() == 22);
        }
        for wrong in [
            "",
            "sl local_address rem_address st",
            "0: 1:2 3:4 0A",
            "0: 0100007F:1F90",
        ] {
            assert!(socket(wrong).is_none(), "{wrong}");
        }
    }
}
