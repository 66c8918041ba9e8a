//! Mail servers in order of preference: the next one is tried when one cannot be reached or does
//! not take the mail now, never when one may have taken it.

use crate::alert::model::fault::Fault;
use crate::alert::model::outcome::Delivery;
use crate::alert::model::outcome::{Mail, Outcome, Rehearsal, ServerAttempt, Step};
use crate::alert::transport::channel::Transport;
use crate::alert::transport::conversation;
use crate::alert::transport::conversation::{Progress, Setting};
use crate::alert::transport::password::fetch;
use crate::alert::transport::tls;
use crate::config::{Mailbox, Smtp, Tls};
use lettre::Address;
use lettre::transport::smtp::authentication::Credentials;
use std::net::{SocketAddr, ToSocketAddrs as _};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError, mpsc};
use std::thread;
use std::time::{Duration, Instant};

/// How many times the patience for one answer a whole conversation may take.
const WHOLE: u32 = 10;
/// How we call ourselves when this machine's name cannot stand in an address.
const NAMELESS: &str = "[127.0.0.1]";

/// Mail servers, the preferred one first.
#[derive(Debug)]
pub struct SmtpTransport {
    servers: Vec<Smtp>,
    /// What this machine is called.
    host: String,
    /// Finds its full name.
    full_name: fn(&str) -> Option<String>,
    /// How we call ourselves where the configuration does not say.
    hello: OnceLock<String>,
    credentials: Option<PathBuf>,
    attempts: Mutex<Vec<ServerAttempt>>,
}

impl SmtpTransport {
    /// What was tried; a panic of whoever held it leaves it sound.
    fn tried(&self) -> MutexGuard<'_, Vec<ServerAttempt>> {
        self.attempts.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Mails go to the first of `servers` that takes them; we call ourselves `host`.
    /// `credentials` is the directory of systemd's credentials.
    pub fn new(servers: &[Smtp], host: &str, credentials: Option<&Path>) -> Self {
        Self {
            servers: servers.to_vec(),
            host: host.to_owned(),
            full_name: |_| None,
            hello: OnceLock::new(),
            credentials: credentials.map(Path::to_owned),
            attempts: Mutex::default(),
        }
    }

    /// `find` knows the full name of this machine: many servers want one in EHLO.
    #[must_use]
    pub fn with_full_name(mut self, find: fn(&str) -> Option<String>) -> Self {
        self.full_name = find;
        self
    }

    /// How we call ourselves to `server`: as it is configured, else by the full name of this
    /// machine, which is looked up once.
    fn hello_to<'a>(&'a self, server: &'a Smtp) -> &'a str {
        server.hello.as_deref().unwrap_or_else(|| {
            self.hello.get_or_init(|| {
                let name = (self.full_name)(&self.host);
                let name = name.unwrap_or_else(|| self.host.clone());
                let is_domain = Mailbox::parse(&format!("x@{name}")).is_ok();
                if is_domain { name } else { NAMELESS.to_owned() }
            })
        })
    }

    fn send_by(&self, server: &Smtp, mail: &Mail) -> Progress {
        let end = Instant::now() + server.timeout.saturating_mul(WHOLE);
        let connected = self
            .prepare(server, end)
            .and_then(|setting| conversation::connect(&setting));
        match connected {
            Err(outcome) => Progress::nothing(outcome),
            Ok(mut wire) => {
                let progress = conversation::hand_over(&mut wire, mail);
                conversation::leave(&mut wire);
                progress
            }
        }
    }

    /// Connects to a server as for a mail and leaves at once: the failure, if there is one.
    fn log_in_only(&self, server: &Smtp) -> Option<(Step, Fault)> {
        let end = Instant::now() + server.timeout.saturating_mul(WHOLE);
        let connected = self
            .prepare(server, end)
            .and_then(|setting| conversation::connect(&setting));
        match connected {
            Ok(mut wire) => {
                conversation::leave(&mut wire);
                None
            }
            Err(Outcome::Transient(step, fault) | Outcome::Permanent(step, fault)) => {
                Some((step, fault))
            }
            Err(Outcome::Delivered { .. }) => None,
        }
    }

