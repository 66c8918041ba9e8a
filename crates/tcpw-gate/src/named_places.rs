//! Countries and owners of networks by their names, for people: of a database in the format of MaxMind
//! that was read, not mapped.

use crate::records::{self, OwnerCode};
use maxminddb::{LookupResult, Reader};
use std::net::IpAddr;

/// A database in the format of MaxMind that is held in memory.
#[derive(Debug)]
pub struct NamedPlaces(Reader<Vec<u8>>);

impl NamedPlaces {
    /// The database in these bytes.
    ///
    /// # Errors
    /// In words, when it is none.
    pub fn of_bytes(bytes: Vec<u8>) -> Result<Self, String> {
        let reader = Reader::from_source(bytes).map_err(|error| error.to_string())?;
        Ok(Self(reader))
    }

    /// The country of an address: `Germany (DE)`, or only one of the two; nothing where the database does
    /// not know it, or is damaged there.
    pub fn country(&self, address: IpAddr) -> Option<String> {
        let record = self.record(address)?;
        let found = records::country(&record).ok().flatten();
        let code = found.map_or("", |found| found.code);
        match (records::country_name(&record, found), code) {
            (Some(name), "") => Some(name.to_owned()),
            (Some(name), code) => Some(format!("{name} ({code})")),
            (None, "") => None,
            (None, code) => Some(code.to_owned()),
        }
    }

    /// The owner of the network of an address: `AS64500 Example Networks`, or only one of the two; nothing
    /// where the database does not know it, or is damaged there.
    pub fn owner(&self, address: IpAddr) -> Option<String> {
        let record = self.record(address)?;
        let code = match records::owner(&record).ok().flatten() {
            Some(OwnerCode::Number(number)) if number > 0 => format!("AS{number}"),
            Some(OwnerCode::Text(text)) => text.to_owned(),
            Some(OwnerCode::Number(_)) | None => String::new(),
        };
        let name = records::owner_name(&record).unwrap_or_default();
        let text = format!("{code} {name}").trim().to_owned();
        (!text.is_empty()).then_some(text)
    }

    fn record(&self, address: IpAddr) -> Option<LookupResult<'_, Vec<u8>>> {
        let record = self.0.lookup(address).ok()?;
        record.has_data().then_some(record)
    }
}
