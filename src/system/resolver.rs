//! Names of addresses, found and doubted the way libwrap does it (F-NAME-07).

use dns_lookup::{AddrInfoHints, LookupErrorKind, getaddrinfo, getnameinfo};
use hosts_access::HostName;
use nix::libc;
use std::net::{IpAddr, SocketAddr};

/// What the name service says about an address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NameAnswer {
    /// A name that leads back to the address.
    Name(String),
    /// No name.
    Nothing,
    /// A name that is not believed: libwrap calls such a host `paranoid`.
    Doubtful {
        /// The name.
        name: String,
        /// Why it is not believed.
        why: Doubt,
    },
}

/// Why a name is not believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Doubt {
    /// It has no address.
    NoAddress,
    /// Its addresses are others.
    OtherAddress,
    /// The name is an alias of another name.
    Alias,
    /// The name is itself an address.
    Number,
}

impl Doubt {
    /// After "the name ...".
    pub fn as_str(self) -> &'static str {
        match self {
            Self::NoAddress => "has no address",
            Self::OtherAddress => "leads to another address",
            Self::Alias => "is an alias of another name",
            Self::Number => "is itself an address",
        }
    }
}

/// Finds the name of an address.
pub trait Resolver {
    /// Asks for the name and confirms it by asking for its addresses.
    ///
    /// # Errors
    /// When the name service does not answer; libwrap takes that for "no name".
    fn name_of(&self, address: IpAddr) -> Result<NameAnswer, String>;

    /// Asks for the addresses of a name: each once, in the order of the answer.
    ///
    /// # Errors
    /// What the name service says when there is none.
    fn addresses_of(&self, name: &str) -> Result<Vec<IpAddr>, String>;
}

/// The machine's own name service, with all it is configured to ask.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemResolver;

impl Resolver for SystemResolver {
    fn addresses_of(&self, name: &str) -> Result<Vec<IpAddr>, String> {
        let hints = AddrInfoHints {
            socktype: libc::SOCK_STREAM,
            ..AddrInfoHints::default()
        };
        let answers = getaddrinfo(Some(name), None, Some(hints))
            .map_err(|error| std::io::Error::from(error).to_string())?;
        let mut addresses = Vec::new();
        for answer in answers.filter_map(Result::ok) {
            let address = answer.sockaddr.ip();
            if !addresses.contains(&address) {
                addresses.push(address);
            }
        }
        Ok(addresses)
    }

    fn name_of(&self, address: IpAddr) -> Result<NameAnswer, String> {
        // libwrap looks up mapped addresses as the IPv4 address inside (F-NAME-08).
        name_of(SocketAddr::new(address.to_canonical(), 0))
    }
}

impl SystemResolver {
    /// The name of an address as it is written, which may have a zone: an address of a link must lead back
    /// to that link.
    ///
    /// # Errors
    /// As [`Resolver::name_of`], and when this is no address of this machine's.
    pub fn name_at(&self, text: &str) -> Result<NameAnswer, String> {
        let hints = AddrInfoHints {
            flags: libc::AI_NUMERICHOST,
            socktype: libc::SOCK_STREAM,
            ..AddrInfoHints::default()
        };
        let mut found = getaddrinfo(Some(text), None, Some(hints))
            .map_err(|error| std::io::Error::from(error).to_string())?;
        let Some(Ok(found)) = found.next() else {
            return Ok(NameAnswer::Nothing);
        };
        match found.sockaddr.ip().to_canonical() {
            IpAddr::V4(inside) => name_of(SocketAddr::from((inside, 0))),
            IpAddr::V6(_) => name_of(found.sockaddr),
        }
    }
}

fn name_of(address: SocketAddr) -> Result<NameAnswer, String> {
    let name = match getnameinfo(&address, libc::NI_NAMEREQD) {
        // What libwrap keeps of a name must lead back, not the name.
        Ok((name, _)) => String::from_utf8_lossy(HostName::new(name).as_bytes()).into_owned(),
        Err(error) if matches!(error.kind(), LookupErrorKind::NoName) => {
            return Ok(NameAnswer::Nothing);
        }
        Err(error) => return Err(std::io::Error::from(error).to_string()),
    };
    let doubt = |name: String, why| Ok(NameAnswer::Doubtful { name, why });
    if name.parse::<IpAddr>().is_ok() {
        return doubt(name, Doubt::Number);
    }
    let hints = AddrInfoHints {
        flags: libc::AI_CANONNAME,
        socktype: libc::SOCK_STREAM,
        ..AddrInfoHints::default()
    };
    let Ok(answers) = getaddrinfo(Some(&name), None, Some(hints)) else {
        return doubt(name, Doubt::NoAddress);
    };
    let answers: Vec<_> = answers.filter_map(Result::ok).collect();
    let canonical = answers
        .iter()
        .find_map(|answer| answer.canonname.as_deref());
    // `localhost` is exempt from this test.
    let is_alias = canonical.is_some_and(|canonical| !canonical.eq_ignore_ascii_case(&name));
    if is_alias && !name.eq_ignore_ascii_case("localhost") {
        return doubt(name, Doubt::Alias);
    }
    if answers
        .iter()
        .any(|answer| are_alike(answer.sockaddr, address))
    {
        Ok(NameAnswer::Name(name))
    } else {
        doubt(name, Doubt::OtherAddress)
    }
}

/// Whether they are one address, on one link.
fn are_alike(one: SocketAddr, other: SocketAddr) -> bool {
    let parts = |address: SocketAddr| {
        let link = match address {
            SocketAddr::V4(_) => 0,
            SocketAddr::V6(v6) => v6.scope_id(),
        };
        (address.ip().to_canonical(), link)
    };
    parts(one) == parts(other)
}