    /// Everything that can be known before connecting, so that a wrong file is reported at once.
    fn prepare<'a>(&'a self, server: &'a Smtp, end: Instant) -> Result<Setting<'a>, Outcome> {
        Ok(Setting {
            server,
            hello: self.hello_to(server),
            credentials: self.log_in_as(server)?,
            tls: tls_config(server)?,
            addresses: resolve(server)?,
            end,
        })
    }

    fn log_in_as(&self, server: &Smtp) -> Result<Option<Credentials>, Outcome> {
        let Some(login) = &server.login else {
            return Ok(None);
        };
        fetch(&login.password, self.credentials.as_deref(), server.timeout)
            .map(|secret| Some(Credentials::new(login.username.clone(), secret.0)))
            .map_err(|fault| Outcome::Transient(Step::Prepare, fault))
    }

    /// Notes what `server` made of it.
    fn note(&self, server: &Smtp, progress: &Progress) {
        let all = progress.settled.iter().chain(&progress.open);
        let attempts = all.map(|delivery| ServerAttempt {
            place: address(server),
            delivery: delivery.clone(),
        });
        self.tried().extend(attempts);
    }

    /// Where there is more than one server, what is said names the one that said it.
    fn named_by(&self, server: &Smtp, delivery: Delivery) -> Delivery {
        if self.servers.len() == 1 {
            return delivery;
        }
        let named = |text: String| format!("{}: {text}", address(server));
        let outcome = match delivery.outcome {
            Outcome::Delivered { answer } => Outcome::Delivered {
                answer: named(answer),
            },
            Outcome::Transient(step, fault) => Outcome::Transient(step, fault.reworded(named)),
            Outcome::Permanent(step, fault) => Outcome::Permanent(step, fault.reworded(named)),
        };
        Delivery {
            recipient: delivery.recipient,
            outcome,
        }
    }

    /// What is said about `delivery`, which no server took, when there is more than one.
    fn told_by_all(&self, delivery: Delivery) -> Delivery {
        let attempts = self.tried();
        let tried: Vec<String> = attempts
            .iter()
            .filter(|attempt| {
                let who = &attempt.delivery.recipient;
                who.is_none() || delivery.recipient.is_none() || *who == delivery.recipient
            })
            .filter_map(ServerAttempt::problem)
            .collect();
        let is_alone = self.servers.len() == 1 || tried.len() < 2;
        let (Outcome::Transient(step, fault) | Outcome::Permanent(step, fault)) = &delivery.outcome
        else {
            return delivery;
        };
        if is_alone {
            return delivery;
        }
        // One that may do better later is enough to try again.
        let is_permanent = attempts
            .iter()
            .all(|attempt| matches!(attempt.delivery.outcome, Outcome::Permanent(..)));
        let text = format!("no server took it: {}", tried.join("; "));
        let fault = Fault::new(fault.cause, text);
        Delivery {
            recipient: delivery.recipient,
            outcome: if is_permanent {
                Outcome::Permanent(*step, fault)
            } else {
                Outcome::Transient(*step, fault)
            },
        }
    }
}

