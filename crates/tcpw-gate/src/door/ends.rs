//! Who is at the other end of standard input, and at this one.

use std::fs;
use std::io::{self, ErrorKind};
use std::net::{SocketAddr, TcpStream, UdpSocket};
use std::os::fd::AsFd as _;
use std::os::unix::net::UnixStream;

/// The two ends of a conversation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Ends {
    pub(crate) client: SocketAddr,
    pub(crate) server: SocketAddr,
    /// The first packet of somebody who has no connection: it is still to be read.
    pub(crate) is_packet: bool,
}

/// The ends of the socket that is standard input; nothing if it is one of this machine's own, whose
/// other end is here.
///
/// # Errors
/// When it is not such a socket, or nobody is at the other end.
pub(crate) fn ends() -> io::Result<Option<Ends>> {
    let local = UnixStream::from(io::stdin().as_fd().try_clone_to_owned()?);
    if local.peer_addr().is_ok() {
        return Ok(None);
    }
    let socket = TcpStream::from(io::stdin().as_fd().try_clone_to_owned()?);
    let server = socket.local_addr()?;
    match socket.peer_addr() {
        Ok(client) => Ok(Some(Ends {
            client,
            server,
            is_packet: false,
        })),
        Err(error) if error.kind() == ErrorKind::NotConnected => {
            let packets = UdpSocket::from(io::stdin().as_fd().try_clone_to_owned()?);
            packets.set_nonblocking(true)?;
            let peeked = packets.peek_from(&mut [0]);
            packets.set_nonblocking(false)?;
            let Ok((_, client)) = peeked else {
                return Err(error);
            };
            Ok(Some(Ends {
                client,
                server,
                is_packet: true,
            }))
        }
        Err(error) => Err(error),
    }
}

/// Reads the packet of a client that is not served, or inetd would start the next process for it.
pub(crate) fn eat_packet() {
    if let Ok(descriptor) = io::stdin().as_fd().try_clone_to_owned() {
        // A packet that is gone by now need not be read.
        drop(UdpSocket::from(descriptor).recv_from(&mut [0]));
    }
}

/// An address as getnameinfo(3) writes it, which is how libwrap compares it: a link's with the name of
/// the interface.
pub(crate) fn address_text(address: SocketAddr) -> String {
    let ip = address.ip();
    match address {
        SocketAddr::V6(v6) if v6.scope_id() != 0 => {
            let is_of_link = v6.ip().is_unicast_link_local();
            let name = is_of_link.then(|| interface(v6.scope_id())).flatten();
            let zone = name.unwrap_or_else(|| v6.scope_id().to_string());
            format!("{ip}%{zone}")
        }
        SocketAddr::V4(_) | SocketAddr::V6(_) => ip.to_string(),
    }
}

/// The interface of this number.
fn interface(number: u32) -> Option<String> {
    let number = number.to_string();
    fs::read_dir("/sys/class/net")
        .ok()?
        .flatten()
        .find_map(|entry| {
            let index = fs::read_to_string(entry.path().join("ifindex")).ok()?;
            (index.trim() == number).then(|| entry.file_name().into_string().ok())?
        })
}
