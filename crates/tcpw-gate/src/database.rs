//! A database of any format that the gate reads.

use crate::label::{Edition, Label};
use crate::legacy::Legacy;
use crate::map::Map;
use crate::mmdb::Mmdb;
use crate::network::Network;
use crate::value::{Fit, Value};
use std::net::IpAddr;
use std::path::Path;

/// An open database.
#[derive(Debug)]
pub(crate) enum Database {
    /// In the format of today.
    Mmdb(Mmdb),
    /// In the legacy format.
    Legacy(Legacy),
}

impl Database {
    /// Opens the file at `place`, which is called `path`.
    ///
    /// # Errors
    /// In words, when it cannot be opened or is not a database.
    pub(crate) fn open(place: &Path, path: &Path) -> Result<Self, String> {
        let map = Map::open(place).map_err(|cause| cause.to_string())?;
        let bytes = map.as_ref();
        if Mmdb::is_one(bytes) {
            Mmdb::open(map, path).map(Self::Mmdb)
        } else if Legacy::is_one(bytes) {
            Legacy::open(map, path).map(Self::Legacy)
        } else {
            Err("it is not a database of MaxMind's formats".to_owned())
        }
    }

    /// How it is called.
    pub(crate) fn label(&self) -> &Label {
        match self {
            Self::Mmdb(database) => database.label(),
            Self::Legacy(database) => database.label(),
        }
    }

    /// Whether it is about `edition`.
    pub(crate) fn fit(&self, edition: Edition) -> Fit {
        match self {
            Self::Mmdb(database) => database.fit(edition),
            Self::Legacy(database) => database.fit(edition),
        }
    }

    /// Whether it has addresses of IPv6, or else of IPv4.
    pub(crate) fn has_family(&self, is_v6: bool) -> bool {
        match self {
            Self::Mmdb(database) => database.has_family(is_v6),
            Self::Legacy(database) => database.has_family(is_v6),
        }
    }

    /// What it says of an address of a family that it has; nothing where it does not know.
    ///
    /// # Errors
    /// In words, when it is damaged where the answer stands.
    pub(crate) fn find(&self, edition: Edition, address: IpAddr) -> Result<Option<Value>, String> {
        match self {
            Self::Mmdb(database) => database.find(edition, address),
            Self::Legacy(database) => database.find(address),
        }
    }

    /// Goes through all networks of a family with what is said of each.
    ///
    /// # Errors
    /// In words, when it is damaged.
    pub(crate) fn each(
        &self,
        edition: Edition,
        is_v6: bool,
        visit: &mut dyn FnMut(Network, Option<Value>),
    ) -> Result<(), String> {
        match self {
            Self::Mmdb(database) => database.each(edition, is_v6, visit),
            Self::Legacy(database) => database.each(is_v6, visit),
        }
    }
}
