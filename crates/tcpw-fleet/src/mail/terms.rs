//! How polite the mail is, from the configuration of the machine that sends it.

use chrono::{DateTime, Utc};
use std::net::IpAddr;
use std::time::Duration;
use tcpw::alert::fresh_message_id;
use tcpw::config::{Config, MailChoice, Mailbox};

/// How polite the mail is.
pub struct MailTerms<'a> {
    /// The configuration of this machine.
    pub config: &'a Config,
    /// The name of this machine.
    pub machine: &'a str,
}

/// What becomes of an event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Choice {
    /// Whether it is told at once, in a digest, or never.
    pub(super) mail: MailChoice,
    /// Who is told, as a JSON array; empty for those whom the configuration names.
    pub(super) audience: String,
}

impl MailTerms<'_> {
    /// What becomes of an event, as it would on a single host.
    pub(super) fn choice(&self, daemon: &str, address: Option<IpAddr>) -> Choice {
        let alert = &self.config.alert;
        if address.is_some_and(|address| alert.is_muted(address)) {
            return Choice {
                mail: MailChoice::Never,
                audience: String::new(),
            };
        }
        let mut rules = alert.rules.iter();
        let rule = rules.find(|rule| rule.fits(daemon.as_bytes(), address));
        Choice {
            mail: rule.map_or(MailChoice::Now, |rule| rule.mail),
            audience: rule.map_or_else(String::new, |rule| written(&rule.to)),
        }
    }

    /// A Message-ID that was never given before.
    pub(super) fn message_id(&self, now: DateTime<Utc>) -> String {
        fresh_message_id(self.config, self.machine, now)
    }

    /// How long the repeats of a source are gathered.
    pub(super) fn quiet(&self) -> f64 {
        self.config.alert.quiet.as_secs_f64()
    }

    /// How long the first sight of a source is gathered.
    pub(super) fn gather(&self) -> f64 {
        self.config.fleet.gather.as_secs_f64()
    }

    /// How long what comes late is gathered: a sixth of the quiet time.
    pub(super) fn catching_up(&self) -> f64 {
        (self.quiet() / 6.0).max(self.gather())
    }

    /// After what time without a push a host mails by itself.
    pub(super) fn own_after(&self) -> f64 {
        self.config.fleet.own_after.as_secs_f64()
    }

    /// After what time without a push a host is silent.
    pub(super) fn silent(&self) -> f64 {
        let least = self.config.fleet.silent;
        least.max(Duration::from_secs(1)).as_secs_f64()
    }

    /// How many messages may leave within an hour.
    pub(super) fn most(&self) -> i64 {
        i64::from(self.config.alert.max_mails_per_hour)
    }
}

/// Recipients as the database keeps them.
fn written(to: &[Mailbox]) -> String {
    if to.is_empty() {
        return String::new();
    }
    let list: Vec<String> = to.iter().map(ToString::to_string).collect();
    serde_json::to_string(&list).unwrap_or_default()
}

/// The recipients that the database has kept; those that cannot be read are left out, so that the
/// configuration's are told where none is left.
pub(super) fn recipients(text: &str) -> Vec<Mailbox> {
    let list: Vec<String> = serde_json::from_str(text).unwrap_or_default();
    let parsed = list.iter().filter_map(|one| Mailbox::parse(one).ok());
    parsed.collect()
}
