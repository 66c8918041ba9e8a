//! The one function of the database that a host may call.

use super::batch::Batch;
use super::fault::PushError;
use super::state::Place;
use crate::database::FleetError;
use chrono::{DateTime, Utc};
use postgres::error::SqlState;
use postgres::{Client, Row, Statement};
use tcpw::config::FleetMail;

const CALL: &str = "SELECT status, life, base, token::text, seq, seq_at, pause, most, added, mailed
    FROM tcpw.ingest($1::text, $2::int4, $3::int8, $4::text::uuid, $5::text::uuid, $6::bool,
        $7::text, $8::int8, $9::int8, $10::timestamptz,
        $11::int8[], $12::timestamptz[], $13::inet[], $14::text[], $15::text[], $16::text[],
        $17::text[], $18::int8[],
        $19::timestamptz[], $20::text[], $21::text[], $22::text[], $23::int8[],
        $24::timestamptz[], $25::timestamptz[], $26::text)";

/// What became of a batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Status {
    /// It is written, or was before.
    Done,
    /// What was written last is not what this host knows.
    Other,
    /// It is to be sent again later.
    Wait,
}

/// What the database answers.
#[derive(Debug, Clone)]
pub(super) struct Answer {
    pub(super) status: Status,
    pub(super) life: i32,
    pub(super) base: i64,
    pub(super) token: Option<String>,
    pub(super) seq: i64,
    pub(super) seq_at: Option<DateTime<Utc>>,
    /// Milliseconds until the next batch.
    pub(super) pause: u64,
    /// The most events of the next batch.
    pub(super) most: usize,
    /// How many events were added.
    pub(super) added: u64,
    /// How many seconds ago `tcpw-fleet mail` looked for events; nothing if it never has.
    pub(super) mailed: Option<i64>,
}

/// What a host says beside the events.
#[derive(Debug, Clone, Copy)]
pub(super) struct Saying<'a> {
    pub(super) host: &'a str,
    /// What this host knows.
    pub(super) place: &'a Place,
    /// The token of this batch; the same as before where it has nothing.
    pub(super) next: Option<&'a str>,
    /// Whether another life begins from here on.
    pub(super) fork: bool,
    pub(super) base: i64,
    pub(super) backlog: i64,
    /// The last event of the batch, and its time.
    pub(super) last: i64,
    pub(super) last_at: Option<DateTime<Utc>>,
}

/// An open way into the database.
pub(super) struct Way {
    client: Client,
    call: Statement,
    /// Who mails about the alerts of this host.
    mail: &'static str,
}

impl Way {
    /// Makes ready to call the function.
    ///
    /// # Errors
    /// When the function is not there, or the login may not call it.
    pub(super) fn new(mut client: Client, mail: FleetMail) -> Result<Self, PushError> {
        let call = client.prepare(CALL).map_err(unprepared)?;
        let mail = match mail {
            FleetMail::Own => "own",
            FleetMail::Fleet => "fleet",
        };
        Ok(Self { client, call, mail })
    }

    /// Sends a batch.
    ///
    /// # Errors
    /// When the database refuses it or goes away; then it may be written or not.
    pub(super) fn send(&mut self, saying: Saying<'_>, batch: &Batch) -> Result<Answer, PushError> {
        let (events, counts) = (&batch.events, &batch.counts);
        let row = self
            .client
            .query_one(
                &self.call,
                &[
                    &saying.host,
                    &saying.place.life,
                    &saying.base,
                    &saying.place.token,
                    &saying.next,
                    &saying.fork,
                    &env!("CARGO_PKG_VERSION"),
                    &saying.backlog,
                    &saying.last,
                    &saying.last_at,
                    &events.seqs,
                    &events.ats,
                    &events.addrs,
                    &events.sources,
                    &events.daemons,
                    &events.verdicts,
                    &events.rules,
                    &events.reporters,
                    &counts.hours,
                    &counts.sources,
                    &counts.daemons,
                    &counts.verdicts,
                    &counts.ns,
                    &counts.firsts,
                    &counts.lasts,
                    &self.mail,
                ],
            )
            .map_err(FleetError::at("send events"))?;
        answer(&row)
    }
}

/// Why the function cannot be called.
fn unprepared(cause: postgres::Error) -> FleetError {
    let foreign = [
        &SqlState::UNDEFINED_FUNCTION,
        &SqlState::UNDEFINED_COLUMN,
        &SqlState::INVALID_SCHEMA_NAME,
    ];
    if cause.code().is_some_and(|code| foreign.contains(&code)) {
        FleetError::Foreign(cause)
    } else {
        FleetError::at("send events")(cause)
    }
}

fn answer(row: &Row) -> Result<Answer, PushError> {
    let failed = FleetError::at("read the answer of the database");
    let read = || -> Result<_, postgres::Error> {
        Ok((
            row.try_get::<_, String>(0)?,
            row.try_get::<_, i32>(6)?,
            row.try_get::<_, i32>(7)?,
            row.try_get::<_, i32>(8)?,
            Answer {
                status: Status::Done,
                life: row.try_get(1)?,
                base: row.try_get(2)?,
                token: row.try_get(3)?,
                seq: row.try_get(4)?,
                seq_at: row.try_get(5)?,
                pause: 0,
                most: 1,
                added: 0,
                mailed: row.try_get(9)?,
            },
        ))
    };
    let (word, pause, most, added, rest) = read().map_err(failed)?;
    let status = match word.as_str() {
        "done" => Status::Done,
        "other" => Status::Other,
        "wait" => Status::Wait,
        _ => return Err(PushError::Answer(word)),
    };
    Ok(Answer {
        status,
        pause: u64::try_from(pause).unwrap_or(0),
        most: usize::try_from(most).unwrap_or(1).max(1),
        added: u64::try_from(added).unwrap_or(0),
        ..rest
    })
}
