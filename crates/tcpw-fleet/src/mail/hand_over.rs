//! Messages that were released go into the queue of tcpw on this machine, which sends them as it
//! sends its own. One that is there already, because this program ended before it could note that,
//! is known by its Message-ID.

use super::moment::lock;
use super::notice::Released;
use super::terms::recipients;
use crate::database::FleetError;
use postgres::Client;
use tcpw::alert::FleetNotice;
use tcpw::config::Mailbox;

/// Takes a message durably, unless it has one of this Message-ID; says whether it was new.
pub type Outbox<'a> = dyn FnMut(&FleetNotice, &str, &[Mailbox]) -> Result<bool, String> + 'a;

/// Hands over what was released; gives how many messages the queue did not have yet.
///
/// # Errors
/// When the database cannot be used, or the queue takes nothing. Then it is tried again later.
pub fn hand_over(client: &mut Client, outbox: &mut Outbox<'_>) -> Result<u64, FleetError> {
    let failed = FleetError::at("hand messages over");
    let mut transaction = client.transaction().map_err(&failed)?;
    if !lock(&mut transaction).map_err(&failed)? {
        return Ok(0);
    }
    let rows = transaction
        .query(
            "SELECT id, kind, source, audience, message_id FROM tcpw.letter
             WHERE released IS NOT NULL AND handed IS NULL ORDER BY id",
            &[],
        )
        .map_err(&failed)?;
    let mut count = 0;
    for row in rows {
        let letter = Released::of(&row).map_err(&failed)?;
        let notice = letter.notice(&mut transaction).map_err(&failed)?;
        let audience = recipients(&letter.audience);
        let is_new = outbox(&notice, &letter.message_id, &audience).map_err(FleetError::System)?;
        count += u64::from(is_new);
        transaction
            .execute(
                "UPDATE tcpw.letter SET handed = now() WHERE id = $1",
                &[&letter.id],
            )
            .map_err(&failed)?;
    }
    transaction.commit().map_err(&failed)?;
    Ok(count)
}
