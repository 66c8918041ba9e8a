//! How a database is called, and what it is about.

use chrono::{DateTime, Utc};
use hosts_access::escape::{visible, visible_short};
use std::fmt;
use std::os::unix::ffi::OsStrExt as _;
use std::path::PathBuf;

/// How much of a database's name is shown, in bytes.
const NAME: usize = 80;

/// What a database says of an address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Edition {
    /// Its country.
    Country,
    /// The number of the autonomous system that owns its network.
    Asn,
}

impl Edition {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Country, Self::Asn];
}

impl fmt::Display for Edition {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Self::Country => "countries",
            Self::Asn => "networks and their owners",
        })
    }
}

/// A database as it is called: by its own name and its day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Label {
    /// Where it is.
    pub path: PathBuf,
    /// What it calls itself: `GeoLite2-Country`, `GEO-106FREE`. The bytes are a stranger's.
    pub name: String,
    /// When its data were built; nothing where it does not say that.
    pub built: Option<DateTime<Utc>>,
}

impl fmt::Display for Label {
    /// `GeoLite2-Country of 2026-11-02`.
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.name.is_empty() {
            write!(out, "{}", visible(self.path.as_os_str().as_bytes()))?;
        } else {
            write!(out, "{}", visible_short(self.name.as_bytes(), NAME))?;
        }
        match self.built {
            Some(built) => write!(out, " of {}", built.format("%Y-%m-%d")),
            None => write!(out, ", whose age is not known"),
        }
    }
}
