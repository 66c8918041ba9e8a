//! What is read, and on which terms.

use crate::import::entry::EntryVerdict;

/// The program that wrote a source, or the form of a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SourceForm {
    /// The database of fail2ban.
    Fail2ban,
    /// Lines that DenyHosts writes into hosts.deny, or its list of hosts that it never denies.
    Denyhosts,
    /// A configuration of sshd.
    Sshd,
    /// What `nft -j list ruleset` prints.
    Nft,
    /// What `iptables-save` and `ip6tables-save` print.
    Iptables,
    /// What `ipset save` prints.
    Ipset,
    /// `user.rules` and `user6.rules` of ufw.
    Ufw,
    /// Zones, policy objects and ipsets of firewalld.
    Firewalld,
    /// A table of values separated by commas.
    Csv,
    /// Rows of the Host Access Control of cPanel.
    Cpanel,
    /// An address, a network, a range or a name on each line.
    Lines,
}

impl SourceForm {
    /// All of them.
    pub const ALL: [Self; 11] = [
        Self::Fail2ban,
        Self::Denyhosts,
        Self::Sshd,
        Self::Nft,
        Self::Iptables,
        Self::Ipset,
        Self::Ufw,
        Self::Firewalld,
        Self::Csv,
        Self::Cpanel,
        Self::Lines,
    ];

    /// Its name, which stands in the rules that come from it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Fail2ban => "fail2ban",
            Self::Denyhosts => "denyhosts",
            Self::Sshd => "sshd",
            Self::Nft => "nft",
            Self::Iptables => "iptables",
            Self::Ipset => "ipset",
            Self::Ufw => "ufw",
            Self::Firewalld => "firewalld",
            Self::Csv => "csv",
            Self::Cpanel => "cpanel",
            Self::Lines => "lines",
        }
    }
}

/// A port or a service, and the daemon that listens there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DaemonPort {
    /// The daemon, as libwrap is asked about it.
    pub daemon: String,
    /// A number (`22` is of TCP, `69/udp` of UDP), or the name of a service as the source has it.
    pub port: String,
}

/// How a source is read.
#[derive(Debug, Clone)]
pub struct Terms {
    /// What the source is.
    pub form: SourceForm,
    /// The verdict on whoever is on a list that does not say so itself.
    pub verdict: Option<EntryVerdict>,
    /// The daemons of entries that name none; all of them if empty, or if `ALL` is among them.
    pub daemons: Vec<String>,
    /// The daemons at ports.
    pub ports: Vec<DaemonPort>,
    /// The set that is read, if the source has several.
    pub set: Option<String>,
    /// The chain that is read, instead of the one for incoming connections.
    pub chain: Option<String>,
    /// The column of the clients, by its number from 1 or its name in the first line.
    pub column: Option<String>,
    /// Whether comments of entries become reasons of rules.
    pub keeps_comments: bool,
    /// Now, in seconds since 1970: what ran out before is left out.
    pub now: i64,
    /// As many lines that were not understood are kept to be shown.
    pub most_notes: usize,
}
