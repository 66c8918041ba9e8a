//! `[mail.smtp]`, one server, or `[[mail.smtp]]`, several in order of preference.

use super::endpoint::{Endpoint, Tls};
use super::error::ConfigError;
use super::keys::known;
use super::mailbox::Mailbox;
use super::secret::{self, Keys, Password};
use super::section::Section;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// A mail server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Smtp {
    /// Name or address.
    pub host: String,
    /// TCP port; 25, 587 or 465 by [`Tls`] when the configuration does not say.
    pub port: u16,
    /// How the connection is protected. Never silently less than this.
    pub tls: Tls,
    /// Who we are to the server, if it asks.
    pub login: Option<Login>,
    /// Certificates (PEM) that are trusted instead of the system's.
    pub ca_file: Option<PathBuf>,
    /// The only certificate that is accepted, by the SHA-256 of its DER form.
    pub fingerprint: Option<[u8; 32]>,
    /// How we call ourselves in EHLO; the full name of this machine when absent.
    pub hello: Option<String>,
    /// How long to wait for each answer of the server.
    pub timeout: Duration,
}

/// Who we are to the mail server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Login {
    /// The user name.
    pub username: String,
    /// Where the password, or the token of XOAUTH2, comes from.
    pub password: Password,
    /// How to prove it.
    pub auth: Auth,
}

/// How to prove who we are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Auth {
    /// PLAIN or LOGIN, whichever the server offers.
    #[default]
    Offered,
    /// PLAIN alone.
    Plain,
    /// LOGIN alone.
    Login,
    /// XOAUTH2: the password is an access token.
    Xoauth2,
}

/// The port for TLS from the first byte (RFC 8314).
const TLS_PORT: u16 = 465;
/// Where the password comes from.
const PASSWORD: Keys = Keys {
    file: "password_file",
    command: "password_command",
    credential: "password_credential",
    literal: "password",
    more_than_one: "[mail.smtp] has more than one of password_file, password_command, password_credential and password; keep one",
};

/// The servers of the table `[mail]`, the preferred one first.
pub(super) fn servers(
    mail: &Section<'_>,
    place: &dyn Fn(&Path) -> PathBuf,
) -> Result<Vec<Smtp>, ConfigError> {
    mail.sections("smtp", "mail.smtp", known("mail.smtp"))?
        .iter()
        .map(|section| server(section, place))
        .collect()
}

fn server(section: &Section<'_>, place: &dyn Fn(&Path) -> PathBuf) -> Result<Smtp, ConfigError> {
    let protections = [
        ("none", Tls::None),
        ("starttls", Tls::StartTls),
        ("implicit", Tls::Implicit),
    ];
    let port = section
        .number("port", 1..=u32::from(u16::MAX))?
        .and_then(|port| u16::try_from(port).ok());
    let host = section
        .text("host")?
        .ok_or_else(|| section.missing("[mail.smtp] needs host = \"mail.example.org\""))?;
    let endpoint =
        Endpoint::parse(host.trim()).map_err(|problem| section.bad_value("host", problem))?;
    if differ(port, endpoint.port) {
        return Err(section.bad_value("port", "is not the port that host says"));
    }
    let port = port.or(endpoint.port);
    let given = section.choice("tls", &protections)?;
    if differ(given, endpoint.tls) {
        return Err(section.bad_value("tls", "is not what the scheme in host says"));
    }
    let tls = given.or(endpoint.tls).unwrap_or(if port == Some(TLS_PORT) {
        Tls::Implicit
    } else {
        Tls::StartTls
    });
    let default_port = match tls {
        Tls::None => 25,
        Tls::StartTls => 587,
        Tls::Implicit => TLS_PORT,
    };
    let host = endpoint.host;
    let ca_file = section.path("ca_file")?.map(|path| place(&path));
    let fingerprint = fingerprint(section)?;
    if fingerprint.is_some() && (ca_file.is_some() || tls == Tls::None) {
        let problem = "is the only certificate that counts: leave out ca_file, and use TLS";
        return Err(section.bad_value("fingerprint", problem));
    }
    Ok(Smtp {
        login: login(section, tls, &host, place)?,
        host,
        port: port.unwrap_or(default_port),
        tls,
        ca_file,
        fingerprint,
        hello: hello(section)?,
        timeout: Duration::from_secs(u64::from(section.number("timeout", 1..=600)?.unwrap_or(30))),
    })
}

/// Whether two places say different things.
fn differ<T: PartialEq>(one: Option<T>, other: Option<T>) -> bool {
    one.zip(other).is_some_and(|(one, other)| one != other)
}

/// `sha256:` and 64 hexadecimal digits, with colons between the bytes or without.
fn fingerprint(section: &Section<'_>) -> Result<Option<[u8; 32]>, ConfigError> {
    let Some(text) = section.text("fingerprint")? else {
        return Ok(None);
    };
    bytes_of(text.trim()).map(Some).ok_or_else(|| {
        let problem = "must be \"sha256:\" and the 64 hexadecimal digits that openssl x509 -noout -fingerprint -sha256 prints";
        section.bad_value("fingerprint", problem)
    })
}

fn bytes_of(text: &str) -> Option<[u8; 32]> {
    let (kind, digits) = text.split_once(':')?;
    let digits: String = digits.split(':').collect();
    let is_hex = digits.len() == 64 && digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    if !kind.eq_ignore_ascii_case("sha256") || !is_hex {
        return None;
    }
    let mut bytes = [0; 32];
    for (at, byte) in bytes.iter_mut().enumerate() {
        *byte = u8::from_str_radix(digits.get(2 * at..2 * at + 2)?, 16).ok()?;
    }
    Some(bytes)
}

/// A name or an address in brackets, as RFC 5321 wants it in EHLO.
fn hello(section: &Section<'_>) -> Result<Option<String>, ConfigError> {
    let Some(name) = section.text("hello")? else {
        return Ok(None);
    };
    if Mailbox::parse(&format!("x@{name}")).is_err() {
        let problem = "must be a host name, or an address as [192.0.2.1] or [IPv6:2001:db8::1]";
        return Err(section.bad_value("hello", problem));
    }
    Ok(Some(name))
}

fn login(
    section: &Section<'_>,
    tls: Tls,
    host: &str,
    place: &dyn Fn(&Path) -> PathBuf,
) -> Result<Option<Login>, ConfigError> {
    let ways = [
        ("auto", Auth::Offered),
        ("plain", Auth::Plain),
        ("login", Auth::Login),
        ("xoauth2", Auth::Xoauth2),
    ];
    let auth = section.choice("auth", &ways)?;
    let password: Option<Password> = secret::source(section, &PASSWORD, place)?;
    match (section.text("username")?, password) {
        (None, None) if auth.is_some() => {
            Err(section.missing("[mail.smtp] has auth but no username and no password"))
        }
        (None, None) => Ok(None),
        (Some(_), Some(_)) if tls == Tls::None && !is_local(host) => Err(section.missing(
            "a password would cross the network readable with tls = \"none\"; use \"starttls\" or \"implicit\"",
        )),
        (Some(username), Some(password)) => Ok(Some(Login {
            username,
            password,
            auth: auth.unwrap_or_default(),
        })),
        (Some(_), None) => Err(section.missing(
            "[mail.smtp] has a username but no password; add password_file = \"/etc/tcpw.password\"",
        )),
        (None, Some(_)) => Err(section.missing("[mail.smtp] has a password but no username")),
    }
}

/// Whether the server is this machine, so that nothing crosses a network.
fn is_local(host: &str) -> bool {
    matches!(host, "localhost" | "127.0.0.1" | "::1")
}
