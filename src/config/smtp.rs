//! `[mail.smtp]`, one server, or `[[mail.smtp]]`, several in order of preference.

use super::build::known;
use super::error::ConfigError;
use super::secret::{self, Keys};
use super::section::Section;
use super::settings::{Auth, Login, Password, Smtp, Tls};
use std::path::{Path, PathBuf};
use std::time::Duration;

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
    let tls = section
        .choice("tls", &protections)?
        .unwrap_or(Tls::StartTls);
    let default_port = match tls {
        Tls::None => 25,
        Tls::StartTls => 587,
        Tls::Implicit => 465,
    };
    let port = section.number("port", 1..=u32::from(u16::MAX))?;
    let host = section
        .text("host")?
        .ok_or_else(|| section.missing("[mail.smtp] needs host = \"mail.example.org\""))?;
    Ok(Smtp {
        login: login(section, tls, &host, place)?,
        host,
        port: port
            .and_then(|port| u16::try_from(port).ok())
            .unwrap_or(default_port),
        tls,
        ca_file: section.path("ca_file")?.map(|path| place(&path)),
        timeout: Duration::from_secs(u64::from(section.number("timeout", 1..=600)?.unwrap_or(30))),
    })
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
