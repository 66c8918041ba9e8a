//! From a letter to the bytes of a mail (RFC 5322, MIME), with its envelope.

use crate::alert::letter::attachment::Attached;
use crate::alert::model::letter::Letter;
use crate::alert::model::outcome::Mail;
use crate::alert::model::texts::Texts;
use crate::config;
use crate::config::Mailbox;
use chrono::{DateTime, Utc};
use lettre::address::Envelope;
use lettre::message::header::{ContentType, HeaderName, HeaderValue};
use lettre::message::{Attachment, Message, MultiPart};
use lettre::{Address, address::AddressError};
use std::time::{Duration, SystemTime};
use thiserror::Error;

/// The last second of the year 9999, since 1970.
const LAST_DATE: u64 = 253_402_300_799;

/// Why a mail cannot be built.
#[derive(Debug, Error)]
pub(crate) enum MessageError {
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
    pub fn new(mail: &config::MailSettings, host: &str) -> Self {
        Self::for_audience(mail, host, &[])
    }

    /// The same for a letter that is for `audience` only; for everybody if that is nobody.
    pub(crate) fn for_audience(
        mail: &config::MailSettings,
        host: &str,
        audience: &[String],
    ) -> Self {
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

/// The date of a mail: the mail library knows those from 1970 to 9999, and some clocks others.
fn date_of(time: DateTime<Utc>) -> SystemTime {
    let last = SystemTime::UNIX_EPOCH + Duration::from_secs(LAST_DATE);
    SystemTime::from(time).clamp(SystemTime::UNIX_EPOCH, last)
}

/// The mail for `letter` to `recipients`, which are those of `people` that do not have it yet.
///
/// `Precedence` is left out: some servers send `bulk` later or not at all, and those programs that
/// would answer an alert go by the headers that are here.
///
/// # Errors
/// When an address or the whole is not what the mail library takes.
pub(crate) fn build(
    letter: &Letter,
    texts: &Texts,
    people: &People,
    host: &str,
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
        .date(date_of(letter.created))
        .message_id(Some(letter.message_id.clone()))
        // RFC 3834: nobody's vacation program answers this.
        .raw_header(raw("Auto-Submitted", "auto-generated"))
        // The same for Exchange, which goes by no other.
        .raw_header(raw("X-Auto-Response-Suppress", "All"))
        // RFC 2919: what filters go by.
        .raw_header(raw("List-Id", &list_id(host)));
    if let Some(thread) = letter.thread.as_ref().filter(|id| is_message_id(id))
        && *thread != letter.message_id
    {
        builder = builder
            .in_reply_to(thread.clone())
            .references(thread.clone());
    }
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

fn raw(name: &'static str, value: &str) -> HeaderValue {
    HeaderValue::new(HeaderName::new_from_ascii_str(name), value.to_owned())
}

/// All mails of a machine are one list: `<tcpw.HOST>`.
fn list_id(host: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-');
    let name: String = host.chars().filter(|c| plain(*c)).take(200).collect();
    let name = name.trim_matches('.').to_ascii_lowercase();
    let name = if name.is_empty() { "localhost" } else { &name };
    format!("<tcpw.{name}>")
}

/// Whether it is one as the deliverer makes them.
fn is_message_id(text: &str) -> bool {
    let inside = text
        .strip_prefix('<')
        .and_then(|text| text.strip_suffix('>'));
    let plain = |byte: u8| byte.is_ascii_graphic() && !matches!(byte, b'<' | b'>');
    inside.is_some_and(|inside| inside.contains('@') && inside.bytes().all(plain))
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
            problems: Vec::new(),
        }
    }

    #[test]
    fn the_envelope_has_everybody_and_the_headers_not_the_bcc() {
        let people = people();
        let recipients = people.recipients();
        let mail = build(
            &letter(),
            &texts("경보 x"),
            &people,
            "Web1.example",
            Vec::new(),
            recipients,
        )
        .unwrap();
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
            "List-Id: <tcpw.web1.example>\r\n",
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
            "web1",
            attached,
            people.recipients(),
        )
        .unwrap();
        let text = String::from_utf8(mail.bytes).unwrap();
        assert!(text.contains("Content-Type: application/pdf"), "{text}");
        assert!(text.contains("Content-Disposition: attachment"), "{text}");
    }

    #[test]
    fn mails_about_one_source_are_one_thread() {
        let people = people();
        let head = |thread: Option<&str>| {
            let mut letter = letter();
            letter.thread = thread.map(str::to_owned);
            let recipients = people.recipients();
            let mail = build(&letter, &texts("x"), &people, "a b", Vec::new(), recipients);
            String::from_utf8(mail.unwrap().bytes).unwrap()
        };
        let mail = head(Some("<first@host>"));
        assert!(mail.contains("\r\nIn-Reply-To: <first@host>\r\n"), "{mail}");
        assert!(mail.contains("\r\nReferences: <first@host>\r\n"), "{mail}");
        assert!(mail.contains("\r\nList-Id: <tcpw.ab>\r\n"), "{mail}");
        for other in [
            None,
            Some("<20260101.0a@host>"),
            Some("<a@b>\r\nBcc: x"),
            Some(""),
        ] {
            let mail = head(other);
            assert!(
                !mail.contains("References") && !mail.contains("Bcc"),
                "{mail}"
            );
        }
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
