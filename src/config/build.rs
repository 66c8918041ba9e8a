//! From TOML to settings: every key, its type, its default and what it may not be.

use super::alert::{self, Alert};
use super::error::{ConfigError, Reason};
use super::letter::{self, Geo};
use super::mailbox::Mailbox;
use super::section::{Section, Source};
use super::settings::{
    Config, DEFAULT_DROP, DEFAULT_JOURNAL, DEFAULT_MAIL, DEFAULT_SENDMAIL, Language, Lint, Login,
    Mail, Password, Retention, Secret, Smtp, Tls, Transport,
};
use crate::span::LineIndex;
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;
use toml::de::DeTable;

/// Every key, by table; the manual page tcpw.toml(5) describes each of them.
pub const KEYS: &[(&str, &[&str])] = &[
    (
        "",
        &["mail", "journal", "drop", "lint", "guard", "alert", "geo"],
    ),
    ("mail", MAIL),
    ("mail.smtp", SMTP),
    ("journal", JOURNAL),
    ("drop", PATH),
    ("lint", LINT),
    ("guard", GUARD),
    ("alert", alert::ALERT),
    ("geo", letter::GEO),
    ("alert.rule", alert::RULE),
];
const MAIL: &[&str] = &[
    "from",
    "to",
    "cc",
    "bcc",
    "subject",
    "subject_template",
    "text_template",
    "html_template",
    "attach_events",
    "reverse_dns",
    "language",
    "transport",
    "attachments",
    "file_dir",
    "sendmail",
    "smtp",
];
const SMTP: &[&str] = &[
    "host",
    "port",
    "tls",
    "username",
    "password_file",
    "password_command",
    "password_credential",
    "password",
    "ca_file",
    "timeout",
];
const PATH: &[&str] = &["path"];
const JOURNAL: &[&str] = &["path", "keep", "max_size"];
const GUARD: &[&str] = &["keep_in"];
const LINT: &[&str] = &["select", "ignore", "per_path_ignore"];
const SENDMAIL_PATIENCE: Duration = Duration::from_secs(60);

#[derive(Clone, Copy)]
enum Way {
    File,
    Sendmail,
    Smtp,
}

type Place<'a> = &'a dyn Fn(&Path) -> PathBuf;

/// Reads the configuration in `bytes`, which came from `file`.
///
/// # Errors
/// At the first thing that is wrong, with its line and column.
pub fn parse(bytes: &[u8], file: &Path, place: Place<'_>) -> Result<Config, ConfigError> {
    let source = Source {
        file,
        lines: LineIndex::new(bytes),
    };
    let text = std::str::from_utf8(bytes).map_err(|error| {
        let at = error.valid_up_to();
        source.error(&(at..at), Reason::Syntax("is not UTF-8 text".to_owned()))
    })?;
    let document = DeTable::parse(text).map_err(|error| {
        let at = error.span().unwrap_or(0..0);
        let message = error.message().trim().replace('\n', ", ");
        source.error(&at, Reason::Syntax(message))
    })?;
    let top = Section::new(&source, document.get_ref(), 0..0, "", known(""))?;
    let (mail, holds_password) = match top.section("mail", "mail", known("mail"))? {
        Some(section) => mail(&section, place)?,
        None => (Config::default_at(place).mail, false),
    };
    let path_of = |table: &'static str, default: &str| -> Result<PathBuf, ConfigError> {
        let given = match top.section(table, table, known(table))? {
            Some(section) => section.path("path")?,
            None => None,
        };
        Ok(place(given.as_deref().unwrap_or(Path::new(default))))
    };
    Ok(Config {
        mail,
        journal: path_of("journal", DEFAULT_JOURNAL)?,
        retention: retention(&top)?,
        alert: match top.section("alert", "alert", known("alert"))? {
            Some(section) => alert::alert(&section)?,
            None => Alert::default(),
        },
        geo: match top.section("geo", "geo", known("geo"))? {
            Some(section) => letter::geo(&section, place)?,
            None => Geo::default(),
        },
        drop: path_of("drop", DEFAULT_DROP)?,
        lint: lint(&top)?,
        keep_in: keep_in(&top)?,
        holds_password,
    })
}

fn lint(top: &Section<'_>) -> Result<Lint, ConfigError> {
    let Some(section) = top.section("lint", "lint", known("lint"))? else {
        return Ok(Lint::default());
    };
    Ok(Lint {
        select: section.codes("select")?,
        ignore: section.codes("ignore")?,
        per_path_ignore: section.codes_by_name("per_path_ignore", "lint.per_path_ignore")?,
    })
}

fn retention(top: &Section<'_>) -> Result<Retention, ConfigError> {
    let defaults = Retention::default();
    let Some(section) = top.section("journal", "journal", known("journal"))? else {
        return Ok(defaults);
    };
    Ok(Retention {
        keep: section.duration("keep", 3600)?.unwrap_or(defaults.keep),
        max_size: section
            .size("max_size", 1 << 20)?
            .unwrap_or(defaults.max_size),
    })
}

fn keep_in(top: &Section<'_>) -> Result<Vec<IpAddr>, ConfigError> {
    let Some(section) = top.section("guard", "guard", known("guard"))? else {
        return Ok(Vec::new());
    };
    section.addresses("keep_in")
}

fn known(table: &str) -> &'static [&'static str] {
    KEYS.iter()
        .find(|(name, _)| *name == table)
        .map_or(&[], |(_, keys)| keys)
}

