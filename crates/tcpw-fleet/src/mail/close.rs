//! Messages that are due are released, as many as an hour may have; what is beyond that becomes part
//! of one message about everything.

use super::moment::{Moment, length};
use super::terms::MailTerms;
use chrono::{DateTime, TimeDelta, Utc};
use postgres::Transaction;

/// How long what was handed over is kept.
const KEPT: TimeDelta = TimeDelta::days(30);

/// Releases what is due; gives how many messages.
pub(super) fn release_due(
    transaction: &mut Transaction<'_>,
    terms: &MailTerms<'_>,
    moment: &Moment,
) -> Result<u64, postgres::Error> {
    let now = moment.now;
    transaction.execute(
        "DELETE FROM tcpw.letter WHERE released IS NULL AND due <= $1
             AND NOT EXISTS (SELECT FROM tcpw.reached WHERE letter = id)",
        &[&now],
    )?;
    let mut released = transaction.execute(
        "UPDATE tcpw.letter SET released = $1
         WHERE released IS NULL AND due <= $1 AND kind IN ('silent', 'back', 'muting')",
        &[&now],
    )?;
    let hour = now - TimeDelta::hours(1);
    let row = transaction.query_one(
        "SELECT count(*), min(released) FROM tcpw.letter
         WHERE released > $1 AND released <= $2 AND kind NOT IN ('silent', 'back', 'muting')",
        &[&hour, &now],
    )?;
    let left = (terms.most() - row.try_get::<_, i64>(0)?).max(0);
    let oldest: Option<DateTime<Utc>> = row.try_get(1)?;
    let again = (oldest.unwrap_or(now) + TimeDelta::hours(1)).max(now + TimeDelta::seconds(1));
    // What has waited longest, which is what is about several, comes first.
    released += transaction.execute(
        "UPDATE tcpw.letter SET released = $1 WHERE id IN (
            SELECT id FROM tcpw.letter
            WHERE released IS NULL AND due <= $1 AND kind NOT IN ('silent', 'back', 'muting')
            ORDER BY source <> '', due, id LIMIT $2)",
        &[&now, &left],
    )?;
    transaction.execute(
        "INSERT INTO tcpw.told (source, audience, quiet_until)
             SELECT source, audience, $2 FROM tcpw.letter WHERE released = $1 AND source <> ''
             ON CONFLICT (source, audience) DO UPDATE SET quiet_until = excluded.quiet_until",
        &[&now, &(now + length(terms.quiet()))],
    )?;
    put_off(transaction, terms, moment, again)?;
    forget(transaction, now)?;
    Ok(released)
}

/// What is due and has no room: what is about one source becomes part of the message about
/// everything, and that waits.
fn put_off(
    transaction: &mut Transaction<'_>,
    terms: &MailTerms<'_>,
    moment: &Moment,
    again: DateTime<Utc>,
) -> Result<(), postgres::Error> {
    let now = moment.now;
    transaction.execute(
        "UPDATE tcpw.letter SET due = $2
         WHERE released IS NULL AND due <= $1 AND source = '' AND kind NOT IN ('silent', 'back', 'muting')",
        &[&now, &again],
    )?;
    let audiences = transaction.query(
        "SELECT DISTINCT audience FROM tcpw.letter
         WHERE released IS NULL AND due <= $1 AND source <> ''",
        &[&now],
    )?;
    for row in audiences {
        let audience: String = row.try_get(0)?;
        let row = transaction.query_one(
            "INSERT INTO tcpw.letter AS old (kind, audience, message_id, opened, due)
             VALUES ('limit', $1, $2, $3, $4)
             ON CONFLICT (kind, source, audience) WHERE released IS NULL
                 DO UPDATE SET due = old.due RETURNING id",
            &[&audience, &terms.message_id(now), &now, &again],
        )?;
        let whole: i64 = row.try_get(0)?;
        transaction.execute(
            "INSERT INTO tcpw.reached AS old (letter, source, host, daemon, first, last)
                 SELECT $1, part.source, host, daemon, min(first), max(last)
                 FROM tcpw.reached AS part JOIN tcpw.letter ON letter.id = part.letter
                 WHERE released IS NULL AND due <= $2 AND letter.source <> '' AND audience = $3
                 GROUP BY 2, 3, 4
                 ON CONFLICT (letter, source, host, daemon) DO UPDATE SET
                     first = least(old.first, excluded.first),
                     last = greatest(old.last, excluded.last)",
            &[&whole, &now, &audience],
        )?;
    }
    transaction.execute(
        "DELETE FROM tcpw.letter WHERE released IS NULL AND due <= $1 AND source <> ''",
        &[&now],
    )?;
    Ok(())
}

fn forget(transaction: &mut Transaction<'_>, now: DateTime<Utc>) -> Result<(), postgres::Error> {
    transaction.execute(
        "DELETE FROM tcpw.letter WHERE handed < $1",
        &[&(now - KEPT)],
    )?;
    transaction.execute("DELETE FROM tcpw.told WHERE quiet_until < $1", &[&now])?;
    Ok(())
}
