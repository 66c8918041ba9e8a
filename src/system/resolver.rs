//! Names of addresses, found and doubted the way libwrap does it (F-NAME-07).

use dns_lookup::{AddrInfoHints, LookupErrorKind, getaddrinfo, getnameinfo};
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
        let address = address.to_canonical();
        let name = match getnameinfo(&SocketAddr::new(address, 0), libc::NI_NAMEREQD) {
            Ok((name, _)) => name,
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
            .any(|answer| answer.sockaddr.ip().to_canonical() == address)
        {
            Ok(NameAnswer::Name(name))
        } else {
            doubt(name, Doubt::OtherAddress)
        }
    }
}
