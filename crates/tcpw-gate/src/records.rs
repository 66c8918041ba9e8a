//! What stands in the records of databases in the format of MaxMind, whoever made the database.
//!
//! GeoLite2, GeoIP2 and DB-IP have `country.iso_code` and `autonomous_system_number`; IPinfo has
//! `country_code` or, before that, `country`, and the text `asn`; GeoIP2-Enterprise has the number of the
//! autonomous system among `traits`. The country where a network is registered stands for one that is
//! missing.

use maxminddb::{LookupResult, MaxMindDbError, path};

/// The codes of a record that are countries, and where their names stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct CountryCode<'r> {
    /// The code as it stands there.
    pub(crate) code: &'r str,
    place: CountryPlace,
}

/// Where the code of a country stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum CountryPlace {
    /// In `country_code`; the name is the text `country` or `country_name`.
    Beside,
    /// It is the text `country`.
    Alone,
    /// In `country`.
    Country,
    /// In `registered_country`.
    Registered,
}

/// The autonomous system of a record, as it stands there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum OwnerCode<'r> {
    /// A number.
    Number(u32),
    /// A text such as `AS64500`, perhaps with a name after it.
    Text(&'r str),
}

/// The code of a record's country.
pub(crate) fn country<'r, S: AsRef<[u8]>>(
    record: &LookupResult<'r, S>,
) -> Result<Option<CountryCode<'r>>, MaxMindDbError> {
    let found = |code, place| Ok(Some(CountryCode { code, place }));
    if let Some(code) = record.decode_path::<&str>(&path!["country_code"])? {
        return found(code, CountryPlace::Beside);
    }
    match record.decode_path::<&str>(&path!["country", "iso_code"]) {
        Err(MaxMindDbError::Decoding { .. }) => {
            if let Some(code) = record.decode_path::<&str>(&path!["country"])? {
                return found(code, CountryPlace::Alone);
            }
        }
        code => {
            if let Some(code) = code? {
                return found(code, CountryPlace::Country);
            }
        }
    }
    match record.decode_path::<&str>(&path!["registered_country", "iso_code"])? {
        Some(code) => found(code, CountryPlace::Registered),
        None => Ok(None),
    }
}

/// The English name of a record's country, if it has one.
pub(crate) fn country_name<'r, S: AsRef<[u8]>>(
    record: &LookupResult<'r, S>,
    code: Option<CountryCode<'r>>,
) -> Option<&'r str> {
    let text = |path: &[maxminddb::PathElement<'_>]| {
        let found = record.decode_path::<&str>(path).ok().flatten();
        found.filter(|name| !name.is_empty())
    };
    let nested = || text(&path!["country", "names", "en"]);
    let registered = || text(&path!["registered_country", "names", "en"]);
    match code.map(|code| code.place) {
        Some(CountryPlace::Beside) => {
            text(&path!["country_name"]).or_else(|| text(&path!["country"]))
        }
        Some(CountryPlace::Alone) => text(&path!["country_name"]),
        Some(CountryPlace::Country) => nested(),
        Some(CountryPlace::Registered) => registered(),
        None => nested().or_else(registered),
    }
}

/// The autonomous system of a record.
pub(crate) fn owner<'r, S: AsRef<[u8]>>(
    record: &LookupResult<'r, S>,
) -> Result<Option<OwnerCode<'r>>, MaxMindDbError> {
    if let Some(number) = record.decode_path::<u32>(&path!["autonomous_system_number"])? {
        return Ok(Some(OwnerCode::Number(number)));
    }
    match record.decode_path::<&str>(&path!["asn"]) {
        Err(MaxMindDbError::Decoding { .. }) => {
            let number = record.decode_path::<u32>(&path!["asn"])?;
            return Ok(number.map(OwnerCode::Number));
        }
        text => {
            if let Some(text) = text? {
                return Ok(Some(OwnerCode::Text(text)));
            }
        }
    }
    let number = record.decode_path::<u32>(&path!["traits", "autonomous_system_number"])?;
    Ok(number.map(OwnerCode::Number))
}

/// The name of the organization that a record's autonomous system belongs to, if it has one.
pub(crate) fn owner_name<'r, S: AsRef<[u8]>>(record: &LookupResult<'r, S>) -> Option<&'r str> {
    let text = |path: &[maxminddb::PathElement<'_>]| {
        let found = record.decode_path::<&str>(path).ok().flatten();
        found.filter(|name| !name.is_empty())
    };
    text(&path!["autonomous_system_organization"])
        .or_else(|| text(&path!["as_name"]))
        .or_else(|| text(&path!["traits", "autonomous_system_organization"]))
}
