//! The schema `tcpw`: made, brought up to date, and compared with what this program knows.

use super::fault::FleetError;
use postgres::{Client, Transaction};

/// Roles and the schema itself, before each migration.
const ROLES: &str = include_str!("../../schema/00_roles.sql");
/// One step a version. Never edited after a release, only added to.
const MIGRATIONS: [&str; 4] = [
    include_str!("../../schema/01_fleet.sql"),
    include_str!("../../schema/02_mail.sql"),
    concat!(
        include_str!("../../schema/03_sums.sql"),
        include_str!("../../schema/03_muting.sql"),
    ),
    concat!(
        include_str!("../../schema/04_sums.sql"),
        include_str!("../../schema/04_ingest.sql"),
    ),
];
/// The version that this program makes and knows.
pub const VERSION: i32 = 4;

/// What [`init`] did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Migrated {
    /// The version that was there; 0 where there was none.
    pub before: i32,
    /// The version that is there now.
    pub after: i32,
}

/// Makes the schema or brings it up to date, all of it in one transaction. Again, it changes nothing
/// but that the partitions of the next days are made.
///
/// # Errors
/// When the schema is of a newer program, or the user may not do it; nothing is changed then.
pub fn init(client: &mut Client) -> Result<Migrated, FleetError> {
    let failed = FleetError::at("make the schema");
    let mut transaction = client.transaction().map_err(&failed)?;
    transaction.batch_execute(ROLES).map_err(&failed)?;
    become_owner(&mut transaction)?;
    let is_there = is_there(&mut transaction)?;
    if is_there {
        // Two at once would make the same things.
        transaction
            .batch_execute("LOCK TABLE tcpw.version IN EXCLUSIVE MODE")
            .map_err(&failed)?;
    }
    let before = version(&mut transaction)?;
    if before > VERSION {
        return Err(FleetError::Newer {
            found: before,
            known: VERSION,
        });
    }
    let missing = MIGRATIONS.iter().zip(1_i32..);
    for (step, number) in missing.filter(|(_, number)| *number > before) {
        transaction.batch_execute(step).map_err(&failed)?;
        transaction
            .execute("INSERT INTO tcpw.version (number) VALUES ($1)", &[&number])
            .map_err(&failed)?;
    }
    transaction
        .batch_execute("SELECT tcpw.make_ahead()")
        .map_err(&failed)?;
    transaction.commit().map_err(&failed)?;
    Ok(Migrated {
        before,
        after: VERSION,
    })
}

/// Lets the rest of a transaction run as the owner of the schema, who can do nothing outside it, and waits
/// for nobody longer than some minutes.
///
/// # Errors
/// When the user is not a member of that role.
pub fn become_owner(transaction: &mut Transaction<'_>) -> Result<(), FleetError> {
    transaction
        .batch_execute(
            "SET LOCAL ROLE tcpw_owner; SET LOCAL search_path = pg_catalog, pg_temp;
             SET LOCAL lock_timeout = '5min'",
        )
        .map_err(FleetError::at("act as tcpw_owner"))
}

/// Refuses a schema that is absent, older or newer than this program knows; for whoever may read it.
///
/// # Errors
/// When it is another one, or cannot be asked.
pub fn check(client: &mut Client) -> Result<(), FleetError> {
    let mut transaction = client
        .transaction()
        .map_err(FleetError::at("read the version of the schema"))?;
    match version(&mut transaction)? {
        0 => Err(FleetError::Absent),
        found if found < VERSION => Err(FleetError::Older {
            found,
            known: VERSION,
        }),
        found if found > VERSION => Err(FleetError::Newer {
            found,
            known: VERSION,
        }),
        _ => Ok(()),
    }
}

fn is_there(transaction: &mut Transaction<'_>) -> Result<bool, FleetError> {
    let failed = FleetError::at("read the version of the schema");
    let sql = "SELECT pg_catalog.to_regclass('tcpw.version') IS NOT NULL";
    let row = transaction.query_one(sql, &[]).map_err(&failed)?;
    row.try_get(0).map_err(failed)
}

/// The version of the schema; 0 where there is none.
fn version(transaction: &mut Transaction<'_>) -> Result<i32, FleetError> {
    if !is_there(transaction)? {
        return Ok(0);
    }
    let failed = FleetError::at("read the version of the schema");
    let sql = "SELECT coalesce(pg_catalog.max(number), 0) FROM tcpw.version";
    let row = transaction.query_one(sql, &[]).map_err(&failed)?;
    row.try_get(0).map_err(failed)
}
