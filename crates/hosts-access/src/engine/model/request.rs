//! A request for access: who wants to reach which daemon.

/// libwrap keeps this many bytes of each string (F-DAEMON-12).
const STRING_LIMIT: usize = 127;

/// The word for what is not known.
const UNKNOWN: &[u8] = b"unknown";
/// The word for a name whose address does not lead back to the client.
const PARANOID: &[u8] = b"paranoid";

/// The name of a host as libwrap sees it: a name, or the words `unknown` or `paranoid`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct HostName(Vec<u8>);

impl HostName {
    /// A host without a name.
    pub fn unknown() -> Self {
        Self(UNKNOWN.to_vec())
    }

    /// A host whose name is not believed.
    pub fn paranoid() -> Self {
        Self(PARANOID.to_vec())
    }

    /// A name, one of the two words in any case, or nothing, which is `unknown`.
    pub fn new(name: impl AsRef<[u8]>) -> Self {
        Self(string(name.as_ref()))
    }

    /// The name of a host that is looked up once a rule asks for it, by
    /// [`Surroundings::find_out`](crate::Surroundings::find_out).
    pub fn unasked() -> Self {
        Self(Vec::new())
    }

    /// Whether it is still to be looked up.
    pub fn is_unasked(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether it is a name rather than one of the two words.
    pub fn is_known(&self) -> bool {
        !self.is_unasked()
            && !self.0.eq_ignore_ascii_case(UNKNOWN)
            && !self.0.eq_ignore_ascii_case(PARANOID)
    }

    /// Its bytes.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    pub(crate) fn bytes_mut(&mut self) -> &mut Vec<u8> {
        &mut self.0
    }
}

/// What a request may leave open until a rule asks for it: it costs a question to the network.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Open {
    /// The client's name.
    ClientName,
    /// The server's name.
    ServerName,
    /// The client's user.
    User,
}

impl Open {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::ClientName, Self::ServerName, Self::User];
}

/// One end of a connection.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Host {
    pub(crate) address: Vec<u8>,
    pub(crate) name: HostName,
}

impl Host {
    /// An end with `address`, or `unknown` if that is empty.
    pub fn new(address: impl AsRef<[u8]>, name: HostName) -> Self {
        Self {
            address: string(address.as_ref()),
            name,
        }
    }

    /// An end of which nothing is known.
    pub fn unknown() -> Self {
        Self::new("", HostName::unknown())
    }

    /// The address as text.
    pub fn address(&self) -> &[u8] {
        &self.address
    }

    /// The name.
    pub fn name(&self) -> &HostName {
        &self.name
    }

    pub(crate) fn is_address_known(&self) -> bool {
        !self.address.eq_ignore_ascii_case(UNKNOWN)
    }
}

/// Who wants to reach which daemon.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Request {
    pub(crate) daemon: Vec<u8>,
    pub(crate) user: Vec<u8>,
    pub(crate) client: Host,
    pub(crate) server: Host,
    pub(crate) client_port: Option<u16>,
    pub(crate) server_port: Option<u16>,
    pub(crate) process: u32,
}

impl Request {
    /// A request of `client` for `daemon`; user and server end are unknown, as for `hosts_ctl`.
    pub fn new(daemon: impl AsRef<[u8]>, client: Host) -> Self {
        Self {
            daemon: cut(daemon.as_ref()),
            user: UNKNOWN.to_vec(),
            client,
            server: Host::unknown(),
            client_port: None,
            server_port: None,
            process: 0,
        }
    }

    /// With the client's user name; nothing is `unknown`.
    #[must_use]
    pub fn with_user(mut self, user: impl AsRef<[u8]>) -> Self {
        self.user = string(user.as_ref());
        self
    }

    /// With a client whose user is asked for once a rule wants to know.
    #[must_use]
    pub fn with_unasked_user(mut self) -> Self {
        self.user.clear();
        self
    }

    /// With the client's port, for `%r`.
    #[must_use]
    pub fn with_client_port(mut self, port: u16) -> Self {
        self.client_port = Some(port);
        self
    }

    /// With the server's end and port.
    #[must_use]
    pub fn with_server(mut self, server: Host, port: Option<u16>) -> Self {
        self.server = server;
        self.server_port = port;
        self
    }

    /// With the id of the daemon's process, for `%p`.
    #[must_use]
    pub fn with_process(mut self, process: u32) -> Self {
        self.process = process;
        self
    }

    /// The daemon's name.
    pub fn daemon(&self) -> &[u8] {
        &self.daemon
    }

    /// The client's end.
    pub fn client(&self) -> &Host {
        &self.client
    }

    /// The server's end.
    pub fn server(&self) -> &Host {
        &self.server
    }

    /// The client's user; nothing if nobody asked for it yet.
    pub fn user(&self) -> &[u8] {
        &self.user
    }

    /// With what was found out about it.
    pub fn learn(&mut self, open: Open, found: impl AsRef<[u8]>) {
        *self.slot(open) = string(found.as_ref());
    }

    /// Whether this is still to be found out.
    pub fn is_open(&self, open: Open) -> bool {
        match open {
            Open::ClientName => self.client.name.is_unasked(),
            Open::ServerName => self.server.name.is_unasked(),
            Open::User => self.user.is_empty(),
        }
    }

    fn slot(&mut self, open: Open) -> &mut Vec<u8> {
        match open {
            Open::ClientName => &mut self.client.name.0,
            Open::ServerName => &mut self.server.name.0,
            Open::User => &mut self.user,
        }
    }

    /// Whether the client's user is known.
    pub fn is_user_known(&self) -> bool {
        !self.user.is_empty() && !self.user.eq_ignore_ascii_case(UNKNOWN)
    }
}

/// `text` as libwrap keeps it: its first 127 bytes.
fn cut(text: &[u8]) -> Vec<u8> {
    text.get(..STRING_LIMIT).unwrap_or(text).to_vec()
}

/// The same, `unknown` if it is empty.
pub(crate) fn string(text: &[u8]) -> Vec<u8> {
    cut(if text.is_empty() { UNKNOWN } else { text })
}

/// Puts `text` in place of what `kept` holds, in the memory it has.
fn refill(kept: &mut Vec<u8>, text: &[u8]) {
    kept.clear();
    kept.extend_from_slice(text.get(..STRING_LIMIT).unwrap_or(text));
}

/// The strings of a request, borrowed; an empty one is `unknown`, but for the daemon's.
#[derive(Debug, Clone, Copy, Default)]
pub struct Fields<'f> {
    /// The daemon's name.
    pub daemon: &'f [u8],
    /// The client's address.
    pub address: &'f [u8],
    /// The client's name.
    pub name: &'f [u8],
    /// The client's user.
    pub user: &'f [u8],
    /// The server's address.
    pub server_address: &'f [u8],
    /// The server's name.
    pub server_name: &'f [u8],
    /// The server's port.
    pub server_port: Option<u16>,
}

impl Request {
    /// Becomes another request, in the memory it has: for many queries one after the other.
    pub fn refill(&mut self, fields: &Fields<'_>) {
        refill(&mut self.daemon, fields.daemon);
        for (kept, text) in [
            (&mut self.client.address, fields.address),
            (&mut self.client.name.0, fields.name),
            (&mut self.user, fields.user),
            (&mut self.server.address, fields.server_address),
            (&mut self.server.name.0, fields.server_name),
        ] {
            refill(kept, if text.is_empty() { UNKNOWN } else { text });
        }
        self.server_port = fields.server_port;
    }
}
