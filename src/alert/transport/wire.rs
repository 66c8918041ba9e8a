//! A connection to a mail server whose every answer has an end, in time and in length. What is
//! read before the change to TLS is never taken for something said after it (RFC 3207, 6).

use crate::alert::model::fault::{Cause, Fault};
use crate::alert::transport::pinned::Seen;
use crate::alert::transport::tls;
use crate::escape::visible_short;
use rustls::pki_types::ServerName;
use rustls::{ClientConnection, StreamOwned};
use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::time::{Duration, Instant};
use thiserror::Error;

/// No line of an answer is longer (RFC 5321, 4.5.3.1.5 has 512).
const LONGEST_LINE: usize = 4096;
/// No answer is longer.
const LONGEST_REPLY: usize = 64 * 1024;
/// How much of what is no answer is shown.
const MOST_SHOWN: usize = 80;
const CHUNK: usize = 4096;

/// Why a connection is of no use any more.
#[derive(Debug, Error)]
pub(super) enum Broken {
    /// Nothing came in time.
    #[error("no answer within the time limit")]
    Silent,
    /// The other side hung up.
    #[error("the server closed the connection")]
    Closed,
    /// What came is not SMTP.
    #[error("this is not an answer of a mail server: {0}")]
    Odd(String),
    /// It goes on and on.
    #[error("the answer does not end")]
    Endless,
    /// Words that were there before TLS began.
    #[error(
        "the server sent data between STARTTLS and the TLS handshake, which may be an attack; nothing was sent"
    )]
    Injected,
    /// The server's name cannot stand in a certificate.
    #[error("{0} is not a name that a certificate can be for")]
    Name(String),
    /// TLS.
    #[error("{1}")]
    Tls(Cause, String),
    /// Anything else.
    #[error("{0}")]
    Io(io::Error),
}

impl From<io::Error> for Broken {
    fn from(cause: io::Error) -> Self {
        if let Some(error) = tls_error(&cause) {
            return Self::of_tls(error, &Seen::default());
        }
        let kind = cause.kind();
        let is_one_of = |kinds: &[io::ErrorKind]| kinds.contains(&kind);
        if is_one_of(&[io::ErrorKind::WouldBlock, io::ErrorKind::TimedOut]) {
            return Self::Silent;
        }
        let is_closed = is_one_of(&[
            io::ErrorKind::UnexpectedEof,
            io::ErrorKind::ConnectionReset,
            io::ErrorKind::ConnectionAborted,
            io::ErrorKind::BrokenPipe,
        ]);
        if is_closed {
            Self::Closed
        } else {
            Self::Io(cause)
        }
    }
}

impl Broken {
    fn of_tls(error: &rustls::Error, seen: &Seen) -> Self {
        let (cause, text) = tls::trouble(error, seen);
        Self::Tls(cause, text)
    }
}

/// What TLS has to say in an error of the stream.
fn tls_error(cause: &io::Error) -> Option<&rustls::Error> {
    cause.get_ref()?.downcast_ref()
}

impl From<Broken> for Fault {
    fn from(broken: Broken) -> Self {
        let text = broken.to_string();
        let cause = match broken {
            Broken::Silent => Cause::Silent,
            Broken::Injected => Cause::Injected,
            Broken::Tls(cause, _) => cause,
            Broken::Io(cause) if cause.kind() == io::ErrorKind::ConnectionRefused => {
                Cause::NobodyListens
            }
            Broken::Closed | Broken::Odd(_) | Broken::Endless | Broken::Name(_) | Broken::Io(_) => {
                Cause::Other
            }
        };
        Self::new(cause, text)
    }
}

/// An answer of the server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Reply {
    /// The three digits.
    pub(super) code: u16,
    /// The text of each line, as it came.
    pub(super) lines: Vec<Vec<u8>>,
}

impl Reply {
    /// Everything it says, on one line, safe to show.
    pub(super) fn text(&self, most: usize) -> String {
        visible_short(self.lines.join(&b' ').trim_ascii(), most)
    }

    /// Whether it says yes, or "go on".
    pub(super) fn is_positive(&self) -> bool {
        (200..400).contains(&self.code)
    }

    /// Whether it says "not now".
    pub(super) fn is_transient(&self) -> bool {
        (400..500).contains(&self.code)
    }
}

/// A socket on which nothing lasts beyond a moment that is set.
#[derive(Debug)]
struct Timed {
    tcp: TcpStream,
    until: Instant,
}

impl Timed {
    fn left(&self) -> io::Result<Duration> {
        let left = self.until.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Err(io::ErrorKind::TimedOut.into());
        }
        Ok(left)
    }
}

impl Read for Timed {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.tcp.set_read_timeout(Some(self.left()?))?;
        self.tcp.read(buffer)
    }
}

