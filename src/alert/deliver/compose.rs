//! A mail from a letter: its texts, the files that go along, its headers.

use crate::alert::letter;
use crate::alert::letter::attachment;
use crate::alert::letter::attachment::Attached;
use crate::alert::letter::mime;
use crate::alert::letter::mime::People;
use crate::alert::letter::setting::Setting;
use crate::alert::letter::write::{LetterError, write};
use crate::alert::letter::{PATIENCE, Reverse};
use crate::alert::model::letter::Letter;
use crate::alert::model::outcome::Mail;
use crate::alert::model::texts::Texts;
use crate::config::Config;
use crate::system::{Resolver, SystemResolver, local_time};
use std::net::IpAddr;
use std::sync::Arc;

/// Asks for the names of addresses.
pub(crate) type Names<'a> = &'a dyn Fn(&[IpAddr]) -> Vec<Reverse>;

/// What this machine's name service says about addresses, within a short time.
pub(crate) fn system_names(addresses: &[IpAddr]) -> Vec<Reverse> {
    let resolver: Arc<dyn Resolver + Send + Sync> = Arc::new(SystemResolver);
    letter::look_up(&resolver, addresses, PATIENCE)
}

/// What the letter says, as the configuration wants it; `missing` names the files that could not
/// be attached.
///
/// # Errors
/// Only by a mistake in this program.
pub(crate) fn texts(
    config: &Config,
    host: &str,
    letter: &Letter,
    missing: &[String],
    names: Names<'_>,
) -> Result<Texts, LetterError> {
    let unasked = |addresses: &[IpAddr]| vec![Reverse::NotAsked; addresses.len()];
    let setting = Setting {
        language: config.mail.language,
        server: host,
        subject: config.mail.subject.as_deref(),
        form: &config.mail.form,
        geo: &config.geo,
        local: &local_time,
        names: if config.mail.form.reverse_dns {
            names
        } else {
            &unasked
        },
    };
    write(letter, &setting, missing)
}

/// The mail for `recipients`, and its texts.
///
/// # Errors
/// Why it cannot be made.
pub(crate) fn mail(
    config: &Config,
    host: &str,
    letter: &Letter,
    recipients: Vec<String>,
    names: Names<'_>,
) -> Result<(Mail, Texts), String> {
    let (mut attached, missing) = attachment::read_all(&config.mail.attachments);
    let events = letter::events_csv(letter).filter(|_| config.mail.form.attach_events);
    attached.extend(events.map(|bytes| Attached {
        name: "events.csv".to_owned(),
        content_type: "text/csv; charset=utf-8",
        bytes,
    }));
    let texts = texts(config, host, letter, &missing, names).map_err(|error| error.to_string())?;
    let people = People::for_audience(&config.mail, host, &letter.audience);
    let mail = mime::build(letter, &texts, &people, host, attached, recipients)
        .map_err(|error| error.to_string())?;
    Ok((mail, texts))
}
