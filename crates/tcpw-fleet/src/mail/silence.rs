//! Hosts that fell silent, and those that came back.

use super::moment::{Moment, length};
use super::terms::MailTerms;
use postgres::Transaction;

/// Flags the hosts that were not heard of for so long that they mail by themselves, until they have
/// caught up. After a time without any pass nobody can be blamed: then all are flagged, and none is
/// silent for a while.
pub(super) fn flag(
    transaction: &mut Transaction<'_>,
    terms: &MailTerms<'_>,
    moment: &mut Moment,
) -> Result<(), postgres::Error> {
    let (own_after, silent) = (length(terms.own_after()), length(terms.silent()));
    let gap = moment.passed.map(|passed| moment.now - passed);
    if gap.is_some_and(|gap| gap > silent) {
        moment.grace = Some(moment.now + silent);
    }
    let is_blind = gap.is_some_and(|gap| gap > own_after);
    transaction.execute(
        "INSERT INTO tcpw.watch (host) SELECT name FROM tcpw.host
             WHERE removed IS NULL AND (coalesce(seen, added) < $1 OR $2)
             ON CONFLICT (host) DO UPDATE SET back = NULL WHERE watch.back IS NOT NULL",
        &[&(moment.now - own_after), &is_blind],
    )?;
    Ok(())
}

/// Tells of hosts that are silent or back, and forgets those that have caught up a while ago.
pub(super) fn look(
    transaction: &mut Transaction<'_>,
    terms: &MailTerms<'_>,
    moment: &Moment,
) -> Result<(), postgres::Error> {
    let now = moment.now;
    let heard = now - length(terms.silent());
    if moment.grace.is_none_or(|grace| grace <= now) {
        let silent = "WITH silent AS (
                UPDATE tcpw.watch SET told = $2 FROM tcpw.host
                WHERE host.name = watch.host AND host.removed IS NULL AND watch.told IS NULL
                    AND coalesce(host.seen, host.added) < $3 RETURNING host.name, host.seen)
            INSERT INTO tcpw.reached (letter, source, host, daemon, first, last)
                SELECT $1, '', name, '', seen, seen FROM silent ON CONFLICT DO NOTHING";
        let any = "SELECT EXISTS (SELECT FROM tcpw.watch JOIN tcpw.host ON host.name = watch.host
            WHERE host.removed IS NULL AND watch.told IS NULL
                AND coalesce(host.seen, host.added) < $1)";
        if transaction.query_one(any, &[&heard])?.try_get(0)? {
            let letter = gathering(transaction, terms, moment, "silent")?;
            transaction.execute(silent, &[&letter, &now, &heard])?;
        }
    }
    // Of those of which nobody was told yet, nobody need be told.
    transaction.execute(
        "WITH unsaid AS (DELETE FROM tcpw.reached USING tcpw.letter, tcpw.host
                WHERE reached.letter = letter.id AND letter.kind = 'silent'
                    AND letter.released IS NULL AND host.name = reached.host
                    AND host.seen >= $1 RETURNING reached.host)
         UPDATE tcpw.watch SET told = NULL FROM unsaid WHERE unsaid.host = watch.host",
        &[&heard],
    )?;
    let any = "SELECT EXISTS (SELECT FROM tcpw.watch JOIN tcpw.host ON host.name = watch.host
        WHERE watch.told IS NOT NULL AND host.seen >= $1)";
    if transaction.query_one(any, &[&heard])?.try_get(0)? {
        let letter = gathering(transaction, terms, moment, "back")?;
        transaction.execute(
            "WITH back AS (
                UPDATE tcpw.watch SET told = NULL FROM tcpw.host
                WHERE host.name = watch.host AND watch.told IS NOT NULL AND host.seen >= $2
                RETURNING host.name, host.seen)
             INSERT INTO tcpw.reached (letter, source, host, daemon, first, last)
                SELECT $1, '', name, '', seen, seen FROM back ON CONFLICT DO NOTHING",
            &[&letter, &heard],
        )?;
    }
    let caught_up = now - length(terms.own_after());
    transaction.execute(
        "UPDATE tcpw.watch SET back = $1 FROM tcpw.host
         WHERE host.name = watch.host AND watch.back IS NULL AND host.seen >= $2
             AND host.backlog = 0",
        &[&now, &caught_up],
    )?;
    transaction.execute(
        "DELETE FROM tcpw.watch USING tcpw.host WHERE host.name = watch.host
             AND (host.removed IS NOT NULL OR watch.told IS NULL AND host.seen >= $1
                 AND watch.back < $2::timestamptz - interval '2 minutes')",
        &[&caught_up, &now],
    )?;
    Ok(())
}

/// The message of this kind that gathers, made if there is none.
pub(super) fn gathering(
    transaction: &mut Transaction<'_>,
    terms: &MailTerms<'_>,
    moment: &Moment,
    kind: &str,
) -> Result<i64, postgres::Error> {
    let found = "SELECT id FROM tcpw.letter WHERE released IS NULL AND kind = $1";
    if let Some(row) = transaction.query_opt(found, &[&kind])? {
        return row.try_get(0);
    }
    transaction
        .query_one(
            "INSERT INTO tcpw.letter (kind, message_id, opened, due) VALUES ($1, $2, $3, $4)
             RETURNING id",
            &[
                &kind,
                &terms.message_id(moment.now),
                &moment.now,
                &(moment.now + length(terms.gather())),
            ],
        )?
        .try_get(0)
}
