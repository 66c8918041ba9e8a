//! What the gate decided, and why, in one sentence.

use crate::call::Call;
use crate::country::Country;
use crate::fault::Fault;
use crate::label::Label;
use crate::network::Network;
use crate::policy::Policy;
use crate::set::Found;
use hosts_access::escape::visible;
use std::fmt;
use std::net::IpAddr;
use std::os::unix::ffi::OsStrExt as _;
use std::path::PathBuf;

/// What the gate decided.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decision {
    /// Whether the client is admitted.
    pub admits: bool,
    /// Why.
    pub why: Why,
}

/// Why the gate decided as it did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Why {
    /// The address is admitted before any condition.
    Exempt {
        /// The client.
        address: IpAddr,
        /// For what reason.
        exemption: Exemption,
    },
    /// The address is excepted.
    Excepted {
        /// The client.
        address: IpAddr,
        /// What holds of it.
        evidence: Evidence,
    },
    /// A condition holds.
    Met {
        /// The client.
        address: IpAddr,
        /// What holds of it; nothing where everybody is admitted who is not excepted.
        evidence: Option<Evidence>,
    },
    /// No condition holds.
    Unmet {
        /// The client.
        address: IpAddr,
        /// What is known of it.
        evidence: Vec<Evidence>,
        /// Whom the gate admits, in words: `KR, JP`.
        admits: String,
    },
    /// No database knows the address; decided by `--unknown`.
    Unknown {
        /// The client.
        address: IpAddr,
        /// The databases that were asked.
        asked: Vec<Label>,
        /// The policy.
        policy: Policy,
    },
    /// The client's address is not known; decided by `--unknown`.
    NoAddress {
        /// The policy.
        policy: Policy,
    },
    /// Something is broken; decided by `--broken`.
    Broken {
        /// The client, if its address is known.
        address: Option<IpAddr>,
        /// What is broken.
        fault: Fault,
        /// The policy.
        policy: Policy,
    },
}

/// Why an address is admitted before any condition.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exemption {
    /// It is in a private network, in loopback or in the range of one link.
    Private(Network),
    /// It is this machine's own.
    Own,
    /// It is kept in, by the configuration or by the call.
    KeptIn(Network),
}

/// What is known of an address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Evidence {
    /// Its country.
    Country(Country, Label),
    /// The autonomous system that owns its network.
    Asn(u32, Label),
    /// An entry of a compiled set.
    Listed(PathBuf, Found),
    /// A network that the call names.
    Network(Network),
}

impl fmt::Display for Exemption {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Private(network) => write!(out, "in the private network {network}"),
            Self::Own => out.write_str("an address of this machine"),
            Self::KeptIn(network) => write!(out, "kept in by {network}"),
        }
    }
}

impl fmt::Display for Evidence {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Country(country, label) => write!(out, "in {country} by {label}"),
            Self::Asn(number, label) => write!(out, "in AS{number} by {label}"),
            Self::Listed(path, found) => {
                let path = visible(path.as_os_str().as_bytes());
                write!(out, "in {path} by {}", found.network)?;
                if !found.source.is_empty() {
                    write!(out, " of {}", visible(found.source.as_bytes()))?;
                }
                if let Some(until) = found.until {
                    write!(out, " until {}", until.format("%Y-%m-%dT%H:%M:%SZ"))?;
                }
                Ok(())
            }
            Self::Network(network) => write!(out, "in {network}"),
        }
    }
}

/// Whom a call admits, in words: `KR, JP, AS64500 and /etc/home.set`.
pub(crate) fn admits(call: &Call) -> String {
    let countries = call.countries().iter().map(Country::to_string);
    let asns = call.asns().iter().map(|number| format!("AS{number}"));
    let sets = call.sets().iter();
    let sets = sets.map(|path| visible(path.as_os_str().as_bytes()));
    let all: Vec<String> = countries.chain(asns).chain(sets).collect();
    all.join(", ")
}

impl fmt::Display for Why {
    /// A sentence without a full stop: `203.0.113.9 is in CN by GeoLite2-Country of 2026-11-02; the
    /// gate admits KR, JP`.
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Exempt { address, exemption } => {
                write!(
                    out,
                    "{address} is {exemption}; the gate admits it before any condition"
                )
            }
            Self::Excepted { address, evidence } => {
                write!(out, "{address} is {evidence}, which --except leaves out")
            }
            Self::Met { address, evidence } => match evidence {
                Some(evidence) => write!(out, "{address} is {evidence}; the gate admits it"),
                None => write!(out, "{address} is not excepted; the gate admits it"),
            },
            Self::Unmet {
                address,
                evidence,
                admits,
            } => {
                write!(out, "{address} is ")?;
                for (at, one) in evidence.iter().enumerate() {
                    write!(out, "{}{one}", if at > 0 { " and " } else { "" })?;
                }
                if evidence.is_empty() {
                    out.write_str("in no set of the call")?;
                }
                write!(out, "; the gate admits {admits}")
            }
            Self::Unknown {
                address,
                asked,
                policy,
            } => {
                let asked: Vec<String> = asked.iter().map(Label::to_string).collect();
                let asked = asked.join(", ");
                write!(
                    out,
                    "{address} is not known to {asked} (--unknown {policy})"
                )
            }
            Self::NoAddress { policy } => {
                write!(
                    out,
                    "the client's address is not known (--unknown {policy})"
                )
            }
            Self::Broken { fault, policy, .. } => write!(out, "{fault} (--broken {policy})"),
        }
    }
}
