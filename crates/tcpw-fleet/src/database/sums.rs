//! The sums of the counts, by hour and by day, which make a report of a long time quick.

use super::fault::FleetError;
use super::schema::become_owner;
use postgres::error::SqlState;
use postgres::{Client, IsolationLevel, Transaction};

/// How often a day is begun once more, when hosts change its marks in the same moment.
const TRIES: u32 = 5;
/// Nobody else makes or drops sums until the transaction ends. It must be the first statement: a lock
/// takes no snapshot, so what is read then is what was there when the lock was given.
const LOCK: &str = "LOCK TABLE tcpw.summed_day IN SHARE ROW EXCLUSIVE MODE";

/// The blocks of counts that were added since autovacuum came by are entered into the index by hour;
/// until then every hour that is read reads them all.
const SUMMARIZE: &str = "SELECT brin_summarize_new_values(index.indexrelid) FROM pg_inherits
    JOIN pg_index AS index ON index.indrelid = inhrelid
    JOIN pg_class AS class ON class.oid = index.indexrelid
    JOIN pg_am AS am ON am.oid = class.relam
    WHERE inhparent = 'tcpw.hourly'::regclass AND amname = 'brin'
        AND pg_has_role(class.relowner, 'USAGE')";

/// What [`sum_up`] did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Summed {
    /// In how many days there was something to be summed.
    pub days: u64,
    /// How many hours of them were summed.
    pub hours: u64,
}

/// Sums the hours that are over and whose counts have changed since they were summed, and the days
/// that are over: each day in a transaction of its own, the newest first.
///
/// # Errors
/// When the user may not do it, or counts add up to more than a number of the database holds. What was summed
/// before that stays; reports are right all the same, and slower.
pub fn sum_up(client: &mut Client) -> Result<Summed, FleetError> {
    let failed = FleetError::at("sum up");
    let mut transaction = client.transaction().map_err(&failed)?;
    become_owner(&mut transaction)?;
    // What hosts have sent of other days lies in the default partitions until then.
    transaction
        .batch_execute("SELECT tcpw.make_ahead()")
        .map_err(&failed)?;
    transaction.execute(SUMMARIZE, &[]).map_err(&failed)?;
    let days = transaction
        .query("SELECT tcpw.days_to_sum()", &[])
        .map_err(&failed)?;
    transaction.commit().map_err(&failed)?;
    let mut summed = Summed::default();
    for row in days {
        let day: String = row.try_get(0).map_err(&failed)?;
        summed.hours += sum_day(client, &day)?;
        summed.days += 1;
    }
    Ok(summed)
}

/// Keeps everybody else from making or dropping sums until the transaction ends.
pub(super) fn lock(transaction: &mut Transaction<'_>) -> Result<(), FleetError> {
    transaction
        .batch_execute(LOCK)
        .map_err(FleetError::at("wait until nobody sums up"))
}

fn sum_day(client: &mut Client, day: &str) -> Result<u64, FleetError> {
    let mut tries = 1;
    loop {
        match try_day(client, day) {
            Err(FleetError::Statement { cause, .. })
                if tries < TRIES && cause.code() == Some(&SqlState::T_R_SERIALIZATION_FAILURE) =>
            {
                tries += 1;
            }
            other => return other,
        }
    }
}

fn try_day(client: &mut Client, day: &str) -> Result<u64, FleetError> {
    let failed = FleetError::at("sum up a day");
    let mut transaction = client
        .build_transaction()
        .isolation_level(IsolationLevel::RepeatableRead)
        .start()
        .map_err(&failed)?;
    become_owner(&mut transaction)?;
    lock(&mut transaction)?;
    transaction
        .batch_execute("SET LOCAL work_mem = '128MB'; SET LOCAL jit = off")
        .map_err(&failed)?;
    let row = transaction
        .query_one("SELECT tcpw.sum_day($1::text::timestamptz)", &[&day])
        .map_err(&failed)?;
    let hours: i32 = row.try_get(0).map_err(&failed)?;
    transaction.commit().map_err(failed)?;
    Ok(u64::try_from(hours).unwrap_or(0))
}
