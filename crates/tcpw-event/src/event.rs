//! A recorded fact about a connection: what libwrap said, when, and who reported it.

use chrono::{DateTime, Utc};
use std::net::IpAddr;

/// The longest host that is kept in full: far above what DNS (255) and libwrap (127,
/// F-DAEMON-12) can produce.
pub const HOST_LIMIT: usize = 16 * 1024;
/// The longest of every other value that is kept in full.
pub const VALUE_LIMIT: usize = 1024;

/// The reporter of an event that anybody may have put where it was found: a file of root's in a
/// directory that others can write to. No user has this number.
pub const UNKNOWN_REPORTER: u32 = u32::MAX;

/// Bytes that the reporter gave, cut to a limit.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Claim {
    bytes: Vec<u8>,
    length: u64,
}

impl Claim {
    /// The first `limit` bytes of `bytes`, and how many there were.
    pub fn cut(bytes: &[u8], limit: usize) -> Self {
        Self {
            bytes: bytes.get(..limit).unwrap_or(bytes).to_vec(),
            length: u64::try_from(bytes.len()).unwrap_or(u64::MAX),
        }
    }

    /// What was kept of `length` bytes; nothing when more was kept than there was.
    pub fn kept(bytes: Vec<u8>, length: u64) -> Option<Self> {
        let kept = u64::try_from(bytes.len()).ok()?;
        (kept <= length).then_some(Self { bytes, length })
    }

    /// This claim with at most `limit` bytes kept; how many there were stays known.
    #[must_use]
    pub fn shortened(&self, limit: usize) -> Self {
        Self {
            bytes: self.bytes.get(..limit).unwrap_or(&self.bytes).to_vec(),
            length: self.length,
        }
    }

    /// What was kept.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// How many bytes were given.
    pub fn length(&self) -> u64 {
        self.length
    }

    /// Whether something was left out.
    pub fn is_cut(&self) -> bool {
        u64::try_from(self.bytes.len()).unwrap_or(u64::MAX) < self.length
    }

    /// Whether nothing was given.
    pub fn is_empty(&self) -> bool {
        self.length == 0
    }
}

/// One connection that fired an alert rule. All values but the time and the reporter are bytes a
/// stranger may have chosen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// When it was reported.
    pub time: DateTime<Utc>,
    /// The client as libwrap calls it (`%h`): its name if a rule asked for it, else its address.
    pub host: Claim,
    /// The client's address (`%a`).
    pub addr: Claim,
    /// The daemon (`%d`).
    pub daemon: Claim,
    /// The server's end (`%s`), `daemon@host`.
    pub server: Claim,
    /// The daemon's process (`%p`).
    pub pid: Claim,
    /// The client's user, if the rule says one (`%u`): what an ident server of the client's own
    /// machine says.
    pub user: Claim,
    /// The user who reported it: the owner of the event file, which cannot be forged. Root only if
    /// nobody else can put a file where it was found, else [`UNKNOWN_REPORTER`] in its place.
    pub uid: u32,
}

impl Event {
    /// What events of one client have in common: the address, else the host.
    pub fn source(&self) -> &[u8] {
        match self.addr.bytes() {
            [] => self.host.bytes(),
            addr => addr,
        }
    }
}

impl Event {
    /// The client's address, if it is one: IPv4 also where it comes inside IPv6 (F-V4-15), and
    /// without the zone of a link (F-V6-09).
    pub fn address(&self) -> Option<IpAddr> {
        let bytes = match self.addr.bytes() {
            [] => self.host.bytes(),
            addr => addr,
        };
        let text = std::str::from_utf8(bytes).ok()?;
        let text = text.split('%').next().unwrap_or(text);
        text.parse()
            .ok()
            .map(|address: IpAddr| address.to_canonical())
    }
}