impl Write for Timed {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.tcp.set_write_timeout(Some(self.left()?))?;
        self.tcp.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.tcp.flush()
    }
}

enum Stream {
    Plain(Timed),
    Protected(Box<StreamOwned<ClientConnection, Timed>>),
}

/// A connection to a mail server.
pub(super) struct Wire {
    stream: Stream,
    /// What was received and not read yet.
    received: Vec<u8>,
    /// How long one step may take.
    step: Duration,
    /// When everything must be over.
    end: Instant,
    /// Nothing more can be said.
    is_broken: bool,
}

impl Wire {
    /// Connects to the first of `addresses` that answers. Every step that follows may take `step`,
    /// and nothing goes on after `end`.
    ///
    /// # Errors
    /// That of the last address.
    pub(super) fn connect(
        addresses: &[SocketAddr],
        step: Duration,
        end: Instant,
    ) -> Result<Self, Broken> {
        let mut last = Broken::Silent;
        for address in addresses {
            let left = end.saturating_duration_since(Instant::now());
            if left.is_zero() {
                break;
            }
            match TcpStream::connect_timeout(address, step.min(left)) {
                Ok(tcp) => {
                    tcp.set_nodelay(true)?;
                    let until = Instant::now();
                    return Ok(Self {
                        stream: Stream::Plain(Timed { tcp, until }),
                        received: Vec::new(),
                        step,
                        end,
                        is_broken: false,
                    });
                }
                Err(cause) => last = refused(cause),
            }
        }
        Err(last)
    }

    /// Whether the other end is this machine.
    pub(super) fn is_local(&self) -> bool {
        let peer = match &self.stream {
            Stream::Plain(timed) => timed.tcp.peer_addr(),
            Stream::Protected(stream) => stream.sock.tcp.peer_addr(),
        };
        peer.is_ok_and(|peer| peer.ip().to_canonical().is_loopback())
    }

    /// Whether nobody on the way can read it.
    pub(super) fn is_protected(&self) -> bool {
        matches!(self.stream, Stream::Protected(_))
    }

    /// Gives the next step its time, which is never beyond the end of the whole.
    fn begin_step(&mut self) {
        let until = (Instant::now() + self.step).min(self.end);
        self.give_until(until);
    }

    /// Gives the next step all the time that is left.
    pub(super) fn begin_long_step(&mut self) {
        self.give_until(self.end);
    }

    /// Shortens what is left: for what no longer matters.
    pub(super) fn hurry(&mut self, step: Duration) {
        self.step = self.step.min(step);
    }

    fn give_until(&mut self, until: Instant) {
        match &mut self.stream {
            Stream::Plain(timed) => timed.until = until,
            Stream::Protected(stream) => stream.sock.until = until,
        }
    }

    /// Sends bytes, in the time of the step that was begun.
    pub(super) fn send(&mut self, bytes: &[u8]) -> Result<(), Broken> {
        let sent = self.write(bytes);
        self.is_broken |= sent.is_err();
        Ok(sent?)
    }

    fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        match &mut self.stream {
            Stream::Plain(timed) => timed.write_all(bytes)?,
            Stream::Protected(stream) => {
                stream.write_all(bytes)?;
                stream.flush()?;
            }
        }
        Ok(())
    }

    /// One command and its answer, as one step.
    pub(super) fn command(&mut self, line: &str) -> Result<Reply, Broken> {
        self.begin_step();
        self.send(line.as_bytes())?;
        self.reply()
    }

    /// Whether something went wrong after which nobody knows who says what.
    pub(super) fn is_broken(&self) -> bool {
        self.is_broken
    }

    /// The server's first words, as one step.
    pub(super) fn greeting(&mut self) -> Result<Reply, Broken> {
        self.begin_step();
        self.reply()
    }

    /// The next answer, in the time of the step that was begun.
    pub(super) fn reply(&mut self) -> Result<Reply, Broken> {
        let reply = self.whole_reply();
        self.is_broken |= reply.is_err();
        reply
    }

    fn whole_reply(&mut self) -> Result<Reply, Broken> {
        let mut reply: Option<Reply> = None;
        let mut length = 0;
        loop {
            let line = self.line()?;
            length += line.len();
            let Some((code, is_last, text)) = split(&line) else {
                return Err(Broken::Odd(visible_short(&line, MOST_SHOWN)));
            };
            let reply = reply.get_or_insert(Reply {
                code,
                lines: Vec::new(),
            });
            if reply.code != code {
                return Err(Broken::Odd(visible_short(&line, MOST_SHOWN)));
            }
            reply.lines.push(text.to_vec());
            if is_last {
                return Ok(reply.clone());
            }
            if length > LONGEST_REPLY {
                return Err(Broken::Endless);
            }
        }
    }

    /// The next line, without its end.
    fn line(&mut self) -> Result<Vec<u8>, Broken> {
        let mut searched = 0;
        loop {
            let fresh = self.received.get(searched..).unwrap_or_default();
            if let Some(at) = memchr::memchr(b'\n', fresh) {
                let mut line: Vec<u8> = self.received.drain(..=searched + at).collect();
                line.pop();
                if line.last() == Some(&b'\r') {
                    line.pop();
                }
                return Ok(line);
            }
            searched = self.received.len();
            if searched > LONGEST_LINE {
                return Err(Broken::Endless);
            }
            self.receive()?;
        }
    }

    fn receive(&mut self) -> Result<(), Broken> {
        let mut chunk = [0; CHUNK];
        let length = match &mut self.stream {
            Stream::Plain(timed) => timed.read(&mut chunk)?,
            Stream::Protected(stream) => stream.read(&mut chunk)?,
        };
        if length == 0 {
            return Err(Broken::Closed);
        }
        self.received
            .extend_from_slice(chunk.get(..length).unwrap_or_default());
        Ok(())
    }

    /// Changes to TLS, as one step, with a server that must prove to be `name`.
    ///
    /// # Errors
    /// When the server cannot prove it, or when something was received that was not asked for.
    pub(super) fn protect(self, client: &tls::Client, name: &str) -> Result<Self, Broken> {
        let Stream::Plain(mut timed) = self.stream else {
            return Err(Broken::Injected);
        };
        if !self.received.is_empty() {
            return Err(Broken::Injected);
        }
        let server =
            ServerName::try_from(name.to_owned()).map_err(|_| Broken::Name(name.to_owned()))?;
        let connection = ClientConnection::new(Arc::clone(&client.config), server)
            .map_err(|error| Broken::of_tls(&error, &client.seen))?;
        timed.until = (Instant::now() + self.step).min(self.end);
        let mut stream = StreamOwned::new(connection, timed);
        while stream.conn.is_handshaking() {
            if let Err(cause) = stream.conn.complete_io(&mut stream.sock) {
                return Err(match tls_error(&cause) {
                    Some(error) => Broken::of_tls(error, &client.seen),
                    None => cause.into(),
                });
            }
        }
        Ok(Self {
            stream: Stream::Protected(Box::new(stream)),
            ..self
        })
    }

    /// Whether a server that keeps silent answers to TLS, within `patience`. Nothing else can be
    /// said on this connection afterwards.
    pub(super) fn speaks_tls(mut self, patience: Duration) -> bool {
        // No certificate has this fingerprint: nothing is trusted, and nothing is sent.
        let Ok(client) = tls::client(None, Some([0; 32])) else {
            return false;
        };
        let end = Instant::now() + patience;
        (self.step, self.end) = (patience, end);
        match self.protect(&client, "localhost") {
            Ok(_) => true,
            Err(Broken::Tls(cause, _)) => cause != Cause::SpeaksPlainly,
            Err(_) => false,
        }
    }
}

/// A connection that nobody takes is not one that was closed.
fn refused(cause: io::Error) -> Broken {
    let broken = Broken::from(cause);
    if matches!(broken, Broken::Closed) {
        return Broken::Io(io::ErrorKind::ConnectionReset.into());
    }
    broken
}

/// The parts of a line of an answer: code, whether it is the last one, text.
fn split(line: &[u8]) -> Option<(u16, bool, &[u8])> {
    let (digits, rest) = line.split_at_checked(3)?;
    if !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let code: u16 = std::str::from_utf8(digits).ok()?.parse().ok()?;
    let is_code = (200..600).contains(&code);
    match rest.split_first() {
        None if is_code => Some((code, true, &[])),
        Some((b' ', text)) if is_code => Some((code, true, text)),
        Some((b'-', text)) if is_code => Some((code, false, text)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_answers_are_taken_apart() {
        assert_eq!(split(b"250-x"), Some((250, false, b"x".as_slice())));
        assert_eq!(split(b"250 x"), Some((250, true, b"x".as_slice())));
        assert_eq!(split(b"250"), Some((250, true, b"".as_slice())));
        for odd in [
            "", "25", "2500", "abc x", "250_x", "199 x", "600 x", "+50 x",
        ] {
            assert_eq!(split(odd.as_bytes()), None, "{odd}");
        }
    }

    #[test]
    fn what_a_server_says_is_shown_on_one_line() {
        let reply = Reply {
            code: 550,
            lines: vec![b"\x1b[2Jno".to_vec(), b"\xff".to_vec()],
        };
        assert_eq!(reply.text(99), "\\x1b[2Jno \\xff");
    }
}
