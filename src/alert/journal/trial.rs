//! A test message that goes the way of an alert: through the queue, by the deliverer.

use crate::alert::journal::database::{Journal, JournalError};
use crate::alert::journal::letters::audience_of;
use crate::alert::journal::letters::{NewLetter, release};
use crate::alert::model::letter::LetterKind;
use crate::config::Mailbox;
use chrono::{DateTime, Utc};

/// What a test message has for a body: the journal has no kind of its own for it.
pub(super) const TRIAL: &str = "trial";

impl Journal {
    /// Queues a test message for `people`, or for everybody configured if that is nobody; gives its
    /// number.
    ///
    /// # Errors
    /// When the database cannot be written; nothing is then.
    pub(in crate::alert) fn queue_trial(
        &mut self,
        people: &[Mailbox],
        channels: &[String],
        now: DateTime<Utc>,
        message_id: &str,
    ) -> Result<i64, JournalError> {
        self.run("write", |database| {
            let transaction = database.transaction()?;
            let letter = NewLetter {
                kind: LetterKind::Notice,
                reporter: 0,
                source: None,
                audience: &audience_of(people),
                message_id,
                thread: None,
                now,
                due: now.timestamp(),
                body: Some(TRIAL),
            };
            let id = letter.open(&transaction)?;
            release(&transaction, id, channels, now.timestamp())?;
            transaction.commit()?;
            Ok(id)
        })
    }
}
