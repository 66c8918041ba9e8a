//! Random policies, and the clients that they tell apart.

use crate::sandbox::program;
use std::fs;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use tcpw::engine::{Access, Host, HostName, Request};

/// A number of repetitions: few, or what the environment says.
pub(super) fn count(name: &str, few: usize) -> usize {
    std::env::var(name).map_or(few, |text| text.parse().unwrap())
}

/// Numbers by chance, the same in every run (xorshift).
pub(super) struct Chance(pub(super) u64);

impl Chance {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn below(&mut self, limit: u64) -> u64 {
        self.next() % limit
    }

    /// An index of a list of this length.
    fn index(&mut self, length: usize) -> usize {
        usize::try_from(self.below(u64::try_from(length).unwrap())).unwrap()
    }

    fn one_of<'a>(&mut self, words: &[&'a str]) -> &'a str {
        words[self.index(words.len())]
    }
}

/// Networks that often lie in each other.
fn network4(chance: &mut Chance) -> (u32, u32) {
    let length = u32::try_from(4 + chance.below(29)).unwrap();
    let base = [0x0a00_0000, 0x0a01_0000, 0xc000_0200, 0xac10_0000]
        [usize::try_from(chance.below(4)).unwrap()];
    let address = base | u32::try_from(chance.below(0x1_0000)).unwrap();
    let mask = u32::MAX.checked_shl(32 - length).unwrap_or(0);
    (address & mask, length)
}

fn network6(chance: &mut Chance) -> (u128, u32) {
    let length = u32::try_from(20 + chance.below(109)).unwrap();
    let address =
        0x2001_0db8_u128 << 96 | u128::from(chance.below(4)) << 64 | u128::from(chance.below(64));
    let mask = u128::MAX.checked_shl(128 - length).unwrap_or(0);
    (address & mask, length)
}

/// One policy: its tables, and addresses at the ends of its networks.
pub(super) struct Policy {
    pub(super) allow: String,
    pub(super) deny: String,
    ends: Vec<IpAddr>,
}

impl Policy {
    pub(super) fn new(chance: &mut Chance) -> Self {
        let mut policy = Self {
            allow: String::new(),
            deny: String::new(),
            ends: Vec::new(),
        };
        for _ in 0..=chance.below(5) {
            let rule = policy.rule(chance, &["", "", "", ": deny", ": spawn /bin/true"]);
            policy.allow.push_str(&rule);
        }
        for _ in 0..chance.below(3) {
            let rule = policy.rule(chance, &["", "", ": allow", ": twist /bin/echo no"]);
            policy.deny.push_str(&rule);
        }
        if chance.below(3) > 0 {
            policy.deny.push_str("ALL: ALL\n");
        }
        policy
    }

    /// These tables.
    pub(super) fn of(allow: &str, deny: &str) -> Self {
        Self {
            allow: allow.to_owned(),
            deny: deny.to_owned(),
            ends: Vec::new(),
        }
    }

    fn rule(&mut self, chance: &mut Chance, options: &[&str]) -> String {
        let daemon = chance.one_of(&[
            "sshd",
            "sshd",
            "ALL",
            "vsftpd",
            "ALL EXCEPT vsftpd",
            "in.telnetd",
        ]);
        let mut clients: Vec<String> = (0..=chance.below(4)).map(|_| self.client(chance)).collect();
        if chance.below(3) == 0 {
            clients.push("EXCEPT".to_owned());
            clients.extend((0..=chance.below(3)).map(|_| self.client(chance)));
        }
        format!(
            "{daemon}: {} {}\n",
            clients.join(" "),
            chance.one_of(options)
        )
    }

