//! Whom a call admits, as a set of addresses.

use crate::call::Call;
use crate::fault::Fault;
use crate::network::Network;
use crate::settings::Settings;
use crate::sources::Sources;
use chrono::{DateTime, Utc};

/// All addresses that `call` admits at the time `now`: sorted, disjoint, not next to each other, IPv4
/// before IPv6; exactly those that [`decide`](crate::decide()) admits.
///
/// # Errors
/// When something is broken that could change the answer for any address.
pub fn admitted(
    _call: &Call,
    _settings: &Settings,
    _sources: &mut Sources,
    _now: DateTime<Utc>,
) -> Result<Vec<Network>, Fault> {
    Err(Fault::Internal)
}
