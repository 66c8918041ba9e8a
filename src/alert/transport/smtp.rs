//! SMTP, one step after another, so that what fails has a name (RFC 5321, 3207, 4954, 8314).

use super::password::fetch;
use super::{Mail, Outcome, Step, Transport, for_all};
use crate::alert::journal::Delivery;
use crate::config::{Mailbox, Smtp, Tls};
use crate::escape::visible_short;
use lettre::Address;
use lettre::transport::smtp::Error;
use lettre::transport::smtp::authentication::{Credentials, Mechanism};
use lettre::transport::smtp::client::{
    Certificate, CertificateStore, SmtpConnection, TlsParameters,
};
use lettre::transport::smtp::commands::{Data, Mail as MailFrom, Rcpt};
use lettre::transport::smtp::extension::ClientId;
use std::error::Error as _;
use std::io;
use std::net::{SocketAddr, ToSocketAddrs as _};
use std::path::{Path, PathBuf};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

/// How many times the patience for one answer a whole conversation may take.
const WHOLE: u32 = 10;
/// How much of an answer is kept.
const MOST_SAID: usize = 500;

/// A mail server.
#[derive(Debug, Clone)]
pub struct SmtpTransport {
    settings: Smtp,
    hello: ClientId,
    credentials: Option<PathBuf>,
}

impl SmtpTransport {
    /// Mails go to the server of `settings`; we call ourselves `host`.
    pub fn new(settings: &Smtp, host: &str, credentials: Option<&Path>) -> Self {
        let is_domain = Mailbox::parse(&format!("x@{host}")).is_ok();
        Self {
            settings: settings.clone(),
            hello: if is_domain {
                ClientId::Domain(host.to_owned())
            } else {
                ClientId::default()
            },
            credentials: credentials.map(Path::to_owned),
        }
    }

    fn converse(&self, mail: &Mail) -> Vec<Delivery> {
        match self.connect() {
            Err(outcome) => for_all(outcome),
            Ok(mut connection) => {
                let deliveries = hand_over(&mut connection, mail);
                // The mail is settled; a server that cannot say goodbye changes nothing.
                drop(connection.quit());
                deliveries
            }
        }
    }

    /// A connection that is protected and logged in as the settings demand.
    fn connect(&self) -> Result<SmtpConnection, Outcome> {
        let settings = &self.settings;
        // First what needs no server, so that a wrong file is told at once.
        let credentials = self.log_in_as()?;
        let tls = self.tls_parameters()?;
        let addresses = self.resolve()?;
        let implicit = tls.as_ref().filter(|_| settings.tls == Tls::Implicit);
        let mut connection = SmtpConnection::connect(
            addresses.as_slice(),
            Some(settings.timeout),
            &self.hello,
            implicit,
            None,
        )
        .map_err(|error| outcome_of(&error, step_of_connect(&error)))?;
        if let Some(tls) = tls.as_ref().filter(|_| settings.tls == Tls::StartTls) {
            if !connection.can_starttls() {
                let text = "the server does not offer STARTTLS; nothing was sent".to_owned();
                return Err(Outcome::Transient(Step::StartTls, text));
            }
            connection.starttls(tls, &self.hello).map_err(|error| {
                let refused = error.status().is_some();
                outcome_of(&error, if refused { Step::StartTls } else { Step::Tls })
            })?;
        }
        if let Some(credentials) = credentials {
            connection
                .auth(&[Mechanism::Plain, Mechanism::Login], &credentials)
                .map_err(|error| outcome_of(&error, Step::Auth))?;
        }
        Ok(connection)
    }

    fn log_in_as(&self) -> Result<Option<Credentials>, Outcome> {
        let Some(login) = &self.settings.login else {
            return Ok(None);
        };
        fetch(
            &login.password,
            self.credentials.as_deref(),
            self.settings.timeout,
        )
        .map(|secret| Some(Credentials::new(login.username.clone(), secret.0)))
        .map_err(|text| Outcome::Transient(Step::Prepare, text))
    }

    fn tls_parameters(&self) -> Result<Option<TlsParameters>, Outcome> {
        if self.settings.tls == Tls::None {
            return Ok(None);
        }
        let failed = |text: String| Outcome::Transient(Step::Prepare, text);
        let mut builder = TlsParameters::builder(self.settings.host.clone());
        if let Some(path) = &self.settings.ca_file {
            let named = |cause: &dyn std::fmt::Display| {
                failed(format!("ca_file {}: {cause}", path.display()))
            };
            let pem = std::fs::read(path).map_err(|cause| named(&cause))?;
            if memchr::memmem::find(&pem, b"-----BEGIN CERTIFICATE-----").is_none() {
                return Err(named(&"has no certificate in PEM form"));
            }
            let trusted = Certificate::from_pem(&pem).map_err(|error| named(&error))?;
            builder = builder
                .certificate_store(CertificateStore::None)
                .add_root_certificate(trusted);
        }
        builder
            .build()
            .map(Some)
            .map_err(|error| failed(error.to_string()))
    }

    fn resolve(&self) -> Result<Vec<SocketAddr>, Outcome> {
        let Smtp { host, port, .. } = &self.settings;
        let found = (host.as_str(), *port)
            .to_socket_addrs()
            .map_err(|cause| Outcome::Transient(Step::Resolve, format!("{host}: {cause}")))?;
        Ok(found.collect())
    }
}

