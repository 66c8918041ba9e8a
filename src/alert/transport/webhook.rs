//! An HTTPS service that is notified: a POST of JSON, made from a template in which every value is
//! JSON of itself. Nothing is sent unprotected, and nobody is followed elsewhere.

use crate::alert::model::channel_note::ChannelNote;
use crate::alert::model::fault::{Cause, Fault};
use crate::alert::model::outcome::{Outcome, Step};
use crate::alert::transport::channel::Channel;
use crate::alert::transport::cryptography::provider;
use crate::alert::transport::password::fetch;
use crate::alert::transport::pinned::Seen;
use crate::alert::transport::tls;
use crate::config::{SECRET_PLACE, WebhookChannel};
use crate::escape::visible_short;
use crate::system::{Clock as _, SystemClock};
use chrono::DateTime;
use minijinja::value::Serde;
use minijinja::{AutoEscape, Environment, UndefinedBehavior};
use serde::de::IgnoredAny;
use std::cell::Cell;
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};
use ureq::http::{Response, StatusCode};
use ureq::tls::{Certificate, RootCerts, TlsConfig};
use ureq::{Agent, Body, Error, Timeout};

/// How much of an answer is read.
const MOST_READ: u64 = 64 * 1024;
/// How much of an answer is kept.
const MOST_SAID: usize = 200;
/// No body is longer: no service takes more.
const LONGEST_BODY: usize = 1024 * 1024;
/// Nobody is left alone for longer, whatever he asks for.
const LONGEST_WAIT: Duration = Duration::from_secs(24 * 60 * 60);

/// A service.
#[derive(Debug)]
pub(super) struct WebhookWay {
    settings: WebhookChannel,
    credentials: Option<PathBuf>,
    /// Until when the service asked to be left alone.
    quiet_until: Cell<Option<Instant>>,
}

impl WebhookWay {
    pub(super) fn new(settings: &WebhookChannel, credentials: Option<&Path>) -> Self {
        Self {
            settings: settings.clone(),
            credentials: credentials.map(Path::to_owned),
            quiet_until: Cell::new(None),
        }
    }

    fn post(&self, note: &ChannelNote, secret: &str) -> Result<Response<Body>, Outcome> {
        let prepare = |text: String| Outcome::Transient(Step::Prepare, text.into());
        let body = body(self.settings.body.as_deref(), note).map_err(prepare)?;
        let agent = self.agent().map_err(prepare)?;
        let mut request = agent.post(self.settings.url.replace(SECRET_PLACE, secret));
        let headers = &self.settings.headers;
        if !headers
            .iter()
            .any(|(name, _)| name.eq_ignore_ascii_case("content-type"))
        {
            request = request.header("content-type", "application/json");
        }
        for (name, value) in headers {
            request = request.header(name, value.replace(SECRET_PLACE, secret));
        }
        request.send(body.as_bytes()).map_err(|error| {
            let (step, fault) = told(&error);
            Outcome::Transient(step, fault)
        })
    }

    fn agent(&self) -> Result<Agent, String> {
        let trusted: Vec<Certificate<'static>> =
            tls::authorities(self.settings.ca_file.as_deref())?
                .iter()
                .map(|certificate| Certificate::from_der(certificate).to_owned())
                .collect();
        let tls = TlsConfig::builder()
            .unversioned_rustls_crypto_provider(provider())
            .root_certs(RootCerts::new_with_certs(&trusted))
            .build();
        let config = Agent::config_builder()
            .https_only(true)
            .proxy(None)
            .max_redirects(0)
            .max_redirects_will_error(false)
            .http_status_as_error(false)
            .timeout_global(Some(self.settings.timeout))
            .user_agent(concat!("tcpw/", env!("CARGO_PKG_VERSION")))
            .tls_config(tls)
            .build();
        Ok(config.into())
    }

    fn secret(&self) -> Result<String, Fault> {
        let WebhookChannel {
            secret, timeout, ..
        } = &self.settings;
        let Some(source) = secret else {
            return Ok(String::new());
        };
        let secret = fetch(source, self.credentials.as_deref(), *timeout)?.0;
        if secret.bytes().all(|b| (b'!'..=b'~').contains(&b)) {
            return Ok(secret);
        }
        Err("the secret has a character that can stand in no address and in no header".into())
    }

