//! Whom to ask for names: the servers of resolv.conf(5), and the names of hosts(5).

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::Path;
use std::time::Duration;
use tcpw_event::regular::read_regular;

/// Where DNS servers listen.
const PORT: u16 = 53;
/// As many servers count (resolv.conf(5), MAXNS).
const SERVERS: usize = 3;
/// How long each is waited for, in seconds, and how often each is asked, as the C library does.
const TIMEOUT: u64 = 5;
const ATTEMPTS: u32 = 2;
const LONGEST_TIMEOUT: u64 = 30;
const MOST_ATTEMPTS: u32 = 5;
/// No such file is larger.
const MOST_BYTES: u64 = 16 << 20;

/// Whom to ask, and how patiently.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DnsServers {
    /// The servers, in the order in which they are asked.
    pub addresses: Vec<SocketAddr>,
    /// How long one answer is waited for.
    pub timeout: Duration,
    /// How often each server is asked.
    pub attempts: u32,
}

impl DnsServers {
    /// Those of the file at `path`; one on this machine itself where it names none, as for the C
    /// library.
    pub fn of_file(path: &Path) -> Self {
        let bytes = read_regular(path, MOST_BYTES).unwrap_or_default();
        Self::parse(&String::from_utf8_lossy(&bytes))
    }

    /// Others, as patiently.
    #[must_use]
    pub fn with_addresses(self, addresses: &[SocketAddr]) -> Self {
        if addresses.is_empty() {
            return self;
        }
        let addresses = addresses.to_vec();
        Self { addresses, ..self }
    }

    fn parse(text: &str) -> Self {
        let mut found = Self {
            addresses: Vec::new(),
            timeout: Duration::from_secs(TIMEOUT),
            attempts: ATTEMPTS,
        };
        for line in text.lines() {
            let mut words = line.split_ascii_whitespace();
            match words.next() {
                Some("nameserver") => {
                    let address = words.next().and_then(|word| word.parse::<IpAddr>().ok());
                    let is_room = found.addresses.len() < SERVERS;
                    let address = address.filter(|_| is_room);
                    found
                        .addresses
                        .extend(address.map(|address| SocketAddr::new(address, PORT)));
                }
                Some("options") => words.for_each(|word| found.option(word)),
                Some(_) | None => {}
            }
        }
        if found.addresses.is_empty() {
            let local = IpAddr::V4(Ipv4Addr::LOCALHOST);
            found.addresses.push(SocketAddr::new(local, PORT));
        }
        found
    }

    fn option(&mut self, word: &str) {
        let Some((name, value)) = word.split_once(':') else {
            return;
        };
        let Ok(value) = value.parse::<u32>() else {
            return;
        };
        match name {
            "timeout" => {
                let seconds = u64::from(value).clamp(1, LONGEST_TIMEOUT);
                self.timeout = Duration::from_secs(seconds);
            }
            "attempts" => self.attempts = value.clamp(1, MOST_ATTEMPTS),
            _ => {}
        }
    }
}

/// The addresses that a file such as `/etc/hosts` has for a name; none if it does not have it.
pub fn addresses_in_hosts(path: &Path, name: &str) -> Vec<IpAddr> {
    let bytes = read_regular(path, MOST_BYTES).unwrap_or_default();
    addresses_in(&String::from_utf8_lossy(&bytes), name)
}

/// The name that such a file has for an address: the first of its line.
pub fn name_in_hosts(path: &Path, address: IpAddr) -> Option<String> {
    let bytes = read_regular(path, MOST_BYTES).unwrap_or_default();
    let text = String::from_utf8_lossy(&bytes);
    text.lines().find_map(|line| {
        let mut words = line.split('#').next()?.split_ascii_whitespace();
        let is = words.next()?.parse::<IpAddr>().ok()?;
        (is == address).then(|| words.next().map(str::to_owned))?
    })
}

fn addresses_in(text: &str, name: &str) -> Vec<IpAddr> {
    let mut found = Vec::new();
    for line in text.lines() {
        let line = line.split('#').next().unwrap_or_default();
        let mut words = line.split_ascii_whitespace();
        let Some(address) = words.next().and_then(|word| word.parse().ok()) else {
            continue;
        };
        if words.any(|word| word.eq_ignore_ascii_case(name)) && !found.contains(&address) {
            found.push(address);
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn servers(text: &str) -> (Vec<String>, u64, u32) {
        let found = DnsServers::parse(text);
        let addresses = found.addresses.iter().map(ToString::to_string).collect();
        (addresses, found.timeout.as_secs(), found.attempts)
    }

    #[test]
    fn servers_and_options_are_read_as_the_c_library_does() {
        assert_eq!(
            servers(
                "# generated\nsearch example.org\nnameserver 192.0.2.1\nnameserver\t2001:db8::1 x\n\
                 nameserver nonsense\noptions edns0 timeout:1 attempts:9 timeout:x\n\
                 nameserver 192.0.2.3\nnameserver 192.0.2.4\n;nameserver 192.0.2.5\n"
            ),
            (
                vec![
                    "192.0.2.1:53".to_owned(),
                    "[2001:db8::1]:53".to_owned(),
                    "192.0.2.3:53".to_owned()
                ],
                1,
                5
            )
        );
        assert_eq!(servers(""), (vec!["127.0.0.1:53".to_owned()], 5, 2));
    }

    #[test]
    fn names_of_a_hosts_file_are_found_whatever_their_case() {
        let text = "127.0.0.1 localhost\n45.0.0.1 pool.example Home.example # home.example\n\
                    45.0.0.2 other # home.example\n2a00::1\thome.EXAMPLE\nx home.example\n\
                    45.0.0.1 home.example\n";
        let found = addresses_in(text, "home.example");
        let found: Vec<String> = found.iter().map(ToString::to_string).collect();
        assert_eq!(found, ["45.0.0.1", "2a00::1"]);
        assert_eq!(addresses_in(text, "nobody.example"), Vec::<IpAddr>::new());
    }
}
