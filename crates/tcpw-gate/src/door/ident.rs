//! The client's user as its own machine names it (RFC 931, RFC 1413). Nothing in it can be trusted;
//! rules with `user@host` and the option `rfc931` ask for it.

use super::ends::Ends;
use super::name_service::Patience;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use rustix::net::{AddressFamily, SocketFlags, SocketType, bind, connect, socket_with, sockopt};
use std::io::{self, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

/// The service that knows users.
const PORT: u16 = 113;
/// The longest answer that is read.
const MOST_BYTES: usize = 512;
/// The longest name that libwrap reads.
const LONGEST: usize = 255;
/// The shortest time limit of a socket: one of nothing would be none.
const SHORTEST: Duration = Duration::from_millis(1);

/// The user at the client's end; nothing if nobody there says one in time.
pub(crate) fn user_of(ends: Ends, patience: Patience) -> Option<Vec<u8>> {
    let (client, server) = (ends.client.port(), ends.server.port());
    let answer = answer(ends, patience).ok()?;
    user_in(&answer, client, server)
}

fn answer(ends: Ends, patience: Patience) -> io::Result<Vec<u8>> {
    let mut asked = connection(ends, patience)?;
    asked.set_write_timeout(Some(patience.left().max(SHORTEST)))?;
    let question = format!("{},{}\r\n", ends.client.port(), ends.server.port());
    asked.write_all(question.as_bytes())?;
    let mut answer = Vec::new();
    while !answer.contains(&b'\n') && answer.len() < MOST_BYTES {
        let left = patience.left();
        if left.is_zero() {
            return Err(io::ErrorKind::TimedOut.into());
        }
        asked.set_read_timeout(Some(left))?;
        let mut piece = [0; 128];
        let length = asked.read(&mut piece)?;
        if length == 0 {
            break;
        }
        answer.extend_from_slice(piece.get(..length).unwrap_or_default());
    }
    Ok(answer)
}

/// A connection from the address that the client knows to its service.
fn connection(ends: Ends, patience: Patience) -> io::Result<TcpStream> {
    let family = if ends.client.is_ipv4() {
        AddressFamily::INET
    } else {
        AddressFamily::INET6
    };
    let flags = SocketFlags::CLOEXEC | SocketFlags::NONBLOCK;
    let socket = socket_with(family, SocketType::STREAM, flags, None)?;
    let port = |mut address: SocketAddr, port| {
        address.set_port(port);
        address
    };
    bind(&socket, &port(ends.server, 0))?;
    match connect(&socket, &port(ends.client, PORT)) {
        Err(Errno::INPROGRESS) => {
            let left = Timespec::try_from(patience.left()).map_err(io::Error::other)?;
            let mut watched = [PollFd::new(&socket, PollFlags::OUT)];
            if poll(&mut watched, Some(&left))? == 0 {
                return Err(io::ErrorKind::TimedOut.into());
            }
            sockopt::socket_error(&socket)??;
        }
        connected => connected?,
    }
    let stream = TcpStream::from(socket);
    stream.set_nonblocking(false)?;
    Ok(stream)
}

/// The user in the answer `CLIENT , SERVER : USERID : SYSTEM : USER`, if it is about these ports.
fn user_in(answer: &[u8], client: u16, server: u16) -> Option<Vec<u8>> {
    let line = answer.split(|&byte| byte == b'\n').next()?;
    let mut fields = line.splitn(4, |&byte| byte == b':');
    let text = |field: &[u8]| String::from_utf8_lossy(field).trim().to_owned();
    let ports = text(fields.next()?);
    let (first, second) = ports.split_once(',')?;
    let is_asked = first.trim().parse() == Ok(client) && second.trim().parse() == Ok(server);
    if !is_asked || text(fields.next()?) != "USERID" || fields.next()?.is_empty() {
        return None;
    }
    let user = fields.next()?.trim_ascii_start();
    let end = user.iter().position(u8::is_ascii_whitespace);
    let user = user.get(..end.unwrap_or(user.len()).min(LONGEST))?;
    (!user.is_empty()).then(|| user.to_vec())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_about_other_ports_names_nobody() {
        let user = |answer: &[u8]| user_in(answer, 40_000, 22);
        assert_eq!(
            user(b"40000 , 22 : USERID : UNIX :bob\r\n"),
            Some(b"bob".to_vec())
        );
        assert_eq!(
            user(b"40000,22:USERID:UNIX,utf-8: a b\r\n"),
            Some(b"a".to_vec())
        );
        for answer in [
            &b"40000 , 23 : USERID : UNIX : bob\r\n"[..],
            b"40001 , 22 : USERID : UNIX : bob\r\n",
            b"40000 , 22 : ERROR : NO-USER\r\n",
            b"40000 , 22 : USERID : UNIX :\r\n",
            b"40000 , 22 : USERID :: bob\r\n",
            b"\xff\0:::",
            b"",
        ] {
            assert_eq!(user(answer), None, "{answer:?}");
        }
    }
}
