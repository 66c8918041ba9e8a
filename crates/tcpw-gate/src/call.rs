//! What a rule asks: the words of a call of `tcpw-gate`.

use crate::country::Country;
use crate::label::Edition;
use crate::network::Network;
use crate::policy::Policy;
use std::net::IpAddr;
use std::path::PathBuf;
use std::time::Duration;

/// The words of a call, understood.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Call {
    pub(crate) countries: Vec<Country>,
    pub(crate) asns: Vec<u32>,
    pub(crate) sets: Vec<PathBuf>,
    pub(crate) except: Vec<Exception>,
    pub(crate) unknown: Policy,
    pub(crate) broken: Policy,
    pub(crate) max_age: Option<Duration>,
    pub(crate) is_strict: bool,
    pub(crate) databases: Vec<PathBuf>,
    pub(crate) keep: Option<Vec<Network>>,
    pub(crate) client: Client,
}

/// Who is not admitted although a condition holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Exception {
    /// The addresses of a network.
    Network(Network),
    /// The addresses of a compiled set.
    Set(PathBuf),
    /// The addresses of a country.
    Country(Country),
    /// The addresses of an autonomous system.
    Asn(u32),
}

/// Whom a call asks about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Client {
    /// The client of each request: the call is the text of a rule, with `%a` in it.
    #[default]
    Each,
    /// The client whose address is not known (`unknown`).
    Unknown,
    /// This client.
    Address(IpAddr),
}

impl Call {
    /// The countries whose addresses are admitted.
    pub fn countries(&self) -> &[Country] {
        &self.countries
    }

    /// The autonomous systems whose addresses are admitted.
    pub fn asns(&self) -> &[u32] {
        &self.asns
    }

    /// The compiled sets whose addresses are admitted.
    pub fn sets(&self) -> &[PathBuf] {
        &self.sets
    }

    /// Who is not admitted although a condition holds.
    pub fn except(&self) -> &[Exception] {
        &self.except
    }

    /// Whether a condition or an exception is about what databases of `edition` know.
    pub fn asks(&self, edition: Edition) -> bool {
        let has_condition = match edition {
            Edition::Country => !self.countries.is_empty(),
            Edition::Asn => !self.asns.is_empty(),
        };
        let is_about = |exception: &Exception| match exception {
            Exception::Country(_) => edition == Edition::Country,
            Exception::Asn(_) => edition == Edition::Asn,
            Exception::Network(_) | Exception::Set(_) => false,
        };
        has_condition || self.except.iter().any(is_about)
    }

    /// Whether no condition is given, so that everybody who is not excepted is admitted.
    pub fn is_open(&self) -> bool {
        self.countries.is_empty() && self.asns.is_empty() && self.sets.is_empty()
    }

    /// What happens to an address that no database knows.
    pub fn unknown(&self) -> Policy {
        self.unknown
    }

    /// What happens when something is broken that could change the answer.
    pub fn broken(&self) -> Policy {
        self.broken
    }

    /// The age above which a database counts as broken.
    pub fn max_age(&self) -> Option<Duration> {
        self.max_age
    }

    /// Whether private networks, loopback, this machine's own addresses and `keep_in` have to meet
    /// the conditions as everybody else.
    pub fn is_strict(&self) -> bool {
        self.is_strict
    }

    /// The databases that are asked instead of the configured ones.
    pub fn databases(&self) -> &[PathBuf] {
        &self.databases
    }

    /// The networks that are kept in instead of the configured ones; nothing if the call names none.
    pub fn keep(&self) -> Option<&[Network]> {
        self.keep.as_deref()
    }

    /// Whom it asks about.
    pub fn client(&self) -> Client {
        self.client
    }
}
