//! Forgetting what is too old: partitions are dropped whole.

use super::fault::FleetError;
use super::schema::become_owner;
use super::sums::lock;
use postgres::Client;
use std::time::Duration;

/// Drops the partitions of events and of counts that are over for longer than they are kept, and
/// makes those of the next days. The sums of counts go with them. Gives how many were dropped.
///
/// # Errors
/// When the user may not do it, or somebody is at work on a partition for long.
pub fn forget(
    client: &mut Client,
    keep: Duration,
    keep_hourly: Duration,
) -> Result<i32, FleetError> {
    let failed = FleetError::at("forget what is too old");
    let mut transaction = client.transaction().map_err(&failed)?;
    become_owner(&mut transaction)?;
    lock(&mut transaction)?;
    transaction
        .batch_execute("SELECT tcpw.make_ahead()")
        .map_err(&failed)?;
    let row = transaction
        .query_one(
            "SELECT tcpw.forget(make_interval(secs => $1), make_interval(secs => $2))",
            &[&keep.as_secs_f64(), &keep_hourly.as_secs_f64()],
        )
        .map_err(&failed)?;
    let dropped = row.try_get(0).map_err(&failed)?;
    transaction.commit().map_err(failed)?;
    Ok(dropped)
}
