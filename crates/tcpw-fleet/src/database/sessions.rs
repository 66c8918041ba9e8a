//! The sessions of a login that does not hold any longer: whoever has stolen it must not go on.

use super::fault::FleetError;
use postgres::Client;
use postgres::error::SqlState;
use std::thread::sleep;
use std::time::Duration;

/// How often sessions are looked for that were ended, and how long between.
const LOOKS: u32 = 50;
const BETWEEN: Duration = Duration::from_millis(100);

/// What became of the sessions of a login that does not hold any longer.
#[derive(Debug)]
pub enum Sessions {
    /// There is none.
    Ended,
    /// So many go on, because this user may not end them; `role` is the number of their role.
    GoOn {
        /// How many.
        count: i64,
        /// The number of the role, which outlives its name.
        role: u32,
    },
    /// They could not be looked at.
    Unknown(FleetError),
}

/// Ends the sessions of a role by its number, since its name may be gone. It is done after the old
/// password holds no longer: else a session could begin between.
pub(super) fn end_sessions(client: &mut Client, role: u32) -> Sessions {
    try_to_end(client, role).unwrap_or_else(Sessions::Unknown)
}

fn try_to_end(client: &mut Client, role: u32) -> Result<Sessions, FleetError> {
    let failed = FleetError::at("end the sessions of the host");
    let all = "SELECT pg_catalog.count(*) FROM pg_catalog.pg_stat_activity WHERE usesysid = $1";
    let end = "SELECT pg_catalog.pg_terminate_backend(pid) FROM pg_catalog.pg_stat_activity
        WHERE usesysid = $1";
    let mut count = 0;
    for _ in 0..LOOKS {
        let row = client.query_one(all, &[&role]).map_err(&failed)?;
        count = row.try_get(0).map_err(&failed)?;
        if count == 0 {
            return Ok(Sessions::Ended);
        }
        match client.execute(end, &[&role]) {
            Ok(_) => sleep(BETWEEN),
            Err(error) if error.code() == Some(&SqlState::INSUFFICIENT_PRIVILEGE) => break,
            Err(error) => return Err(failed(error)),
        }
    }
    Ok(Sessions::GoOn { count, role })
}
