//! Where an address belongs: country and owner of the network, from databases on disk in the
//! format of `MaxMind`. A database that cannot be read is a remark in the letter, never a reason
//! not to send it.

use crate::config::Geo;
use crate::escape::visible;
use crate::system::open_regular;
use maxminddb::Reader;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::io::Read as _;
use std::mem;
use std::net::IpAddr;
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;

/// The largest databases of this kind have a tenth of this.
pub(crate) const MOST_BYTES: u64 = 1 << 30;

/// The databases that are configured and readable.
#[derive(Debug, Default)]
pub(crate) struct Places {
    country: Option<Reader<Vec<u8>>>,
    network: Option<Reader<Vec<u8>>>,
    /// What is wrong with the others.
    pub(crate) problems: Vec<String>,
}

/// Where an address belongs; nothing where no database was asked, an empty text where it does not
/// know.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Place {
    /// `Germany (DE)`.
    pub(crate) country: Option<String>,
    /// `AS64500 Example Networks`.
    pub(crate) owner: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct CountryRecord {
    country: Names,
    registered_country: Names,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Names {
    iso_code: String,
    names: BTreeMap<String, String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct NetworkRecord {
    autonomous_system_number: u32,
    autonomous_system_organization: String,
}

impl Places {
    /// Opens what is configured.
    pub(crate) fn open(geo: &Geo) -> Self {
        let mut problems = Vec::new();
        let mut open = |path: Option<&Path>| {
            let path = path?;
            read(path)
                .map_err(|problem| {
                    let path = visible(path.as_os_str().as_bytes());
                    problems.push(format!("{path}: {problem}"));
                })
                .ok()
        };
        let country = open(geo.country.as_deref());
        let network = open(geo.asn.as_deref());
        Self {
            country,
            network,
            problems,
        }
    }

    /// Looks an address up.
    pub(crate) fn of(&self, address: IpAddr) -> Place {
        let country = |reader| {
            let record: CountryRecord = record(reader, address).unwrap_or_default();
            let known = [record.country, record.registered_country];
            known.iter().find_map(Names::text).unwrap_or_default()
        };
        let owner = |reader| {
            let record: NetworkRecord = record(reader, address).unwrap_or_default();
            match record.autonomous_system_number {
                0 => record.autonomous_system_organization,
                number => format!("AS{number} {}", record.autonomous_system_organization),
            }
        };
        Place {
            country: self.country.as_ref().map(country),
            owner: self.network.as_ref().map(owner),
        }
    }
}

/// Tells where addresses belong, in one line each, by the databases of `geo`; also what is wrong
/// with those.
pub fn locator(geo: &Geo) -> (impl Fn(IpAddr) -> Option<String> + use<>, Vec<String>) {
    let mut places = Places::open(geo);
    let problems = mem::take(&mut places.problems);
    let locate = move |address| {
        let place = places.of(address);
        let known = [place.country, place.owner];
        let known: Vec<String> = known
            .into_iter()
            .flatten()
            .filter(|text| !text.is_empty())
            .map(|text| visible(text.as_bytes()))
            .collect();
        (!known.is_empty()).then(|| known.join(", "))
    };
    (locate, problems)
}

impl Names {
    fn text(&self) -> Option<String> {
        let name = self.names.get("en").filter(|name| !name.is_empty());
        match (name, self.iso_code.as_str()) {
            (Some(name), "") => Some(name.clone()),
            (Some(name), code) => Some(format!("{name} ({code})")),
            (None, "") => None,
            (None, code) => Some(code.to_owned()),
        }
    }
}

pub(crate) fn read(path: &Path) -> Result<Reader<Vec<u8>>, String> {
    let mut bytes = Vec::new();
    let file = open_regular(path).map_err(|cause| cause.to_string())?;
    file.take(MOST_BYTES + 1)
        .read_to_end(&mut bytes)
        .map_err(|cause| cause.to_string())?;
    if u64::try_from(bytes.len()).unwrap_or(u64::MAX) > MOST_BYTES {
        return Err("is larger than 1 GiB".to_owned());
    }
    Reader::from_source(bytes).map_err(|error| visible(error.to_string().as_bytes()))
}

/// What the database has on an address; nothing too where it is damaged at this place.
pub(crate) fn record<'r, T: Deserialize<'r>>(
    reader: &'r Reader<Vec<u8>>,
    address: IpAddr,
) -> Option<T> {
    reader.lookup(address).ok()?.decode().ok().flatten()
}

#[cfg(test)]
pub(crate) mod tests;
