//! A mail server that misbehaves on the wire, at the verb of one's choice.

use super::server::Certificates;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned, crypto};
use std::io::{self, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

/// What the server does in place of its usual answer.
#[derive(Clone)]
pub(super) enum Act {
    Say(&'static [u8]),
    /// A byte at a time, with a pause after each.
    Drip(&'static [u8], Duration),
    /// Nothing, until the other side leaves.
    Stall,
    Close,
    /// The same bytes again and again, until the other side leaves.
    Flood(&'static [u8]),
}

/// What happens at `Greeting`, a command's line, `Body` (in the middle of the message) or `Dot`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum At<'a> {
    Greeting,
    Command(&'a str),
    Body,
    Dot,
}

type Plan = dyn Fn(At<'_>) -> Option<Act> + Send + Sync;

/// How it protects its connections.
#[derive(Clone)]
pub(super) enum Protection {
    None,
    StartTls(Arc<ServerConfig>),
    Implicit(Arc<ServerConfig>),
}

pub(super) struct Rogue {
    pub(super) port: u16,
    heard: Arc<Mutex<Vec<String>>>,
    mails: Arc<Mutex<Vec<String>>>,
}

impl Rogue {
    pub(super) fn start(
        protection: Protection,
        plan: impl Fn(At<'_>) -> Option<Act> + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let rogue = Self {
            port: listener.local_addr().unwrap().port(),
            heard: Arc::default(),
            mails: Arc::default(),
        };
        let (heard, mails) = (Arc::clone(&rogue.heard), Arc::clone(&rogue.mails));
        let plan: Arc<Plan> = Arc::new(plan);
        thread::spawn(move || {
            for tcp in listener.incoming() {
                let session = Session {
                    plan: Arc::clone(&plan),
                    heard: Arc::clone(&heard),
                    mails: Arc::clone(&mails),
                    starttls: None,
                };
                let protection = protection.clone();
                // However a conversation ends, the next one may begin.
                thread::spawn(move || drop(session.run(tcp.unwrap(), protection)));
            }
        });
        rogue
    }

    /// One that does `act` at the command that begins with `verb`, or at `Greeting`, `Body`, `Dot`.
    pub(super) fn at(protection: Protection, verb: &'static str, act: Act) -> Self {
        Self::start(protection, move |at| {
            let is_there = match at {
                At::Greeting => verb == "greeting",
                At::Command(line) => line.starts_with(verb),
                At::Body => verb == "body",
                At::Dot => verb == "dot",
            };
            is_there.then(|| act.clone())
        })
    }

    /// Every command it was given.
    pub(super) fn heard(&self) -> Vec<String> {
        self.heard.lock().unwrap().clone()
    }

    /// Every message it took.
    pub(super) fn mails(&self) -> Vec<String> {
        self.mails.lock().unwrap().clone()
    }
}

/// The certificate `name` of `certificates`, for a server.
pub(super) fn certified(certificates: &Certificates, name: &str) -> Arc<ServerConfig> {
    let chain = CertificateDer::pem_file_iter(certificates.path(&format!("{name}.pem")))
        .unwrap()
        .collect::<Result<Vec<_>, _>>()
        .unwrap();
    let key = PrivateKeyDer::from_pem_file(certificates.path("leaf.key")).unwrap();
    let config = ServerConfig::builder_with_provider(Arc::new(crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(chain, key)
        .unwrap();
    Arc::new(config)
}

pub(super) fn protected(
    tcp: TcpStream,
    config: &Arc<ServerConfig>,
) -> io::Result<StreamOwned<ServerConnection, TcpStream>> {
    let connection = ServerConnection::new(Arc::clone(config)).map_err(io::Error::other)?;
    let mut stream = StreamOwned::new(connection, tcp);
    while stream.conn.is_handshaking() {
        stream.conn.complete_io(&mut stream.sock)?;
    }
    Ok(stream)
}

trait Stream: Read + Write {}
impl<T: Read + Write> Stream for T {}

struct Session {
    plan: Arc<Plan>,
    heard: Arc<Mutex<Vec<String>>>,
    mails: Arc<Mutex<Vec<String>>>,
    starttls: Option<Arc<ServerConfig>>,
}

impl Session {
    fn run(mut self, tcp: TcpStream, protection: Protection) -> io::Result<()> {
        match protection {
            Protection::None => self.greet(tcp),
            Protection::Implicit(config) => self.greet(protected(tcp, &config)?),
            Protection::StartTls(config) => {
                self.starttls = Some(Arc::clone(&config));
                let mut plain = tcp.try_clone()?;
                self.act(&mut plain, At::Greeting, b"220 rogue ESMTP\r\n")?;
                if !self.converse(&mut plain)? {
                    return Ok(());
                }
                self.starttls = None;
                let mut stream = protected(tcp, &config)?;
                self.converse(&mut stream).map(drop)
            }
        }
    }

    fn greet(&self, mut stream: impl Stream) -> io::Result<()> {
        self.act(&mut stream, At::Greeting, b"220 rogue ESMTP\r\n")?;
        self.converse(&mut stream).map(drop)
    }

    /// Until QUIT, or the command STARTTLS: true.
    fn converse(&self, stream: &mut impl Stream) -> io::Result<bool> {
        loop {
            let line = line(stream)?;
            let verb = line.split([' ', ':']).next().unwrap_or_default();
            Self::note(&self.heard, &line);
            let usual: &[u8] = match verb {
                "EHLO" if self.starttls.is_some() => b"250-rogue\r\n250 STARTTLS\r\n",
                "EHLO" => b"250-rogue\r\n250-SIZE 1000000\r\n250 AUTH PLAIN LOGIN\r\n",
                "STARTTLS" => b"220 go ahead\r\n",
                "AUTH" => b"235 welcome\r\n",
                "DATA" => b"354 go on\r\n",
                "QUIT" => b"221 bye\r\n",
                _ => b"250 fine\r\n",
            };
            self.act(stream, At::Command(&line), usual)?;
            match verb {
                "STARTTLS" => return Ok(true),
                "DATA" => self.take(stream)?,
                "QUIT" => return Ok(false),
                _ => {}
            }
        }
    }

    fn note(list: &Mutex<Vec<String>>, text: &str) {
        list.lock().unwrap().push(text.to_owned());
    }

    fn take(&self, stream: &mut impl Stream) -> io::Result<()> {
        self.act(stream, At::Body, b"")?;
        let mut message = String::new();
        loop {
            let line = line(stream)?;
            if line == "." {
                break;
            }
            message.push_str(&line);
            message.push('\n');
        }
        // A mail counts as taken unless it is refused, whatever is answered then.
        let act = (self.plan)(At::Dot);
        let is_refused = matches!(&act, Some(Act::Say([b'4' | b'5', ..])));
        if !is_refused {
            Self::note(&self.mails, &message);
        }
        self.act(stream, At::Dot, b"250 2.0.0 kept\r\n")
    }

    fn act(&self, stream: &mut impl Stream, at: At<'_>, usual: &[u8]) -> io::Result<()> {
        match (self.plan)(at) {
            None => say(stream, usual),
            Some(Act::Say(bytes)) => say(stream, bytes),
            Some(Act::Drip(bytes, pause)) => {
                for byte in bytes {
                    say(stream, &[*byte])?;
                    thread::sleep(pause);
                }
                Ok(())
            }
            Some(Act::Stall) => {
                io::copy(stream, &mut io::sink())?;
                Err(io::ErrorKind::UnexpectedEof.into())
            }
            Some(Act::Close) => Err(io::ErrorKind::ConnectionAborted.into()),
            Some(Act::Flood(bytes)) => loop {
                say(stream, bytes)?;
            },
        }
    }
}

fn say(stream: &mut impl Stream, bytes: &[u8]) -> io::Result<()> {
    stream.write_all(bytes)?;
    stream.flush()
}

/// The next line, without its end.
fn line(stream: &mut impl Stream) -> io::Result<String> {
    let mut line = Vec::new();
    let mut byte = [0];
    loop {
        stream.read_exact(&mut byte)?;
        match byte[0] {
            b'\n' => break,
            b'\r' => {}
            other => line.push(other),
        }
    }
    Ok(String::from_utf8_lossy(&line).into_owned())
}
