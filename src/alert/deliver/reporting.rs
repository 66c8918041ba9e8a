//! A report, a notice and a test message become letters like any other.

use crate::alert::deliver::deliverer::{DeliverError, Deliverer, namer};
use crate::alert::deliver::dispatch::MAIL;
use crate::alert::letter::mime::People;
use crate::alert::model::fleet_notice::FleetNotice;
use crate::alert::model::letter::LetterKind;
use crate::alert::model::system_letter::Notice;
use crate::config::Mailbox;

impl Deliverer<'_> {
    /// Queues a report as a letter; gives the addresses it will go to.
    ///
    /// # Errors
    /// When the journal cannot be written, or was replaced meanwhile.
    pub fn queue_report(&mut self, report: &Notice) -> Result<Vec<String>, DeliverError> {
        self.queue_letter(LetterKind::Report, report)
    }

    /// Queues a notice as a letter; gives the addresses it will go to.
    ///
    /// # Errors
    /// When the journal cannot be written, or was replaced meanwhile.
    pub fn queue_notice(&mut self, notice: &Notice) -> Result<Vec<String>, DeliverError> {
        self.queue_letter(LetterKind::Notice, notice)
    }

    fn queue_letter(
        &mut self,
        kind: LetterKind,
        notice: &Notice,
    ) -> Result<Vec<String>, DeliverError> {
        let now = self.place.clock.now();
        let message_id = namer(self.place, now)();
        let body = notice.to_json();
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

    /// Queues a message about many servers under this Message-ID, unless it was queued before; says
    /// whether it was new.
    ///
    /// # Errors
    /// When the journal cannot be written, or was replaced meanwhile.
    pub fn queue_fleet(
        &mut self,
        notice: &FleetNotice,
        message_id: &str,
        audience: &[Mailbox],
    ) -> Result<bool, DeliverError> {
        let now = self.place.clock.now();
        let body = Notice::Fleet(notice.clone()).to_json();
        let is_new = self
            .journal
            .queue_once(&body, (&self.channels, audience), now, message_id)?;
        self.stand()?;
        Ok(is_new)
    }

    /// Queues a test message for everybody configured, on every way, and one by mail for the people
    /// of each `[[alert.rule]]`; gives their numbers.
    ///
    /// # Errors
    /// When the journal cannot be written.
    pub fn queue_trials(&mut self) -> Result<Vec<i64>, DeliverError> {
        let now = self.place.clock.now();
        let name = namer(self.place, now);
        let mut letters = vec![
            self.journal
                .queue_trial(&[], &self.channels, now, &name())?,
        ];
        let mut audiences: Vec<&[Mailbox]> = Vec::new();
        for rule in &self.place.config.alert.rules {
            if !rule.to.is_empty() && !audiences.contains(&rule.to.as_slice()) {
                audiences.push(&rule.to);
            }
        }
        let mail = [MAIL.to_owned()];
        for people in audiences {
            let letter = self.journal.queue_trial(people, &mail, now, &name())?;
            letters.push(letter);
        }
        Ok(letters)
    }
}
