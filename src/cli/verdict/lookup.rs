//! Looking names and addresses up for `match --dns`: what was found and how long it took.

use crate::cli::base::Failure;
use crate::cli::base::address::is_address;
use crate::engine::HostName;
use crate::escape::visible;
use crate::system::{HAS_NAME_SERVICE, NameAnswer, Resolver as _, SystemResolver};
use std::ffi::OsStr;
use std::net::IpAddr;
use std::os::unix::ffi::OsStrExt as _;
use std::time::Instant;

/// A client to ask about.
#[derive(Debug, Clone)]
pub(crate) struct Client {
    /// Its address as text.
    pub(crate) address: String,
    /// Its name.
    pub(crate) name: HostName,
    /// What the name service said about it, if it was asked.
    pub(crate) lookup: Option<Lookup>,
}

/// An answer of the name service.
#[derive(Debug, Clone)]
pub(crate) struct Lookup {
    /// In words.
    pub(crate) what: String,
    /// Milliseconds it took.
    pub(crate) took: u64,
}

impl Lookup {
    /// As one line for people.
    pub(crate) fn line(&self) -> String {
        format!("{} ({} ms)", self.what, self.took)
    }
}

/// The clients that `client` means: itself if it is an address, else all addresses of that name;
/// each with its name as libwrap would find it.
///
/// # Errors
/// When the name service cannot be asked, or does not know the name.
pub(crate) fn look_up(client: &OsStr) -> Result<(Vec<Client>, Option<Lookup>), Failure> {
    check(HAS_NAME_SERVICE)?;
    let text = client.to_str().unwrap_or_default();
    if is_address(client.as_bytes()) {
        return Ok((vec![client_at(text)], None));
    }
    let shown = visible(client.as_bytes());
    let is_name = |byte: u8| byte.is_ascii_alphanumeric() || b".-_".contains(&byte);
    let looks_like_name =
        text.bytes().all(is_name) && text.bytes().any(|b| b.is_ascii_alphabetic());
    if !looks_like_name {
        return Err(Failure::new(format_args!(
            "`{shown}` is neither an address nor a host name"
        ))
        .hint("give an IPv4 or IPv6 address such as 192.0.2.7, or a host name"));
    }
    let start = Instant::now();
    let found = SystemResolver.addresses_of(text);
    let took = elapsed(start);
    let addresses = found.map_err(|error| {
        let error = visible(error.as_bytes());
        Failure::new(format_args!(
            "cannot find an address of {shown}: {error} ({took} ms)"
        ))
        .hint("check the name, or give the client's address")
    })?;
    let list: Vec<String> = addresses.iter().map(ToString::to_string).collect();
    let what = format!("{shown} has the addresses {}", list.join(", "));
    let clients = list.iter().map(|address| client_at(address)).collect();
    Ok((clients, Some(Lookup { what, took })))
}

/// Refuses to look anything up where there is no name service: what it would say is not guessed.
fn check(has_name_service: bool) -> Result<(), Failure> {
    if has_name_service {
        return Ok(());
    }
    let what = "this is the static build of tcpw, which cannot ask the name service";
    Err(Failure::new(what).hint("give the client's name with --name instead of --dns"))
}

/// The client at an address, with its name.
fn client_at(address: &str) -> Client {
    let bare = address.split('%').next().unwrap_or(address);
    if bare.parse::<IpAddr>().is_err() {
        return Client {
            address: address.to_owned(),
            name: HostName::unknown(),
            lookup: None,
        };
    }
    let start = Instant::now();
    let found = SystemResolver.name_at(address);
    let took = elapsed(start);
    let (name, what) = match found {
        Ok(NameAnswer::Name(name)) => (
            HostName::new(&name),
            format!("is {}", visible(name.as_bytes())),
        ),
        Ok(NameAnswer::Nothing) => (HostName::unknown(), "has no name".to_owned()),
        Ok(NameAnswer::Doubtful { name, why }) => {
            let name = visible(name.as_bytes());
            let what = format!("is paranoid: its name {name} {}", why.as_str());
            (HostName::paranoid(), what)
        }
        Err(error) => {
            let error = visible(error.as_bytes());
            (
                HostName::unknown(),
                format!("has no name: the name service says {error}"),
            )
        }
    };
    let what = format!("{address} {what}");
    Client {
        address: address.to_owned(),
        name,
        lookup: Some(Lookup { what, took }),
    }
}

fn elapsed(start: Instant) -> u64 {
    u64::try_from(start.elapsed().as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_a_name_service_nothing_is_looked_up() {
        assert!(check(true).is_ok());
        let Err(Failure::Told { what, hint }) = check(false) else {
            unreachable!("it is refused");
        };
        assert!(what.contains("cannot ask the name service"));
        assert!(hint.is_some_and(|hint| hint.contains("--name")));
    }
}
