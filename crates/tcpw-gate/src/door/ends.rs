//! Who is at the other end of standard input, and at this one.

use rustix::net::netdevice::{index_to_name, name_to_index};
use rustix::net::{AddressFamily, RecvFlags, SocketFlags, SocketType, recvfrom, socket_with};
use std::io::{self, ErrorKind};
use std::net::{SocketAddr, TcpStream};
use std::os::fd::{AsFd as _, OwnedFd};
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
            let Some(client) = sender(RecvFlags::PEEK) else {
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
    // A packet that is gone by now need not be read.
    sender(RecvFlags::empty());
}

/// Who sent the packet that is first in the queue, if there is one. The socket is inetd's, too: how it
/// is set stays as it is.
fn sender(flags: RecvFlags) -> Option<SocketAddr> {
    let flags = flags | RecvFlags::DONTWAIT;
    let (_, _, sender) = recvfrom(io::stdin(), &mut [0; 1], flags).ok()?;
    sender?.try_into().ok()
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
    index_to_name(asked().ok()?, number).ok()
}

/// The number of the interface of this name, which the kernel is asked for: there may be no `/sys`.
pub(crate) fn interface_number(name: &[u8]) -> Option<u32> {
    name_to_index(asked().ok()?, str::from_utf8(name).ok()?).ok()
}

/// A socket through which the kernel is asked.
fn asked() -> io::Result<OwnedFd> {
    let flags = SocketFlags::CLOEXEC;
    let socket = socket_with(AddressFamily::UNIX, SocketType::DGRAM, flags, None)?;
    Ok(socket)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn interfaces_are_known_by_name_and_number() {
        let number = interface_number(b"lo").unwrap();
        assert_eq!(interface(number).unwrap(), "lo");
        for other in [
            &b""[..],
            b".",
            b"..",
            b"lo/x",
            b"a-name-that-is-too-long",
            b"\xff",
            b"l\0o",
        ] {
            assert_eq!(interface_number(other), None, "{other:?}");
        }
        let text = |address: &str| address_text(address.parse().unwrap());
        assert_eq!(text(&format!("[fe80::1%{number}]:1")), "fe80::1%lo");
        assert_eq!(text("[fe80::1%4294967295]:1"), "fe80::1%4294967295");
        assert_eq!(
            text(&format!("[2001:db8::1%{number}]:1")),
            format!("2001:db8::1%{number}")
        );
    }
}