    fn judge(&self, mut response: Response<Body>) -> Outcome {
        let status = response.status();
        let wait = header(&response, "retry-after").and_then(|text| wait_of(&text));
        let place = header(&response, "location");
        // What cannot be read of an answer changes nothing: the status decides.
        let said = response
            .body_mut()
            .with_config()
            .limit(MOST_READ)
            .read_to_vec();
        let said = visible_short(said.unwrap_or_default().trim_ascii(), MOST_SAID);
        let text = format!("{} {said}", status.as_u16()).trim_end().to_owned();
        match status.as_u16() {
            200..=299 => Outcome::Delivered { answer: text },
            300..=399 => {
                let place = visible_short(place.unwrap_or_default().as_bytes(), MOST_SAID);
                let text = format!("{text}: redirected to {place}; redirects are not followed");
                Outcome::Permanent(Step::Post, text.into())
            }
            408 | 429 | 500.. => {
                self.quiet_until
                    .set(wait.and_then(|wait| Instant::now().checked_add(wait)));
                Outcome::Transient(Step::Post, text.into())
            }
            _ if matches!(status, StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN) => {
                Outcome::Permanent(Step::Auth, text.into())
            }
            _ => Outcome::Permanent(Step::Post, text.into()),
        }
    }
}

impl Channel for WebhookWay {
    fn send(&self, note: &ChannelNote) -> Outcome {
        if let Some(wait) = self.asked_to_wait() {
            let text = format!(
                "the service asks for a pause of {} s more",
                wait.as_secs() + 1
            );
            return Outcome::Transient(Step::Post, text.into());
        }
        let secret = match self.secret() {
            Ok(secret) => secret,
            Err(fault) => return Outcome::Transient(Step::Prepare, fault),
        };
        let outcome = match self.post(note, &secret) {
            Ok(response) => self.judge(response),
            Err(outcome) => outcome,
        };
        hide(outcome, &secret)
    }

    fn describe(&self) -> String {
        let WebhookChannel { name, url, .. } = &self.settings;
        // The rest of the address is often the secret itself.
        let host = url.split('/').nth(2).unwrap_or_default();
        format!("webhook {name}, at https://{host}")
    }

    fn asked_to_wait(&self) -> Option<Duration> {
        let until = self.quiet_until.get()?;
        let left = until.saturating_duration_since(Instant::now());
        (!left.is_zero()).then_some(left)
    }
}

/// The JSON to send.
///
/// # Errors
/// A sentence; when the template fails, or what it makes is not JSON.
pub(super) fn body(template: Option<&str>, note: &ChannelNote) -> Result<String, String> {
    let note = note.clone().made_safe();
    let Some(template) = template else {
        return serde_json::to_string(&note).map_err(|error| error.to_string());
    };
    let mut environment = Environment::new();
    environment.set_auto_escape_callback(|_| AutoEscape::Json);
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    let text = environment
        .render_named_str("body", template, Serde(&note))
        .map_err(|error| format!("the template of the body fails: {error}"))?;
    if text.len() > LONGEST_BODY {
        return Err("the template makes more than 1 MiB".to_owned());
    }
    serde_json::from_str::<IgnoredAny>(&text)
        .map_err(|error| format!("what the template of the body makes is not JSON: {error}"))?;
    Ok(text)
}

/// How long `Retry-After` asks to wait (RFC 9110, 10.2.3).
fn wait_of(text: &str) -> Option<Duration> {
    let wait = if let Ok(seconds) = text.parse::<u64>() {
        Duration::from_secs(seconds)
    } else {
        let until = DateTime::parse_from_rfc2822(text).ok()?;
        (until.to_utc() - SystemClock.now()).to_std().ok()?
    };
    Some(wait.min(LONGEST_WAIT))
}

fn header(response: &Response<Body>, name: &str) -> Option<String> {
    let value = response.headers().get(name)?.to_str().ok()?;
    Some(value.trim().to_owned())
}

