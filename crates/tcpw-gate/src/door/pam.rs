//! `tcpw-gate pam`: the decision for `pam_exec(8)`, within the login of a daemon.
//!
//! The stack of `account` is the one that every login comes through, so there is done what rules say of
//! clients that are let in; the stack of `auth` comes before a password is looked at, once for each
//! attempt. What rules say of clients that are refused is done wherever they are.

use super::ends::interface_number;
use super::log::Log;
use super::priority::AUTH;
use super::search::client_text;
use super::words::DoorOptions;
use super::world::{Place, World};
use crate::policy::Policy;
use hosts_access::escape::{visible, visible_short};
use hosts_access::{Host, HostName, Request};
use std::env;
use std::net::{IpAddr, SocketAddr, SocketAddrV6};
use std::os::unix::ffi::OsStringExt;
use std::os::unix::process::parent_id;

/// As much is shown of what is not an address.
const LONGEST_SHOWN: usize = 256;

/// What PAM says of a login, as `pam_exec` puts it into the environment.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PamItems {
    /// The client: an address, or a name that the daemon believes.
    pub rhost: Option<Vec<u8>>,
    /// The service.
    pub service: Option<Vec<u8>>,
    /// Which stack asks: `auth`, `account`, `open_session`, ...
    pub kind: Option<Vec<u8>>,
}

impl PamItems {
    /// Those of this process's environment.
    pub fn of_environment() -> Self {
        let value = |name| env::var_os(name).map(OsStringExt::into_vec);
        Self {
            rhost: value("PAM_RHOST"),
            service: value("PAM_SERVICE"),
            kind: value("PAM_TYPE"),
        }
    }
}

/// Whether the client of a login is admitted, by what the tables say of `daemon` or else of the
/// service. What the rules say is done; why somebody is refused is in the system log.
pub fn pam(
    options: &DoorOptions,
    daemon: Option<&[u8]>,
    unknown: Policy,
    items: &PamItems,
) -> bool {
    let process = parent_id();
    let service = items.service.as_deref().filter(|name| !name.is_empty());
    let Some(daemon) = daemon.or(service) else {
        let log = Log::new(b"tcpw-gate", process, AUTH);
        log.complain(
            "error: PAM_SERVICE is not set and --daemon is not given; the client is refused",
        );
        return false;
    };
    let log = Log::new(daemon, process, AUTH);
    let login = Login {
        options,
        daemon,
        log: &log,
        process,
        does_grants: items.kind.as_deref() == Some(b"account"),
    };
    let rhost = items.rhost.as_deref().unwrap_or_default();
    match client(rhost) {
        Ok(client) => login.admits(&client),
        Err(why) => {
            let word = if unknown.admits() {
                "admitted"
            } else {
                "refused"
            };
            log.complain(&format!(
                "warning: {why}: the client is {word}, as --unknown says"
            ));
            unknown.admits()
        }
    }
}

/// The client's address. A name is none: whoever answers for an address in the DNS chooses its name, and
/// not every daemon confirms it.
fn client(rhost: &[u8]) -> Result<Client, String> {
    if rhost.is_empty() {
        return Err("PAM_RHOST is not set".to_owned());
    }
    let shown = visible_short(rhost, LONGEST_SHOWN);
    let hint = "a daemon that can must be told to give addresses (sshd: UseDNS no)";
    let text = str::from_utf8(rhost).ok();
    text.and_then(Client::of)
        .ok_or_else(|| format!("PAM_RHOST is not an address: {shown}; {hint}"))
}

/// An address, and how it is spelt.
struct Client {
    text: String,
    /// Nothing if it is of a link that is not here.
    address: Option<SocketAddr>,
}

impl Client {
    /// An address of a link may have its zone.
    fn of(text: &str) -> Option<Self> {
        let (address, zone) = text.split_once('%').unwrap_or((text, ""));
        let is_zone = zone
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(&byte));
        let ip: IpAddr = address
            .parse()
            .ok()
            .filter(|ip: &IpAddr| is_zone && (zone.is_empty() || ip.is_ipv6()))?;
        let address = match ip {
            IpAddr::V4(_) => Some(SocketAddr::new(ip, 0)),
            IpAddr::V6(ip) => link(zone).map(|link| SocketAddrV6::new(ip, 0, 0, link).into()),
        };
        let text = text.to_owned();
        Some(Self { text, address })
    }
}

/// The number of the link of a zone, which is an interface by name or number; 0 for no zone.
fn link(zone: &str) -> Option<u32> {
    if zone.is_empty() {
        return Some(0);
    }
    zone.parse()
        .ok()
        .or_else(|| interface_number(zone.as_bytes()))
}

/// A login.
struct Login<'l> {
    options: &'l DoorOptions,
    daemon: &'l [u8],
    log: &'l Log,
    process: u32,
    /// Whether it is done here what rules say of clients that are let in.
    does_grants: bool,
}

impl Login<'_> {
    fn admits(&self, client: &Client) -> bool {
        let world = World::new(self.log, self.options, Place::Pam(client.address));
        let host = Host::new(&client.text, HostName::unasked());
        let request = Request::new(self.daemon, host).with_process(self.process);
        let decided = world.decide(request);
        if !decided.is_granted || self.does_grants {
            world.run_waiting();
        }
        if !decided.is_granted {
            let address = visible(decided.request.client().address());
            let client = client_text(&decided.request);
            self.log
                .denied(&format!("refused connect from {client} ({address})"));
        }
        decided.is_granted
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_client_is_an_address_and_nothing_else() {
        for address in [
            "192.0.2.7",
            "2001:db8::7",
            "::ffff:192.0.2.7",
            "fe80::1%eth0",
        ] {
            assert_eq!(client(address.as_bytes()).unwrap().text, address);
        }
        for hostile in [
            &b""[..],
            b"UNKNOWN",
            b"localhost",
            b"pc.example.org",
            b"192.0.2.7\n",
            b"192.0.2.7 ",
            b"192.0.2.7%eth0",
            b"fe80::1%a b",
            b"192.0.2.07",
            b"2130706433",
            b"127.1",
            b"a\0b",
            b"$(id)",
            b"\xff\xfe",
            b"-x",
            &[b'a'; 300],
        ] {
            assert!(client(hostile).is_err(), "{hostile:?}");
        }
    }
}
