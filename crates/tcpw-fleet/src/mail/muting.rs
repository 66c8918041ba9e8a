//! Hosts whose logins say that they mail by themselves, and that by the record do not. Their events are
//! mailed about all the same; that it was said is reported, since somebody else may have the login.

use super::moment::Moment;
use super::silence::gathering;
use super::terms::MailTerms;
use chrono::TimeDelta;
use postgres::Transaction;

/// A host that goes on to say so is reported once in this time.
const AGAIN: TimeDelta = TimeDelta::days(1);

/// Tells of those.
pub(super) fn look(
    transaction: &mut Transaction<'_>,
    terms: &MailTerms<'_>,
    moment: &Moment,
) -> Result<(), postgres::Error> {
    let earlier = moment.now - AGAIN;
    let any =
        "SELECT EXISTS (SELECT FROM tcpw.host LEFT JOIN tcpw.muting ON muting.host = host.name
        WHERE host.removed IS NULL AND host.mail = 'fleet' AND host.muting IS NOT NULL
            AND (muting.told IS NULL OR muting.told < $1 AND host.muting > muting.told))";
    if transaction.query_one(any, &[&earlier])?.try_get(0)? {
        let letter = gathering(transaction, terms, moment, "muting")?;
        transaction.execute(
            "WITH said AS (
                INSERT INTO tcpw.muting AS old (host, told)
                    SELECT name, $2 FROM tcpw.host
                    WHERE removed IS NULL AND mail = 'fleet' AND muting IS NOT NULL
                    ON CONFLICT (host) DO UPDATE SET told = excluded.told
                        WHERE old.told < $3 AND old.told <
                            (SELECT muting FROM tcpw.host WHERE name = old.host)
                    RETURNING host)
             INSERT INTO tcpw.reached (letter, source, host, daemon, first, last)
                SELECT $1, '', name, '', muting, muting FROM tcpw.host JOIN said ON said.host = name
                ON CONFLICT DO NOTHING",
            &[&letter, &moment.now, &earlier],
        )?;
    }
    // Once the administrator has said who mails, the next time is a new one.
    transaction.execute(
        "DELETE FROM tcpw.muting USING tcpw.host
         WHERE host.name = muting.host AND host.muting IS NULL",
        &[],
    )?;
    Ok(())
}
