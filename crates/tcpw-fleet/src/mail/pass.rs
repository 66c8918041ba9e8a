//! One pass: what is new is put into messages that gather, and those that are due are released, all
//! of it in one transaction.

use super::moment::{Moment, lock};
use super::terms::MailTerms;
use super::{close, gather, muting, silence};
use crate::database::FleetError;
use postgres::{Client, Transaction};

/// What a pass did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Passed {
    /// It was made; so many messages were released by it.
    Done(u64),
    /// Another process is at work on this database.
    Busy,
}

/// Makes a pass.
///
/// # Errors
/// When the database cannot be read or written; nothing is changed then.
pub fn pass(client: &mut Client, terms: &MailTerms<'_>) -> Result<Passed, FleetError> {
    let failed = FleetError::at("look for what is to be mailed");
    let mut transaction = client.transaction().map_err(&failed)?;
    let passed = work(&mut transaction, terms).map_err(&failed)?;
    transaction.commit().map_err(&failed)?;
    Ok(passed)
}

fn work(
    transaction: &mut Transaction<'_>,
    terms: &MailTerms<'_>,
) -> Result<Passed, postgres::Error> {
    if !lock(transaction)? {
        return Ok(Passed::Busy);
    }
    let row = transaction.query_one("SELECT now(), passed, grace FROM tcpw.mail_state", &[])?;
    let mut moment = Moment {
        now: row.try_get(0)?,
        passed: row.try_get(1)?,
        grace: row.try_get(2)?,
    };
    silence::flag(transaction, terms, &mut moment)?;
    gather::take(transaction, terms, &moment)?;
    silence::look(transaction, terms, &moment)?;
    muting::look(transaction, terms, &moment)?;
    let released = close::release_due(transaction, terms, &moment)?;
    transaction.execute(
        "UPDATE tcpw.mail_state SET passed = $1, grace = $2",
        &[&moment.now, &moment.grace],
    )?;
    Ok(Passed::Done(released))
}
