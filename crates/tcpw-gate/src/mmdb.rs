//! Databases in the format of MaxMind (`.mmdb`): GeoLite2 and GeoIP2, DB-IP, IPinfo and others.

use crate::label::{Edition, Label};
use crate::map::Map;
use crate::network::Network;
use crate::records::{self, OwnerCode};
use crate::value::{Fit, Value};
use chrono::DateTime;
use maxminddb::{LookupResult, Reader, WithinOptions};
use memchr::memmem;
use std::net::IpAddr;
use std::path::Path;

/// What stands before the last part of such a file.
const MARK: &[u8] = b"\xab\xcd\xefMaxMind.com";
/// The last part is not longer than this (MaxMind DB File Format Specification 2.0).
const LAST_PART: usize = 128 * 1024;
/// How many networks a tree may have for each of its nodes: addresses of IPv4 are found in several
/// places of a tree of IPv6. More is a circle.
const NETWORKS_PER_NODE: u64 = 16;
/// All networks of a family, for the walk through the tree.
const ALL: [(&str, bool); 2] = [("0.0.0.0/0", false), ("::/0", true)];

/// An open database.
#[derive(Debug)]
pub(crate) struct Mmdb {
    reader: Reader<Map>,
    label: Label,
}

type Record<'r> = LookupResult<'r, Map>;

impl Mmdb {
    /// Whether the bytes end as such a database does.
    pub(crate) fn is_one(bytes: &[u8]) -> bool {
        let start = bytes.len().saturating_sub(LAST_PART + MARK.len());
        let end = bytes.get(start..).unwrap_or_default();
        memmem::rfind(end, MARK).is_some()
    }

    /// Opens the database in `map`, which was found at `path`.
    pub(crate) fn open(map: Map, path: &Path) -> Result<Self, String> {
        let reader = Reader::from_source(map).map_err(|error| error.to_string())?;
        let found = reader.metadata();
        let seconds = i64::try_from(found.build_epoch).ok().filter(|&at| at > 0);
        let label = Label {
            path: path.to_owned(),
            name: found.database_type.clone(),
            built: seconds.and_then(|at| DateTime::from_timestamp(at, 0)),
        };
        Ok(Self { reader, label })
    }

    /// How it is called.
    pub(crate) fn label(&self) -> &Label {
        &self.label
    }

    /// Whether it is about `edition`.
    pub(crate) fn fit(&self, edition: Edition) -> Fit {
        Fit::of_name(&self.label.name, edition)
    }

    /// Whether it has addresses of IPv6, or else of IPv4.
    pub(crate) fn has_family(&self, is_v6: bool) -> bool {
        !is_v6 || self.reader.metadata().ip_version == 6
    }

    /// What it says of an address.
    pub(crate) fn find(&self, edition: Edition, address: IpAddr) -> Result<Option<Value>, String> {
        let record = self
            .reader
            .lookup(address)
            .map_err(|error| error.to_string())?;
        self.value(edition, &record)
    }

    fn value(&self, edition: Edition, record: &Record<'_>) -> Result<Option<Value>, String> {
        if !record.has_data() {
            return Ok(None);
        }
        let found = match edition {
            Edition::Country => {
                records::country(record).map(|found| found.map(|found| Value::of_code(found.code)))
            }
            Edition::Asn => records::owner(record).map(|found| found.map(owner)),
        };
        match found.map_err(|error| error.to_string())? {
            Some(value) => Ok(value),
            None if self.fit(edition) == Fit::Yes => Ok(None),
            None => Err(format!("its records say nothing about {edition}")),
        }
    }

    /// Goes through all networks of a family, in order, with what is said of each.
    pub(crate) fn each(
        &self,
        edition: Edition,
        is_v6: bool,
        visit: &mut dyn FnMut(Network, Option<Value>),
    ) -> Result<(), String> {
        if !self.has_family(is_v6) {
            return Ok(());
        }
        let options = WithinOptions::default()
            .include_aliased_networks()
            .include_networks_without_data();
        let whole = ALL.into_iter().find(|(_, family)| *family == is_v6);
        let whole = whole.and_then(|(text, _)| text.parse().ok());
        let whole = whole.ok_or_else(|| "no such family".to_owned())?;
        let networks = self
            .reader
            .within(whole, options)
            .map_err(|error| error.to_string())?;
        let most = u64::from(self.reader.metadata().node_count).saturating_mul(NETWORKS_PER_NODE);
        let mut last: Option<(Option<usize>, Option<Value>)> = None;
        for (count, record) in (0..).zip(networks) {
            if count > most.saturating_add(NETWORKS_PER_NODE) {
                return Err("its tree has a circle".to_owned());
            }
            let record = record.map_err(|error| error.to_string())?;
            let value = match last {
                Some((offset, value)) if offset == record.offset() => value,
                Some(_) | None => self.value(edition, &record)?,
            };
            last = Some((record.offset(), value));
            visit(network(&record, is_v6)?, value);
        }
        Ok(())
    }
}

/// The network of a record in the tree of a family.
fn network(record: &Record<'_>, is_v6: bool) -> Result<Network, String> {
    let found = record.network().map_err(|error| error.to_string())?;
    let network = match (found.ip(), is_v6) {
        // One record for all of IPv4 stands above the place where its tree begins.
        (IpAddr::V6(_), false) => Some(Network::ALL_V4),
        // The addresses `::a.b.c.d`, which lie where a tree of IPv6 has those of IPv4.
        (IpAddr::V4(address), true) => {
            let address = IpAddr::V6(std::net::Ipv6Addr::from_bits(address.to_bits().into()));
            Network::of_prefix(address, found.prefix().saturating_add(96))
        }
        (address, _) => Network::of_prefix(address, found.prefix()),
    };
    network.ok_or_else(|| "its tree is deeper than addresses are long".to_owned())
}

/// The autonomous system that a record names; nothing where it says that it is not known.
fn owner(code: OwnerCode<'_>) -> Option<Value> {
    match code {
        OwnerCode::Number(number) => Value::of_number(number),
        OwnerCode::Text(text) => Value::of_owner(text),
    }
}
