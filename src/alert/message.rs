//! From a letter to the bytes of a mail (RFC 5322, MIME), with its envelope.

use super::attachment::Attached;
use super::journal::Letter;
use super::letter::Texts;
use super::transport::Mail;
use crate::config::{self, Mailbox};
use lettre::address::Envelope;
use lettre::message::header::{ContentType, HeaderName, HeaderValue};
use lettre::message::{Attachment, Message, MultiPart};
use lettre::{Address, address::AddressError};
use std::time::SystemTime;
use thiserror::Error;

/// Why a mail cannot be built.
#[derive(Debug, Error)]
pub(super) enum MessageError {
    /// An address that the mail library does not take.
    #[error("{address}: {cause}")]
    Address {
        /// The address.
        address: String,
        /// Why not.
        cause: AddressError,
    },
    /// Anything else.
    #[error("cannot build the mail: {0}")]
    Build(#[from] lettre::error::Error),
}

/// Who sends and receives, with the defaults of a machine called `host` filled in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct People {
    /// The sender.
    pub from: Mailbox,
    /// To.
    pub to: Vec<Mailbox>,
    /// Cc.
    pub cc: Vec<Mailbox>,
    /// Bcc.
    pub bcc: Vec<Mailbox>,
}

impl People {
    /// `tcpw@host` is the sender where none is configured, `root@host` the reader where nobody
    /// is.
    pub fn new(mail: &config::Mail, host: &str) -> Self {
        Self::for_audience(mail, host, &[])
    }

    /// The same for a letter that is for `audience` only; for everybody if that is nobody.
    pub(super) fn for_audience(mail: &config::Mail, host: &str, audience: &[String]) -> Self {
        let local = |user: &str| {
            Mailbox::parse(&format!("{user}@{host}")).unwrap_or_else(|_| Mailbox {
                name: None,
                user: user.to_owned(),
                domain: "localhost".to_owned(),
            })
        };
        let mut people = Self {
            from: mail.from.clone().unwrap_or_else(|| local("tcpw")),
            to: mail.to.clone(),
            cc: mail.cc.clone(),
            bcc: mail.bcc.clone(),
        };
        let named: Vec<Mailbox> = audience
            .iter()
            .filter_map(|address| Mailbox::parse(address).ok())
            .collect();
        if !named.is_empty() {
            (people.to, people.cc, people.bcc) = (named, Vec::new(), Vec::new());
        }
        if people.recipients().is_empty() {
            people.to.push(local("root"));
        }
        people
    }

    /// Everybody who is to receive the mail, once.
    pub fn recipients(&self) -> Vec<String> {
        let mut all: Vec<String> = Vec::new();
        for mailbox in self.to.iter().chain(&self.cc).chain(&self.bcc) {
            let address = mailbox.address();
            if !all.contains(&address) {
                all.push(address);
            }
        }
        all
    }
}

/// The mail for `letter` to `recipients`, which are those of `people` that do not have it yet.
///
/// # Errors
/// When an address or the whole is not what the mail library takes.
pub(super) fn build(
    letter: &Letter,
    texts: &Texts,
    people: &People,
    attached: Vec<Attached>,
    recipients: Vec<String>,
) -> Result<Mail, MessageError> {
    let from = mailbox(&people.from)?;
    let everybody = recipients
        .iter()
        .map(|address| parse(address))
        .collect::<Result<Vec<Address>, _>>()?;
    let mut builder = Message::builder()
        .envelope(Envelope::new(Some(from.email.clone()), everybody)?)
        .from(from)
        .subject(texts.subject.as_str())
        .date(SystemTime::from(letter.created))
        .message_id(Some(letter.message_id.clone()))
        // RFC 3834: nobody's vacation program answers this.
        .raw_header(HeaderValue::new(
            HeaderName::new_from_ascii_str("Auto-Submitted"),
            "auto-generated".to_owned(),
        ));
    for to in &people.to {
        builder = builder.to(mailbox(to)?);
    }
    for cc in &people.cc {
        builder = builder.cc(mailbox(cc)?);
    }
    let body = MultiPart::alternative_plain_html(texts.text.clone(), texts.html.clone());
    let message = if attached.is_empty() {
        builder.multipart(body)?
    } else {
        let mut mixed = MultiPart::mixed().multipart(body);
        for file in attached {
            let kind = ContentType::parse(file.content_type).unwrap_or(ContentType::TEXT_PLAIN);
            mixed = mixed.singlepart(Attachment::new(file.name).body(file.bytes, kind));
        }
        builder.multipart(mixed)?
    };
    Ok(Mail {
        from: people.from.address(),
        recipients,
        bytes: message.formatted(),
        name: file_name(&letter.message_id),
    })
}

