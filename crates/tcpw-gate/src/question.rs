//! Asking databases and sets, in the order that a call and the settings give.

use crate::call::{Call, Exception};
use crate::database::Database;
use crate::fault::Fault;
use crate::label::{Edition, Label};
use crate::network::Network;
use crate::settings::Settings;
use crate::sources::Sources;
use crate::value::{Fit, Value};
use crate::why::{Evidence, Exemption};
use chrono::{DateTime, TimeDelta, Utc};
use hosts_access::escape::visible_short;
use std::net::IpAddr;
use std::path::{Path, PathBuf};

/// Networks that are private, of one host or of one link (RFC 1918, 1122, 3927, 4193, 4291).
pub(crate) const PRIVATE: [&str; 8] = [
    "10.0.0.0/8",
    "127.0.0.0/8",
    "169.254.0.0/16",
    "172.16.0.0/12",
    "192.168.0.0/16",
    "::1",
    "fc00::/7",
    "fe80::/10",
];
/// How much of a library's words is shown, in bytes.
const CAUSE: usize = 300;
/// How far the clocks of two machines may differ, in days.
const CLOCKS: i64 = 2;

/// What a call asks of the machine.
#[derive(Debug)]
pub(crate) struct Question<'q> {
    pub(crate) call: &'q Call,
    pub(crate) settings: &'q Settings,
    pub(crate) sources: &'q mut Sources,
    pub(crate) now: DateTime<Utc>,
}

/// What databases of an edition say of an address.
#[derive(Debug, Clone)]
pub(crate) enum Known {
    /// One of them knows this.
    As(Value, Label),
    /// None of these knows it.
    Not(Vec<Label>),
}

impl Question<'_> {
    /// Who is kept in: by the call, or else by the configuration if that could be read.
    pub(crate) fn keep(&self) -> &[Network] {
        self.call.keep().unwrap_or(&self.settings.keep_in)
    }

    /// Why it is not known who is kept in.
    pub(crate) fn keep_fault(&self) -> Option<&Fault> {
        let counts = self.call.keep().is_none() && !self.call.is_strict();
        self.settings.fault.as_ref().filter(|_| counts)
    }

    /// The exemption of an address, but for that of the machine's own.
    pub(crate) fn exemption(&self, address: IpAddr) -> Option<Exemption> {
        if self.call.is_strict() {
            return None;
        }
        let private = PRIVATE
            .iter()
            .filter_map(|text| text.parse::<Network>().ok());
        let mut private = private.filter(|network| network.contains(address));
        if let Some(network) = private.next() {
            return Some(Exemption::Private(network));
        }
        let mut keep = self.keep().iter();
        let kept = keep.find(|network| network.contains(address));
        kept.copied().map(Exemption::KeptIn)
    }

    /// The databases that are asked about `edition`.
    pub(crate) fn databases(&mut self, edition: Edition) -> Result<Vec<PathBuf>, Fault> {
        let named = self.call.databases();
        if named.is_empty() {
            if let Some(fault) = &self.settings.fault {
                return Err(fault.clone());
            }
            return Ok(match edition {
                Edition::Country => self.settings.country.clone(),
                Edition::Asn => self.settings.asn.clone(),
            });
        }
        let mut fitting = Vec::new();
        for path in named {
            if self.open(path)?.fit(edition) != Fit::No {
                fitting.push(path.clone());
            }
        }
        // If none is about that, the first one says so.
        let first = named.first().filter(|_| fitting.is_empty());
        fitting.extend(first.cloned());
        Ok(fitting)
    }

    /// The database at `path`.
    pub(crate) fn open(&mut self, path: &Path) -> Result<&Database, Fault> {
        let opened = self.sources.database(path);
        opened.map_err(|cause| damaged(path, &cause))
    }

    /// The database at `path`, if it is about `edition` and young enough.
    pub(crate) fn fresh(&mut self, path: &Path, edition: Edition) -> Result<&Database, Fault> {
        let (now, most) = (self.now, self.call.max_age());
        let database = self.open(path)?;
        let label = database.label();
        if database.fit(edition) == Fit::No {
            return Err(damaged(
                path,
                &format!("{} is not about {edition}", label.name),
            ));
        }
        let Some(most) = most else {
            return Ok(database);
        };
        let is_fresh = label.built.is_some_and(|built| {
            let age = now.signed_duration_since(built);
            let is_young = TimeDelta::from_std(most).is_ok_and(|most| age <= most);
            is_young && age >= TimeDelta::days(-CLOCKS)
        });
        if is_fresh {
            Ok(database)
        } else {
            Err(Fault::Stale {
                label: label.clone(),
                most,
            })
        }
    }

    /// What is known of `address`: the first database that has its family and knows it.
    pub(crate) fn known(&mut self, edition: Edition, address: IpAddr) -> Result<Known, Fault> {
        let mut asked = Vec::new();
        for path in self.databases(edition)? {
            let database = self.fresh(&path, edition)?;
            if !database.has_family(address.is_ipv6()) {
                continue;
            }
            let found = database.find(edition, address);
            match found.map_err(|cause| damaged(&path, &cause))? {
                Some(value) => return Ok(Known::As(value, database.label().clone())),
                None => asked.push(database.label().clone()),
            }
        }
        if asked.is_empty() {
            return Err(Fault::NoDatabase {
                edition,
                is_v6: address.is_ipv6(),
            });
        }
        Ok(Known::Not(asked))
    }

    /// The entry of the set at `path` that has `address`.
    pub(crate) fn listed(
        &mut self,
        path: &Path,
        address: IpAddr,
    ) -> Result<Option<Evidence>, Fault> {
        let now = self.now;
        let found = self
            .sources
            .set(path)
            .and_then(|set| set.find(address, now));
        match found {
            Ok(found) => Ok(found.map(|found| Evidence::Listed(path.to_owned(), found))),
            Err(fault) => Err(Fault::Set {
                path: path.to_owned(),
                fault,
            }),
        }
    }

    /// The countries and autonomous systems of `edition` that are admitted, or else those excepted.
    pub(crate) fn wanted(&self, edition: Edition, is_exception: bool) -> Vec<Value> {
        let of_exception = |exception: &Exception| match exception {
            Exception::Country(country) => Some(Value::Country(*country)),
            Exception::Asn(number) => Some(Value::Asn(*number)),
            Exception::Network(_) | Exception::Set(_) => None,
        };
        let all: Vec<Value> = if is_exception {
            self.call.except().iter().filter_map(of_exception).collect()
        } else {
            let countries = self.call.countries().iter().copied().map(Value::Country);
            countries
                .chain(self.call.asns().iter().copied().map(Value::Asn))
                .collect()
        };
        let is_of = |value: &Value| match value {
            Value::Country(_) => edition == Edition::Country,
            Value::Asn(_) => edition == Edition::Asn,
        };
        all.into_iter().filter(is_of).collect()
    }
}

/// A database that cannot be used, for a reason in the words of a library.
pub(crate) fn damaged(path: &Path, cause: &str) -> Fault {
    Fault::Database {
        path: path.to_owned(),
        cause: visible_short(cause.as_bytes(), CAUSE),
    }
}

/// What a database said, as evidence.
pub(crate) fn evidence(value: Value, label: Label) -> Evidence {
    match value {
        Value::Country(country) => Evidence::Country(country, label),
        Value::Asn(number) => Evidence::Asn(number, label),
    }
}