impl Transport for SmtpTransport {
    /// The conversation runs in a thread of its own: neither a resolver nor a server that sends
    /// a byte a minute can hold the deliverer for ever.
    fn send(&self, mail: &Mail) -> Vec<Delivery> {
        let (sender, receiver) = mpsc::channel();
        let (this, mail) = (self.clone(), mail.clone());
        thread::spawn(move || {
            // Nobody listens any more when it took too long.
            drop(sender.send(this.converse(&mail)));
        });
        let limit = self
            .settings
            .timeout
            .saturating_mul(WHOLE)
            .max(Duration::from_secs(30));
        receiver.recv_timeout(limit).unwrap_or_else(|_| {
            let text = format!("the conversation was not over after {} s", limit.as_secs());
            for_all(Outcome::Transient(Step::Connect, text))
        })
    }

    fn describe(&self) -> String {
        let Smtp {
            host, port, tls, ..
        } = &self.settings;
        let protection = match tls {
            Tls::None => "unprotected",
            Tls::StartTls => "STARTTLS",
            Tls::Implicit => "implicit TLS",
        };
        format!("smtp, to {host} port {port} ({protection})")
    }
}

/// MAIL, RCPT for each, DATA for those that were accepted.
fn hand_over(connection: &mut SmtpConnection, mail: &Mail) -> Vec<Delivery> {
    let Ok(from) = mail.from.parse::<Address>() else {
        let text = format!("{} is no address", mail.from);
        return for_all(Outcome::Permanent(Step::Sender, text));
    };
    if let Err(error) = connection.command(MailFrom::new(Some(from), Vec::new())) {
        let outcome = outcome_of(&error, Step::Sender);
        return for_all(with_address(outcome, &mail.from));
    }
    let mut deliveries = Vec::new();
    let mut accepted = Vec::new();
    for recipient in &mail.recipients {
        let answer = match recipient.parse::<Address>() {
            Err(error) => Err(Outcome::Permanent(Step::Recipient, error.to_string())),
            Ok(address) => connection
                .command(Rcpt::new(address, Vec::new()))
                .map_err(|error| outcome_of(&error, Step::Recipient)),
        };
        match answer {
            Ok(_) => accepted.push(recipient.clone()),
            Err(outcome) => deliveries.push(Delivery {
                recipient: Some(recipient.clone()),
                outcome,
            }),
        }
    }
    if accepted.is_empty() {
        return deliveries;
    }
    let sent = connection
        .command(Data)
        .and_then(|_| connection.message(&mail.bytes));
    let outcome = match sent {
        Ok(response) => Outcome::Delivered {
            answer: shown(&response.message().collect::<Vec<_>>().join(" ")),
        },
        Err(error) => outcome_of(&error, Step::Message),
    };
    deliveries.extend(super::for_each(&accepted, &outcome));
    deliveries
}

fn with_address(outcome: Outcome, address: &str) -> Outcome {
    match outcome {
        Outcome::Transient(step, text) => Outcome::Transient(step, format!("{address}: {text}")),
        Outcome::Permanent(step, text) => Outcome::Permanent(step, format!("{address}: {text}")),
        delivered @ Outcome::Delivered { .. } => delivered,
    }
}

fn outcome_of(error: &Error, step: Step) -> Outcome {
    let text = match (io_kind(error), error.status()) {
        (Some(io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut), _) => {
            "no answer within the time limit".to_owned()
        }
        (_, Some(code)) => format!("{code} {}", source_text(error)),
        (_, None) => source_text(error),
    };
    if error.is_permanent() {
        Outcome::Permanent(step, shown(&text))
    } else {
        Outcome::Transient(step, shown(&text))
    }
}

/// Connecting, TLS from the first byte and the greeting are one call of lettre; the cause tells
/// them apart.
fn step_of_connect(error: &Error) -> Step {
    if error.status().is_some() {
        return Step::Greeting;
    }
    match io_kind(error) {
        _ if error.is_tls() => Step::Tls,
        // A handshake error is `InvalidData`; a read that waits too long is `WouldBlock`, a
        // connect that does is `TimedOut`.
        Some(io::ErrorKind::InvalidData) => Step::Tls,
        None
        | Some(
            io::ErrorKind::WouldBlock
            | io::ErrorKind::UnexpectedEof
            | io::ErrorKind::ConnectionReset
            | io::ErrorKind::BrokenPipe,
        ) => Step::Greeting,
        Some(_) => Step::Connect,
    }
}

fn io_kind(error: &Error) -> Option<io::ErrorKind> {
    let mut source = error.source();
    while let Some(cause) = source {
        if let Some(io) = cause.downcast_ref::<io::Error>() {
            return Some(io.kind());
        }
        source = cause.source();
    }
    None
}

fn source_text(error: &Error) -> String {
    error
        .source()
        .map_or_else(|| error.to_string(), ToString::to_string)
}

/// What a server says is a stranger's text.
fn shown(text: &str) -> String {
    visible_short(text.trim().as_bytes(), MOST_SAID)
}
