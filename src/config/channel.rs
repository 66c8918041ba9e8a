//! `[[alert.command]]` and `[[alert.webhook]]`: ways to hear of refused connections beside mail.

use super::error::ConfigError;
use super::keys::known;
use super::secret::{self, Keys, Password};
use super::section::Section;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// How long a channel may take, when the configuration does not say.
const PATIENCE: u32 = 30;
/// Where the secret goes in an address or a header.
pub const SECRET_PLACE: &str = "{secret}";
/// Where the secret of a webhook comes from.
const SECRET: Keys = Keys {
    file: "secret_file",
    command: "secret_command",
    credential: "secret_credential",
    literal: "secret",
    more_than_one: "[[alert.webhook]] has more than one of secret_file, secret_command, secret_credential and secret; keep one",
};

/// A way out beside mail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ChannelSettings {
    /// A program.
    Command(CommandChannel),
    /// An HTTPS service.
    Webhook(WebhookChannel),
}

/// A program that gets each note as JSON on its standard input.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CommandChannel {
    /// How it is called in the queue and in messages; no other channel has this name.
    pub name: String,
    /// The program, absolute, and its arguments; run without a shell.
    pub argv: Vec<String>,
    /// How long it may take.
    pub timeout: Duration,
}

/// An HTTPS service that gets each note as a POST of JSON.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WebhookChannel {
    /// How it is called in the queue and in messages; no other channel has this name.
    pub name: String,
    /// Where to; [`SECRET_PLACE`] in it stands for the secret.
    pub url: String,
    /// Header fields; [`SECRET_PLACE`] in a value stands for the secret.
    pub headers: Vec<(String, String)>,
    /// The template of the body; the note itself as JSON when absent.
    pub body: Option<String>,
    /// What stands where [`SECRET_PLACE`] is written.
    pub secret: Option<Password>,
    /// Certificates (PEM) that are trusted instead of the system's.
    pub ca_file: Option<PathBuf>,
    /// How long the whole exchange may take.
    pub timeout: Duration,
}

impl ChannelSettings {
    /// How it is called in the queue and in messages.
    pub fn name(&self) -> &str {
        match self {
            Self::Command(CommandChannel { name, .. })
            | Self::Webhook(WebhookChannel { name, .. }) => name,
        }
    }

    /// Whether a secret of it stands in the configuration itself. An address without a place for
    /// the secret may be one as a whole, as those of Slack and Discord are.
    pub(super) fn holds_secret(&self) -> bool {
        match self {
            Self::Command(_) => false,
            Self::Webhook(webhook) => matches!(webhook.secret, Some(Password::Literal(_))),
        }
    }
}

/// The channels of the table `[alert]`.
pub(super) fn channels(
    alert: &Section<'_>,
    place: &dyn Fn(&Path) -> PathBuf,
) -> Result<Vec<ChannelSettings>, ConfigError> {
    let mut all: Vec<ChannelSettings> = Vec::new();
    for (key, table) in [("command", "alert.command"), ("webhook", "alert.webhook")] {
        for section in alert.sections(key, table, known(table))? {
            let channel = match key {
                "command" => ChannelSettings::Command(command(&section, place)?),
                _ => ChannelSettings::Webhook(webhook(&section, place)?),
            };
            if all.iter().any(|other| other.name() == channel.name()) {
                return Err(section.bad_value("name", "is the name of another channel already"));
            }
            all.push(channel);
        }
    }
    Ok(all)
}

fn command(
    section: &Section<'_>,
    place: &dyn Fn(&Path) -> PathBuf,
) -> Result<CommandChannel, ConfigError> {
    let argv = section.program("argv", place)?.ok_or_else(|| {
        section.missing("[[alert.command]] needs argv = [\"/absolute/path\", \"argument\", ...]")
    })?;
    Ok(CommandChannel {
        name: name(section)?,
        argv,
        timeout: timeout(section)?,
    })
}

fn webhook(
    section: &Section<'_>,
    place: &dyn Fn(&Path) -> PathBuf,
) -> Result<WebhookChannel, ConfigError> {
    let url = section.text("url")?.ok_or_else(|| {
        section.missing("[[alert.webhook]] needs url = \"https://host.example/path\"")
    })?;
    if !is_https(&url) {
        let problem = "must be https://HOST/..., without spaces and without user:password@";
        return Err(section.bad_value("url", problem));
    }
    let headers = section.texts_by_name("headers", "alert.webhook.headers")?;
    for (name, value) in &headers {
        if !is_token(name) || !value.bytes().all(|b| (b' '..=b'~').contains(&b)) {
            let problem = format!("has a field {name:?} that is not an ASCII header field");
            return Err(section.bad_value("headers", problem));
        }
    }
    let secret = secret::source(section, &SECRET, place)?;
    let has_place = url.contains(SECRET_PLACE)
        || headers
            .iter()
            .any(|(_, value)| value.contains(SECRET_PLACE));
    match (has_place, &secret) {
        (true, None) => Err(section.missing(
            "[[alert.webhook]] names {secret} but no secret; add secret_file = \"/etc/tcpw.secret\"",
        )),
        (false, Some(_)) => Err(section.missing(
            "[[alert.webhook]] has a secret that nothing uses; write {secret} in url or in a header",
        )),
        _ => Ok(WebhookChannel {
            name: name(section)?,
            url,
            headers,
            body: section.text_of_lines("body")?,
            secret,
            ca_file: section.path("ca_file")?.map(|path| place(&path)),
            timeout: timeout(section)?,
        }),
    }
}

fn name(section: &Section<'_>) -> Result<String, ConfigError> {
    let name = section
        .text("name")?
        .ok_or_else(|| section.missing("each channel needs name = \"...\", a word of its own"))?;
    if name.len() <= 64 && name.bytes().all(|b| is_word(b) || b == b'-' || b == b'.') {
        return Ok(name);
    }
    Err(section.bad_value("name", "must have letters, digits and -._ only, at most 64"))
}

fn timeout(section: &Section<'_>) -> Result<Duration, ConfigError> {
    let seconds = section.number("timeout", 1..=600)?.unwrap_or(PATIENCE);
    Ok(Duration::from_secs(u64::from(seconds)))
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

/// RFC 9110, 5.6.2.
fn is_token(name: &str) -> bool {
    let is_part = |b: u8| is_word(b) || b"!#$%&'*+-.^`|~".contains(&b);
    !name.is_empty() && name.bytes().all(is_part)
}

fn is_https(url: &str) -> bool {
    let Some(rest) = url.strip_prefix("https://") else {
        return false;
    };
    let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
    !host.is_empty()
        && !host.contains(['@', '{'])
        && url.bytes().all(|b| (b'!'..=b'~').contains(&b))
}
