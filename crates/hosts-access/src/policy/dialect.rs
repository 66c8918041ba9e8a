//! What differs between builds of the library: each difference is a field, each build a value.
//!
//! `debian12` and `debian13` are compared with the libraries themselves. The others follow their
//! published sources: `freebsd` and `classic` were rebuilt and asked, `netbsd` and `illumos` read.

use crate::syntax::{Brackets, Comments, Reading, TooLong};

/// The language of one build.
#[derive(Debug, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "each is a form of its own")]
pub struct Dialect {
    /// Its name on the command line.
    pub name: &'static str,
    /// What people call it.
    pub title: &'static str,
    /// Whether its verdicts are compared with the library itself.
    pub is_tested: bool,
    /// How it takes a table apart.
    pub reading: Reading,
    /// A deny table that cannot be opened denies everybody; else it is passed over (F-LINE-23).
    pub unreadable_denies: bool,
    /// `@group` is looked up; else it matches nothing (F-NETGR-02).
    pub netgroups: bool,
    /// `/path` names a list file; else it matches nothing (F-FILE-01).
    pub list_files: bool,
    /// `*` and `?` are wildcards; else they are letters like others (F-DAEMON-04).
    pub wildcards: bool,
    /// A number in the daemon list is a port; else it is a name (F-DAEMON-10).
    pub ports: bool,
    /// What IPv4 masks may be.
    pub masks: Masks,
    /// What stands in brackets.
    pub ipv6: Ipv6,
    /// How a client whose IPv4 address is written as an IPv6 one is compared.
    pub mapped: Mapped,
    /// What a zone (`fe80::5%eth0`) does.
    pub zones: Zones,
    /// A pattern with a colon is compared with names, too (F-NAME-06).
    pub colons_in_names: bool,
    /// Options stand after the second colon; else all of it is one shell command.
    pub options: bool,
    /// The option `aclexec` exists; else it is a wrong one, which denies.
    pub aclexec: bool,
    /// Facilities of `severity` beside those that every build knows (F-SEV-02).
    pub facilities: &'static [&'static str],
    /// Levels of `severity`, likewise.
    pub levels: &'static [&'static str],
    /// `user` and `group` really switch, and only once; else they only check the name (F-OPT-13).
    pub accounts_switch: bool,
    /// `%r` and `%R` are the ports; else they vanish (F-PCT-01).
    pub port_letters: bool,
    /// The longest value in bytes, `%` letters replaced; a longer one ends the process (F-PCT-04).
    pub expansion_limit: usize,
    /// The sshd of the system asks in the process that serves all clients, with one request: the
    /// first `twist` replaces it, and it refuses each later one (F-TWIST-03).
    pub is_resident: bool,
}

/// What IPv4 masks may be, after the slash.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Masks {
    /// Four numbers, or a prefix length from 1 to 32 (F-V4-07 to F-V4-10).
    QuadsAndLengths,
    /// Four numbers. `255.255.255.255` is an error value.
    Quads,
    /// Whatever `inet_aton` takes: `24` is 0.0.0.24, and no value is an error.
    AnyNumbers,
}

/// What stands in brackets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ipv6 {
    /// `[address]` and `[net]/length`, as numbers (F-V6-01, F-V6-02).
    Numbers,
    /// `[net/length]` as numbers; `[address]` as text, in the client's spelling.
    TextAndNets,
    /// `[address]` and `[net/length]`, as numbers; what follows the bracket is not read.
    NumbersAndNets,
    /// Nothing: brackets are letters.
    Nothing,
}

/// How `::ffff:1.2.3.4` is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mapped {
    /// As `1.2.3.4`; the other spelling, `::ffff:102:304`, is an IPv6 address (F-V4-15).
    AsText,
    /// As `1.2.3.4`; networks take the other spelling for that, too (F-V6-08).
    AsTextAndNumber,
    /// With IPv4 networks as `1.2.3.4`, else as it stands.
    InNetworks,
    /// As it stands.
    Never,
}

/// What a zone does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Zones {
    /// Nothing, if it is one that the system knows (F-V6-09).
    Ignored,
    /// A zone in the pattern must be the client's.
    Demanded,
    /// The zones of a network and of the client must be the same.
    Compared,
    /// A pattern with a zone matches nothing; the client's is not looked at.
    Unread,
}