impl Transport for SmtpTransport {
    fn send(&self, mail: &Mail) -> Vec<Delivery> {
        self.tried().clear();
        let (mail, mut settled) = addressable(mail);
        if mail.recipients.is_empty() {
            return settled;
        }
        let mut left = mail.clone();
        let mut open = Vec::new();
        for server in &self.servers {
            let progress = self.send_by(server, &left);
            self.note(server, &progress);
            let named = progress.settled.into_iter();
            settled.extend(named.map(|delivery| self.named_by(server, delivery)));
            open = progress.open;
            if open.is_empty() {
                break;
            }
            // Where a recipient is named, only that one is left.
            let named: Vec<String> = open.iter().filter_map(|d| d.recipient.clone()).collect();
            if !named.is_empty() {
                left.recipients = named;
            }
        }
        // Once somebody is settled, "all" would mean those too.
        let is_whole = left.recipients.len() == mail.recipients.len() && settled.is_empty();
        for delivery in open {
            let told = self.told_by_all(delivery);
            if told.recipient.is_some() || is_whole {
                settled.push(told);
            } else {
                settled.extend(crate::alert::transport::channel::for_each(
                    &left.recipients,
                    &told.outcome,
                ));
            }
        }
        settled
    }

    fn describe(&self) -> String {
        let servers: Vec<String> = self.servers.iter().map(named).collect();
        format!("smtp, to {}", servers.join(", else to "))
    }

    fn rehearse(&self) -> Vec<Rehearsal> {
        self.servers
            .iter()
            .map(|server| Rehearsal {
                place: named(server),
                login: server.login.as_ref().map(|login| login.username.clone()),
                failure: self.log_in_only(server),
            })
            .collect()
    }

    fn attempts(&self) -> Vec<ServerAttempt> {
        self.tried().clone()
    }
}

/// The mail without the recipients that cannot stand in a command, and what is said about those.
fn addressable(mail: &Mail) -> (Mail, Vec<Delivery>) {
    let mut mail = mail.clone();
    if let Err(error) = mail.from.parse::<Address>() {
        mail.recipients.clear();
        let text = format!("{}: {error}", crate::escape::visible(mail.from.as_bytes()));
        return (
            mail,
            crate::alert::transport::channel::for_all(Outcome::Permanent(
                Step::Sender,
                text.into(),
            )),
        );
    }
    let mut refused = Vec::new();
    mail.recipients.retain(|recipient| {
        let parsed = recipient.parse::<Address>();
        refused.extend(parsed.as_ref().err().map(|error| Delivery {
            recipient: Some(recipient.clone()),
            outcome: Outcome::Permanent(Step::Recipient, error.to_string().into()),
        }));
        parsed.is_ok()
    });
    (mail, refused)
}

fn tls_config(server: &Smtp) -> Result<Option<tls::Client>, Outcome> {
    if server.tls == Tls::None {
        return Ok(None);
    }
    tls::client(server.ca_file.as_deref(), server.fingerprint)
        .map(Some)
        .map_err(|text| Outcome::Transient(Step::Prepare, text.into()))
}

/// The addresses of the server. A resolver has no time limit of its own, so it is asked in a
/// thread that is not waited for for ever.
fn resolve(server: &Smtp) -> Result<Vec<SocketAddr>, Outcome> {
    let (sender, receiver) = mpsc::channel();
    let place = (server.host.clone(), server.port);
    let host = &server.host;
    let failed = |text: String| Outcome::Transient(Step::Resolve, format!("{host}: {text}").into());
    let asked = thread::Builder::new().spawn(move || {
        let found = place.to_socket_addrs().map(Iterator::collect);
        // Nobody listens any more when it took too long.
        drop(sender.send(found));
    });
    asked.map_err(|cause| failed(format!("cannot start a thread: {cause}")))?;
    let found: Vec<SocketAddr> = receiver
        .recv_timeout(server.timeout.max(Duration::from_millis(1)))
        .map_err(|_| failed("no answer within the time limit".to_owned()))?
        .map_err(|cause| failed(cause.to_string()))?;
    if found.is_empty() {
        return Err(failed("has no address".to_owned()));
    }
    Ok(found)
}

fn address(server: &Smtp) -> String {
    format!("{} port {}", server.host, server.port)
}

fn named(server: &Smtp) -> String {
    let protection = match server.tls {
        Tls::None => "unprotected",
        Tls::StartTls => "STARTTLS",
        Tls::Implicit => "implicit TLS",
    };
    format!("{} ({protection})", address(server))
}