fn mail(section: &Section<'_>, place: Place<'_>) -> Result<(Mail, bool), ConfigError> {
    let smtp = match section.section("smtp", "mail.smtp", known("mail.smtp"))? {
        Some(section) => Some(smtp(&section, place)?),
        None => None,
    };
    let holds_password = smtp
        .as_ref()
        .and_then(|smtp| smtp.login.as_ref())
        .is_some_and(|login| matches!(login.password, Password::Literal(_)));
    let ways = [
        ("smtp", Way::Smtp),
        ("sendmail", Way::Sendmail),
        ("file", Way::File),
    ];
    let default_way = if smtp.is_some() { Way::Smtp } else { Way::File };
    let directory = section.path("file_dir")?;
    let program = section.path("sendmail")?;
    let transport = match section.choice("transport", &ways)?.unwrap_or(default_way) {
        Way::File => Transport::File {
            directory: place(directory.as_deref().unwrap_or(Path::new(DEFAULT_MAIL))),
        },
        Way::Sendmail => Transport::Sendmail {
            program: place(program.as_deref().unwrap_or(Path::new(DEFAULT_SENDMAIL))),
            timeout: SENDMAIL_PATIENCE,
        },
        Way::Smtp => Transport::Smtp(smtp.ok_or_else(|| {
            section.missing("transport \"smtp\" needs a [mail.smtp] table with host = \"...\"")
        })?),
    };
    let languages = [("en", Language::English), ("ko", Language::Korean)];
    let mail = Mail {
        from: sender(section)?,
        to: section.mailboxes("to")?,
        cc: section.mailboxes("cc")?,
        bcc: section.mailboxes("bcc")?,
        subject: section.text("subject")?,
        language: section.choice("language", &languages)?.unwrap_or_default(),
        transport,
        attachments: section
            .paths("attachments")?
            .iter()
            .map(|path| place(path))
            .collect(),
        form: letter::form(section, place)?,
    };
    let nobody = mail.to.is_empty() && mail.cc.is_empty() && mail.bcc.is_empty();
    if nobody && !matches!(mail.transport, Transport::File { .. }) {
        return Err(section.missing("[mail] names nobody: add to = \"you@example.org\""));
    }
    Ok((mail, holds_password))
}

fn sender(section: &Section<'_>) -> Result<Option<Mailbox>, ConfigError> {
    let mut senders = section.mailboxes("from")?;
    let first = senders.pop();
    if senders.is_empty() {
        return Ok(first);
    }
    Err(section.bad_value("from", "must be one address"))
}

fn smtp(section: &Section<'_>, place: Place<'_>) -> Result<Smtp, ConfigError> {
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
    Ok(Smtp {
        host: section
            .text("host")?
            .ok_or_else(|| section.missing("[mail.smtp] needs host = \"mail.example.org\""))?,
        port: port
            .and_then(|port| u16::try_from(port).ok())
            .unwrap_or(default_port),
        tls,
        login: login(section, tls, place)?,
        ca_file: section.path("ca_file")?.map(|path| place(&path)),
        timeout: Duration::from_secs(u64::from(section.number("timeout", 1..=600)?.unwrap_or(30))),
    })
}

fn login(section: &Section<'_>, tls: Tls, place: Place<'_>) -> Result<Option<Login>, ConfigError> {
    let mut command = section.texts("password_command")?;
    if let Some(program) = command.first_mut() {
        if !program.starts_with('/') {
            let problem = "must start with the absolute path of a program";
            return Err(section.bad_value("password_command", problem));
        }
        *program = place(Path::new(program)).display().to_string();
    }
    let credential = section.text("password_credential")?;
    if credential.as_ref().is_some_and(|name| name.contains('/')) {
        let problem = "is a name in $CREDENTIALS_DIRECTORY, without a slash";
        return Err(section.bad_value("password_credential", problem));
    }
    let mut sources = Vec::new();
    sources.extend(
        section
            .path("password_file")?
            .map(|path| Password::File(place(&path))),
    );
    sources.extend((!command.is_empty()).then_some(Password::Command(command)));
    sources.extend(credential.map(Password::Credential));
    sources.extend(
        section
            .text("password")?
            .map(|text| Password::Literal(Secret(text))),
    );
    let password = sources.pop();
    if !sources.is_empty() {
        return Err(section.missing(
            "[mail.smtp] has more than one of password_file, password_command, password_credential and password; keep one",
        ));
    }
    match (section.text("username")?, password) {
        (None, None) => Ok(None),
        (Some(_), Some(_)) if tls == Tls::None && !is_local(section)? => Err(section.missing(
            "a password would cross the network readable with tls = \"none\"; use \"starttls\" or \"implicit\"",
        )),
        (Some(username), Some(password)) => Ok(Some(Login { username, password })),
        (Some(_), None) => Err(section.missing(
            "[mail.smtp] has a username but no password; add password_file = \"/etc/tcpw.password\"",
        )),
        (None, Some(_)) => Err(section.missing("[mail.smtp] has a password but no username")),
    }
}

/// Whether the server is this machine, so that nothing crosses a network.
fn is_local(section: &Section<'_>) -> Result<bool, ConfigError> {
    let host = section.text("host")?.unwrap_or_default();
    Ok(matches!(host.as_str(), "localhost" | "127.0.0.1" | "::1"))
}