    fn client(&mut self, chance: &mut Chance) -> String {
        match chance.below(24) {
            0 => "ALL".to_owned(),
            1 => "KNOWN".to_owned(),
            2 => ".example.org".to_owned(),
            3 => "[::]/0".to_owned(),
            4 => "0.0.0.0/0".to_owned(),
            5..=8 => {
                let (net, length) = network6(chance);
                let rest = u128::MAX.checked_shr(length).unwrap_or(0);
                for end in [
                    net.wrapping_sub(1),
                    net,
                    net | rest,
                    (net | rest).wrapping_add(1),
                ] {
                    self.ends.push(Ipv6Addr::from_bits(end).into());
                }
                format!("[{}]/{length}", Ipv6Addr::from_bits(net))
            }
            kind => {
                let (net, length) = network4(chance);
                let rest = u32::MAX.checked_shr(length).unwrap_or(0);
                for end in [
                    net.wrapping_sub(1),
                    net,
                    net | rest,
                    (net | rest).wrapping_add(1),
                ] {
                    self.ends.push(Ipv4Addr::from_bits(end).into());
                }
                let net = Ipv4Addr::from_bits(net);
                match kind {
                    9 => format!("{net}/255.255.255.0"),
                    10..=13 => net.to_string(),
                    14 => {
                        let [a, b, ..] = net.octets();
                        format!("{a}.{b}.")
                    }
                    _ => format!("{net}/{length}"),
                }
            }
        }
    }

    /// Some addresses that clients can have, most at the end of a network.
    pub(super) fn clients(&self, chance: &mut Chance, count: usize) -> Vec<IpAddr> {
        let mut found = Vec::new();
        while found.len() < count {
            let address = match usize::try_from(chance.below(4)).unwrap() {
                0 => Ipv4Addr::from_bits(u32::try_from(chance.next() >> 32).unwrap()).into(),
                1 => Ipv6Addr::from_bits(0x2001_0db8_u128 << 96 | u128::from(chance.next())).into(),
                _ if self.ends.is_empty() => continue,
                _ => self.ends[chance.index(self.ends.len())],
            };
            if is_client(address) {
                found.push(address);
            }
        }
        found
    }

    /// What the engine decides, with and without a name; both must be one if it was exported whole.
    pub(super) fn admits(&self, daemon: &str, address: IpAddr) -> bool {
        self.admits_client(daemon, &address.to_string())
    }

    /// The same of an address as libwrap sees it, with its zone; that of the loopback interface is number 1,
    /// and the tables alone know no names of interfaces.
    pub(super) fn admits_client(&self, daemon: &str, address: &str) -> bool {
        let address = address.replace("%lo", "%1");
        let tables = hosts_access::AccessTables::parse(self.allow.as_bytes(), self.deny.as_bytes());
        let decided = [HostName::unknown(), HostName::new("pc.example.org")].map(|name| {
            let host = Host::new(address.clone(), name);
            tables.decide(&Request::new(daemon, host)).access
        });
        assert_eq!(
            decided[0], decided[1],
            "{address}\n{}--\n{}",
            self.allow, self.deny
        );
        decided[0] == Access::Granted
    }
}

/// Whether a client of TCP can have this address.
fn is_client(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => {
            let first = address.octets()[0];
            (1..224).contains(&first) && first != 127
        }
        IpAddr::V6(address) => address.segments()[0] >> 12 == 2,
    }
}

/// A system with a policy.
pub(super) struct Place(pub(super) PathBuf);

impl Place {
    pub(super) fn new(path: PathBuf, allow: &str, deny: &str) -> Self {
        fs::create_dir_all(path.join("etc")).unwrap();
        fs::write(path.join("etc/hosts.allow"), allow).unwrap();
        fs::write(path.join("etc/hosts.deny"), deny).unwrap();
        Self(path)
    }

    pub(super) fn file(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    /// Runs `tcpw --root`.
    pub(super) fn tcpw(&self, arguments: &[&str]) -> Output {
        Command::new(program())
            .arg("--root")
            .arg(&self.0)
            .args(arguments)
            .current_dir(&self.0)
            .env("NO_COLOR", "1")
            // Whoever runs the tests is not asked about.
            .env("SSH_CONNECTION", "UNKNOWN 1 UNKNOWN 22")
            .output()
            .unwrap()
    }

    /// Exports, and says whether all could be said; what was refused has left no file.
    pub(super) fn export(&self, arguments: &[&str], file: &Path) -> bool {
        let head = ["export", "--output", file.to_str().unwrap()];
        let output = self.tcpw(&[&head[..], arguments].concat());
        let errors = String::from_utf8_lossy(&output.stderr);
        let code = output.status.code();
        if code == Some(0) {
            return true;
        }
        let is_refused = code == Some(2) && errors.contains("addresses alone do not say");
        assert!(is_refused && !file.exists(), "{code:?} {errors}");
        false
    }
}
