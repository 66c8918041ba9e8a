//! This machine's own addresses, from the files of the kernel: asking it by a socket would be a socket.

use crate::fault::Fault;
use crate::network::Network;
use std::collections::BTreeSet;
use std::fs::File;
use std::io::{self, BufRead as _, BufReader, Read as _};
use std::net::{IpAddr, Ipv6Addr};
use std::path::{Path, PathBuf};

/// The kernel's addresses and routes of IPv4.
const TRIE: &str = "fib_trie";
/// The kernel's addresses of IPv6; absent where there is no IPv6.
const IPV6: &str = "if_inet6";
/// Routers have long lists of routes; more than this is not read, in bytes.
const MOST_BYTES: u64 = 256 * 1024 * 1024;

/// Where this machine's own addresses are found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OwnAddresses {
    /// These are all.
    Listed(Vec<IpAddr>),
    /// In the files `fib_trie` and `if_inet6` of this directory, looked up when they matter.
    Kernel(PathBuf),
}

impl Default for OwnAddresses {
    fn default() -> Self {
        Self::Listed(Vec::new())
    }
}

impl OwnAddresses {
    /// Whether `address` is one of them.
    pub(crate) fn has(&self, address: IpAddr) -> Result<bool, Fault> {
        let mut is_own = false;
        self.each(Some(address.is_ipv6()), &mut |own| is_own |= own == address)?;
        Ok(is_own)
    }

    /// All of them.
    pub(crate) fn all(&self) -> Result<Vec<Network>, Fault> {
        let mut all = Vec::new();
        self.each(None, &mut |own| all.push(Network::single(own)))?;
        Ok(all)
    }

    /// All of them, each once. IPv4 in IPv6 is IPv4.
    ///
    /// # Errors
    /// When the kernel's files cannot be read.
    pub fn list(&self) -> Result<BTreeSet<IpAddr>, Fault> {
        let mut all = BTreeSet::new();
        self.each(None, &mut |own| {
            all.insert(own);
        })?;
        Ok(all)
    }

    /// Visits those of one family, or of both.
    fn each(&self, is_v6: Option<bool>, visit: &mut dyn FnMut(IpAddr)) -> Result<(), Fault> {
        match self {
            Self::Listed(all) => {
                all.iter().map(IpAddr::to_canonical).for_each(visit);
                Ok(())
            }
            Self::Kernel(folder) => {
                if is_v6 != Some(true) {
                    let path = folder.join(TRIE);
                    let mut before = None;
                    lines(&path, &mut |line| visit_v4(&mut before, line, visit))
                        .map_err(|cause| unread(&path, &cause))?;
                }
                if is_v6 != Some(false) {
                    let path = folder.join(IPV6);
                    let read = lines(&path, &mut |line| visit_v6(line, visit));
                    match read {
                        Err(cause) if cause.kind() == io::ErrorKind::NotFound => {}
                        read => read.map_err(|cause| unread(&path, &cause))?,
                    }
                }
                Ok(())
            }
        }
    }
}

fn unread(path: &Path, cause: &io::Error) -> Fault {
    Fault::OwnAddresses {
        path: path.to_owned(),
        cause: cause.to_string(),
    }
}

/// Visits the lines of a file, one by one: it may be long.
fn lines(path: &Path, visit: &mut dyn FnMut(&str)) -> io::Result<()> {
    let mut reader = BufReader::new(File::open(path)?.take(MOST_BYTES));
    let mut line = Vec::new();
    while reader.read_until(b'\n', &mut line)? > 0 {
        visit(&String::from_utf8_lossy(&line));
        line.clear();
    }
    if reader.get_ref().limit() == 0 {
        return Err(io::ErrorKind::FileTooLarge.into());
    }
    Ok(())
}

/// An own address of IPv4 is a line `|-- 192.0.2.1` before a line `/32 host LOCAL`.
fn visit_v4(before: &mut Option<IpAddr>, line: &str, visit: &mut dyn FnMut(IpAddr)) {
    let line = line.trim();
    match line.strip_prefix("|-- ") {
        Some(address) => *before = address.parse().ok(),
        None if line.starts_with("/32 host LOCAL") => {
            if let Some(address) = before.take() {
                visit(address);
            }
        }
        None => {}
    }
}

/// A line begins with an address as 32 digits.
fn visit_v6(line: &str, visit: &mut dyn FnMut(IpAddr)) {
    let word = line
        .split_ascii_whitespace()
        .next()
        .filter(|word| word.len() == 32);
    if let Some(bits) = word.and_then(|word| u128::from_str_radix(word, 16).ok()) {
        visit(IpAddr::V6(Ipv6Addr::from_bits(bits)).to_canonical());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    const FIB: &str = "Main:\n  +-- 0.0.0.0/0 3 0 5\n     |-- 0.0.0.0\n        /0 universe UNICAST\n     |-- 192.0.2.0\n        \
        /24 link UNICAST\nLocal:\n     +-- 192.0.2.0/24 2 0 2\n        |-- 192.0.2.0\n           /32 link BROADCAST\n        \
        |-- 192.0.2.1\n           /32 host LOCAL\n";

    #[test]
    fn own_addresses_are_found_in_the_kernels_files() {
        let place = tempfile::tempdir().unwrap();
        let own = OwnAddresses::Kernel(place.path().to_owned());
        let address = |text: &str| text.parse::<IpAddr>().unwrap();
        assert!(matches!(
            own.has(address("192.0.2.1")),
            Err(Fault::OwnAddresses { .. })
        ));
        fs::write(place.path().join(TRIE), FIB).unwrap();
        assert_eq!(own.has(address("192.0.2.1")), Ok(true));
        assert_eq!(own.has(address("192.0.2.2")), Ok(false));
        assert_eq!(own.has(address("192.0.2.0")), Ok(false));
        // Without the file there is no IPv6.
        assert_eq!(own.has(address("2001:db8::1")), Ok(false));
        let line = "20010db8000000000000000000000001 02 40 00 80     eth0\n";
        fs::write(place.path().join(IPV6), line).unwrap();
        assert_eq!(own.has(address("2001:db8::1")), Ok(true));
        assert_eq!(own.all().unwrap().len(), 2);
        let both = BTreeSet::from(["192.0.2.1", "2001:db8::1"].map(address));
        assert_eq!(own.list(), Ok(both));
        fs::remove_file(place.path().join(TRIE)).unwrap();
        assert!(own.list().is_err(), "what cannot be read is not empty");
    }

    #[test]
    fn this_machine_has_loopback() {
        let own = OwnAddresses::Kernel("/proc/net".into());
        assert_eq!(own.has("127.0.0.1".parse().unwrap()), Ok(true));
    }
}
