//! A report becomes a letter like any other.

use super::deliverer::{DeliverError, Deliverer, namer};
use super::journal::LetterKind;
use super::message::People;
use super::notice::Notice;

impl Deliverer<'_> {
    /// Queues a report as a letter; gives the addresses it will go to.
    ///
    /// # Errors
    /// When the journal cannot be written, or was replaced meanwhile.
    pub fn queue_report(&mut self, report: &Notice) -> Result<Vec<String>, DeliverError> {
        let now = self.place.clock.now();
        let message_id = namer(self.place, now)();
        let (kind, body) = (LetterKind::Report, report.to_json());
        self.journal
            .queue(kind, &body, &self.channels, now, &message_id)?;
        self.stand()?;
        let people = People::new(&self.place.config.mail, &self.place.host);
        Ok(people
            .recipients()
            .iter()
            .map(ToString::to_string)
            .collect())
    }
}