fn mailbox(mailbox: &Mailbox) -> Result<lettre::message::Mailbox, MessageError> {
    let address = parse(&mailbox.address())?;
    Ok(lettre::message::Mailbox::new(mailbox.name.clone(), address))
}

fn parse(address: &str) -> Result<Address, MessageError> {
    address.parse().map_err(|cause| MessageError::Address {
        address: address.to_owned(),
        cause,
    })
}

/// The unique part of a Message-ID.
fn file_name(message_id: &str) -> String {
    message_id
        .split('@')
        .next()
        .unwrap_or_default()
        .chars()
        .filter(|c| c.is_ascii_alphanumeric() || *c == '.')
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::DateTime;

    fn people() -> People {
        let list = |text: &str| vec![Mailbox::parse(text).unwrap()];
        People {
            from: Mailbox::parse("Wächter <tcpw@example.org>").unwrap(),
            to: list("a@example.org"),
            cc: list("Bea <b@[127.0.0.1]>"),
            bcc: list("secret@example.org"),
        }
    }

    fn letter() -> Letter {
        let time = DateTime::from_timestamp(1_700_000_000, 0).unwrap();
        Letter::test("<20260101.0a@host>".to_owned(), time)
    }

    fn texts(subject: &str) -> Texts {
        Texts {
            subject: subject.to_owned(),
            text: "접속\n.\nFrom x\n".to_owned(),
            html: "<p>접속</p>".to_owned(),
        }
    }

    #[test]
    fn the_envelope_has_everybody_and_the_headers_not_the_bcc() {
        let people = people();
        let recipients = people.recipients();
        let mail = build(&letter(), &texts("경보 x"), &people, Vec::new(), recipients).unwrap();
        assert_eq!(
            mail.recipients,
            ["a@example.org", "b@[127.0.0.1]", "secret@example.org"]
        );
        assert_eq!(mail.name, "20260101.0a");
        let text = String::from_utf8(mail.bytes).unwrap();
        assert!(text.is_ascii());
        assert!(!text.contains("secret"));
        for header in [
            "To: a@example.org\r\n",
            "Message-ID: <20260101.0a@host>\r\n",
            "Auto-Submitted: auto-generated\r\n",
            "Date: Tue, 14 Nov 2023 22:13:20 +0000\r\n",
            "Subject: =?utf-8?b?",
        ] {
            assert!(text.contains(header), "{header}: {text}");
        }
    }

    #[test]
    fn attachments_go_along() {
        let people = people();
        let attached = vec![Attached {
            name: "ü.pdf".to_owned(),
            content_type: "application/pdf",
            bytes: vec![0, 255],
        }];
        let mail = build(
            &letter(),
            &texts("x"),
            &people,
            attached,
            people.recipients(),
        )
        .unwrap();
        let text = String::from_utf8(mail.bytes).unwrap();
        assert!(text.contains("Content-Type: application/pdf"), "{text}");
        assert!(text.contains("Content-Disposition: attachment"), "{text}");
    }

    #[test]
    fn nobody_configured_means_root() {
        let defaults = config::Config::default_at(&std::path::Path::to_path_buf).mail;
        let people = People::new(&defaults, "bastion");
        assert_eq!(people.recipients(), ["root@bastion"]);
        assert_eq!(people.from.address(), "tcpw@bastion");
        let odd = People::new(&defaults, "not a host");
        assert_eq!(odd.recipients(), ["root@localhost"]);
    }
}
