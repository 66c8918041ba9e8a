//! Where an address belongs: country and owner of the network, from databases on disk in the
//! format of `MaxMind`. A database that cannot be read is a remark in the letter, never a reason
//! not to send it.

use crate::config::Geo;
use crate::escape::visible;
use crate::system::open_regular;
use std::io::Read as _;
use std::mem;
use std::net::IpAddr;
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;
use tcpw_gate::NamedPlaces;

/// The largest databases of this kind have a tenth of this.
pub(crate) const MOST_BYTES: u64 = 1 << 30;

/// The databases that are configured and readable.
#[derive(Debug, Default)]
pub(crate) struct Places {
    country: Option<NamedPlaces>,
    network: Option<NamedPlaces>,
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
        let country = |places: &NamedPlaces| places.country(address).unwrap_or_default();
        let owner = |places: &NamedPlaces| places.owner(address).unwrap_or_default();
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

pub(crate) fn read(path: &Path) -> Result<NamedPlaces, String> {
    let mut bytes = Vec::new();
    let file = open_regular(path).map_err(|cause| cause.to_string())?;
    file.take(MOST_BYTES + 1)
        .read_to_end(&mut bytes)
        .map_err(|cause| cause.to_string())?;
    if u64::try_from(bytes.len()).unwrap_or(u64::MAX) > MOST_BYTES {
        return Err("is larger than 1 GiB".to_owned());
    }
    NamedPlaces::of_bytes(bytes).map_err(|error| visible(error.as_bytes()))
}

#[cfg(test)]
pub(crate) mod tests;