/// Debian 12, libwrap 7.6.q-32.
pub const DEBIAN_12: Dialect = Dialect {
    name: "debian12",
    title: "Debian 12",
    is_tested: true,
    reading: Reading::DEBIAN,
    unreadable_denies: true,
    netgroups: true,
    list_files: true,
    wildcards: true,
    ports: true,
    masks: Masks::QuadsAndLengths,
    ipv6: Ipv6::Numbers,
    mapped: Mapped::AsText,
    zones: Zones::Ignored,
    colons_in_names: true,
    options: true,
    aclexec: true,
    facilities: &[],
    levels: &[],
    accounts_switch: false,
    port_letters: true,
    expansion_limit: 8190,
    is_resident: false,
};

/// Debian 13, sid, and Ubuntu since 24.04: built without netgroups since 7.6.q-33.
pub const DEBIAN_13: Dialect = Dialect {
    name: "debian13",
    title: "Debian 13",
    netgroups: false,
    ..DEBIAN_12
};

/// `FreeBSD`, asked by an sshd that stays resident.
pub const FREEBSD: Dialect = Dialect {
    name: "freebsd",
    title: "FreeBSD",
    is_tested: false,
    reading: Reading {
        comments: Comments::Anywhere,
        brackets: Brackets::Counted,
        unterminated_ends: false,
        too_long: TooLong::Hangs,
    },
    unreadable_denies: false,
    wildcards: false,
    ports: false,
    masks: Masks::Quads,
    mapped: Mapped::AsTextAndNumber,
    zones: Zones::Demanded,
    colons_in_names: false,
    aclexec: false,
    facilities: &["authpriv", "console", "ftp", "ntp", "security", "syslog"],
    levels: &["error", "none", "panic", "warn"],
    accounts_switch: true,
    port_letters: false,
    expansion_limit: 1022,
    is_resident: true,
    ..DEBIAN_12
};

/// `NetBSD`, libwrap 1.20.
pub const NETBSD: Dialect = Dialect {
    name: "netbsd",
    title: "NetBSD",
    reading: Reading {
        comments: Comments::FirstColumn,
        brackets: Brackets::Counted,
        unterminated_ends: false,
        too_long: TooLong::Cut,
    },
    masks: Masks::AnyNumbers,
    ipv6: Ipv6::TextAndNets,
    mapped: Mapped::InNetworks,
    zones: Zones::Compared,
    colons_in_names: true,
    facilities: &["authpriv", "ftp"],
    levels: &[],
    is_resident: false,
    ..FREEBSD
};

/// illumos.
pub const ILLUMOS: Dialect = Dialect {
    name: "illumos",
    title: "illumos",
    reading: Reading {
        comments: Comments::FirstColumn,
        brackets: Brackets::Addresses,
        unterminated_ends: false,
        too_long: TooLong::Cut,
    },
    list_files: false,
    masks: Masks::Quads,
    ipv6: Ipv6::NumbersAndNets,
    mapped: Mapped::AsText,
    zones: Zones::Unread,
    facilities: &[],
    ..NETBSD
};

/// 7.6 as it was released, with a shell command where others have options.
pub const CLASSIC: Dialect = Dialect {
    name: "classic",
    title: "TCP Wrappers 7.6 as released",
    reading: Reading {
        comments: Comments::FirstColumn,
        brackets: Brackets::None,
        unterminated_ends: false,
        too_long: TooLong::Hangs,
    },
    list_files: false,
    ipv6: Ipv6::Nothing,
    mapped: Mapped::Never,
    options: false,
    facilities: &[],
    levels: &[],
    colons_in_names: true,
    accounts_switch: false,
    expansion_limit: 8190,
    is_resident: false,
    ..FREEBSD
};

/// All of them, those that are tested first.
pub const DIALECTS: [&Dialect; 6] = [
    &DEBIAN_12, &DEBIAN_13, &FREEBSD, &NETBSD, &ILLUMOS, &CLASSIC,
];

impl Dialect {
    /// Whether patterns mean what they mean on Debian: then compiled tables answer for it.
    pub fn has_debian_patterns(&self) -> bool {
        self.is_tested
    }
}