/// The step that failed, and what to say.
fn told(error: &Error) -> (Step, Fault) {
    let tls_error = if let Error::Rustls(error) = error {
        Some(error)
    } else if let Error::Io(cause) = error {
        cause.get_ref().and_then(|inner| inner.downcast_ref())
    } else {
        None
    };
    let (cause, text) = if let Some(error) = tls_error {
        tls::trouble(error, &Seen::default())
    } else if let Error::Timeout(_) = error {
        (Cause::Silent, "no answer within the time limit".to_owned())
    } else if let Error::Io(cause) = error {
        (Cause::Other, cause.to_string())
    } else {
        (Cause::Other, error.to_string())
    };
    let text = visible_short(text.as_bytes(), MOST_SAID);
    (step_of(error), Fault::new(cause, text))
}

fn step_of(error: &Error) -> Step {
    if let Error::Io(cause) = error {
        return step_of_io(cause);
    }
    if matches!(
        error,
        Error::HostNotFound | Error::Timeout(Timeout::Resolve)
    ) {
        Step::Resolve
    } else if matches!(
        error,
        Error::ConnectionFailed | Error::Timeout(Timeout::Connect)
    ) {
        Step::Connect
    } else if matches!(error, Error::Rustls(_) | Error::Tls(_) | Error::TlsRequired) {
        Step::Tls
    } else {
        Step::Post
    }
}

fn step_of_io(cause: &io::Error) -> Step {
    const NO_WAY: [io::ErrorKind; 3] = [
        io::ErrorKind::ConnectionRefused,
        io::ErrorKind::HostUnreachable,
        io::ErrorKind::NetworkUnreachable,
    ];
    // The system's resolver has no kind of error of its own.
    if cause.to_string().contains("lookup address") {
        Step::Resolve
    } else if cause.kind() == io::ErrorKind::InvalidData {
        Step::Tls
    } else if NO_WAY.contains(&cause.kind()) {
        Step::Connect
    } else {
        Step::Post
    }
}

/// A service may say back what it was told, and an error may quote the address.
fn hide(outcome: Outcome, secret: &str) -> Outcome {
    if secret.is_empty() {
        return outcome;
    }
    let hidden = |text: String| text.replace(secret, SECRET_PLACE);
    match outcome {
        Outcome::Delivered { answer } => Outcome::Delivered {
            answer: hidden(answer),
        },
        Outcome::Transient(step, fault) => Outcome::Transient(step, fault.reworded(hidden)),
        Outcome::Permanent(step, fault) => Outcome::Permanent(step, fault.reworded(hidden)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_json_and_mistakes_are_told() {
        let now = SystemClock.now();
        let mut note = ChannelNote::test("web1", "<a@b>", now);
        note.subject = "\"},{\\ \u{2028}\x1b".to_owned();
        let text = body(
            Some(r#"{"a": {{ subject }}, "n": {{ count }}, "r": {{ rule }}}"#),
            &note,
        );
        let value: serde_json::Value = serde_json::from_str(&text.unwrap()).unwrap();
        assert_eq!(value["a"], "\"},{\\ \\u{2028}\\x1b");
        assert_eq!((&value["n"], &value["r"]), (&0.into(), &().into()));
        for (template, words) in [
            ("{{ nothing }}", "undefined value"),
            ("{% if %}", "fails: syntax error"),
            ("{\"a\": x{{ subject }}}", "is not JSON"),
        ] {
            let error = body(Some(template), &note).unwrap_err();
            assert!(error.contains(words), "{error}");
        }
        let whole = body(None, &note).unwrap();
        let value: serde_json::Value = serde_json::from_str(&whole).unwrap();
        assert_eq!(value["kind"], "test");
    }

    #[test]
    fn a_wait_is_of_seconds_or_until_a_date_and_has_a_limit() {
        assert_eq!(wait_of("7"), Some(Duration::from_secs(7)));
        assert_eq!(wait_of("99999999999"), Some(LONGEST_WAIT));
        let later = SystemClock.now() + Duration::from_secs(100);
        let wait = wait_of(&later.to_rfc2822()).unwrap();
        assert!((98..=100).contains(&wait.as_secs()), "{wait:?}");
        assert_eq!(wait_of("Sun, 06 Nov 1994 08:49:37 GMT"), None);
        assert_eq!(wait_of("soon"), None);
    }
}
