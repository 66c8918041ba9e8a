//! How names are followed whose addresses stand in rules (`[follow]`).

use super::error::ConfigError;
use super::section::Section;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

pub(super) const FOLLOW: &[&str] = &["grace", "remove", "servers"];

/// Where DNS servers listen, unless a port is given.
const PORT: u16 = 53;
/// As many servers are asked.
const SERVERS: usize = 3;
/// The least grace, in seconds: a resolver may be away for a while.
const LEAST_GRACE: u64 = 3600;

/// How names are followed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Follow {
    /// How long an address stays, unremarked, while its name cannot be resolved.
    pub grace: Duration,
    /// Whether it is removed then; else it stays, and that is reported.
    pub remove: bool,
    /// The DNS servers to ask; none stands for those of `/etc/resolv.conf`.
    pub servers: Vec<SocketAddr>,
}

impl Default for Follow {
    fn default() -> Self {
        Self {
            grace: Duration::from_secs(7 * 86_400),
            remove: false,
            servers: Vec::new(),
        }
    }
}

/// Reads `[follow]`.
pub(super) fn follow(section: &Section<'_>) -> Result<Follow, ConfigError> {
    let defaults = Follow::default();
    let texts = section.texts("servers")?;
    let servers: Option<Vec<SocketAddr>> = texts.iter().map(|text| server(text)).collect();
    let servers = servers.filter(|servers| servers.len() <= SERVERS);
    Ok(Follow {
        grace: section
            .duration("grace", LEAST_GRACE)?
            .unwrap_or(defaults.grace),
        remove: section.flag("remove")?.unwrap_or(defaults.remove),
        servers: servers.ok_or_else(|| {
            section.bad_value(
                "servers",
                "must be at most 3 addresses of DNS servers, such as 192.0.2.53 or 192.0.2.53:5353",
            )
        })?,
    })
}

/// The address of a server, with its port or without.
fn server(text: &str) -> Option<SocketAddr> {
    let address = || text.parse::<IpAddr>().ok();
    let with_port = text.parse().ok();
    with_port.or_else(|| address().map(|address| SocketAddr::new(address, PORT)))
}
