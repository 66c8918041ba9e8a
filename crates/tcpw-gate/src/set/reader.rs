//! Asking a compiled set for an address.

use crate::network::Network;
use chrono::{DateTime, Utc};
use std::net::IpAddr;
use std::path::Path;
use thiserror::Error;

/// A compiled set, open for questions.
#[derive(Debug)]
pub struct Set {}

/// The entry of a set in which an address was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// The network that holds the address.
    pub network: Network,
    /// The name of the list that the network came from.
    pub source: String,
    /// Until when it counts; nothing if for ever.
    pub until: Option<DateTime<Utc>>,
}

/// Why a set cannot be asked.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum SetFault {
    /// This version of the gate does not read sets yet.
    #[error("compiled sets are not read by this version")]
    Unread,
}

impl Set {
    /// Opens the set at `path`.
    ///
    /// # Errors
    /// When it cannot be opened, or is not a set.
    pub fn open(_path: &Path) -> Result<Self, SetFault> {
        Err(SetFault::Unread)
    }

    /// The entry that holds `address` at the time `now`.
    ///
    /// # Errors
    /// When the file is damaged where the answer stands.
    pub fn find(&self, _address: IpAddr, _now: DateTime<Utc>) -> Result<Option<Found>, SetFault> {
        Err(SetFault::Unread)
    }

    /// All networks that count at the time `now`, in any order.
    ///
    /// # Errors
    /// When the file is damaged.
    pub fn networks(&self, _now: DateTime<Utc>) -> Result<Vec<Network>, SetFault> {
        Err(SetFault::Unread)
    }
}
