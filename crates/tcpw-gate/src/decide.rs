//! The decision about one client.

use crate::call::Call;
use crate::fault::Fault;
use crate::settings::Settings;
use crate::sources::Sources;
use crate::why::{Decision, Why};
use chrono::{DateTime, Utc};
use std::net::IpAddr;

/// Whether `call` admits the client at `address`, at the time `now`; an address that is not known is
/// decided by `--unknown`, and what is broken by `--broken`.
pub fn decide(
    call: &Call,
    address: Option<IpAddr>,
    _settings: &Settings,
    _sources: &mut Sources,
    _now: DateTime<Utc>,
) -> Decision {
    Decision {
        admits: call.broken().admits(),
        why: Why::Broken {
            address,
            fault: Fault::Internal,
            policy: call.broken(),
        },
    }
}
