//! From TOML to settings: every key, its type, its default and what it may not be.

use super::alert::{self, Alert};
use super::error::{ConfigError, ConfigProblem};
use super::fleet::{self, Fleet};
use super::follow::{self, Follow};
use super::keys::known;
use super::letter::{self, Geo};
use super::lint_code::Lint;
use super::mailbox::Mailbox;
use super::secret::Password;
use super::section::{Section, Source};
use super::settings::{
    Config, DEFAULT_DROP, DEFAULT_MAIL, DEFAULT_SENDMAIL, MailSettings, Retention,
    TransportSettings,
};
use super::{channel, smtp};
use crate::span::LineIndex;
use crate::values::Language;
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;
use tcpw_event::places::default_journal;
use tcpw_event::ways::root_way_beside;
use toml::de::DeTable;

/// What `mail.subject` may have in braces.
const FIELDS: [&str; 5] = ["host", "addr", "daemon", "server", "count"];
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
        source.error(
            &(at..at),
            ConfigProblem::Syntax("is not UTF-8 text".to_owned()),
        )
    })?;
    let document = DeTable::parse(text).map_err(|error| {
        let at = error.span().unwrap_or(0..0);
        let message = error.message().trim().replace('\n', ", ");
        source.error(&at, ConfigProblem::Syntax(message))
    })?;
    let top = Section::new(&source, document.get_ref(), 0..0, "", known(""))?;
    let (mail, holds_password) = match top.section("mail", "mail", known("mail"))? {
        Some(section) => mail(&section, place)?,
        None => (Config::default_at(place).mail, false),
    };
    let channels = match top.section("alert", "alert", known("alert"))? {
        Some(section) => channel::channels(&section, place)?,
        None => Vec::new(),
    };
    let holds_secret = channels.iter().any(channel::ChannelSettings::holds_secret);
    let journal = match top.section("journal", "journal", known("journal"))? {
        Some(section) => section.path("path")?.map(|path| place(&path)),
        None => None,
    };
    let (drop, root_drop) = drops(&top)?;
    let fleet = fleet(&top, place)?;
    Ok(Config {
        mail,
        channels,
        has_journal: journal.is_some(),
        journal: journal.unwrap_or_else(|| default_journal(place)),
        retention: retention(&top)?,
        alert: match top.section("alert", "alert", known("alert"))? {
            Some(section) => alert::alert(&section)?,
            None => Alert::default(),
        },
        geo: match top.section("geo", "geo", known("geo"))? {
            Some(section) => letter::geo(&section, place)?,
            None => Geo::default(),
        },
        drop: place(&drop),
        root_drop: place(&root_drop),
        lint: lint(&top)?,
        keep_in: keep_in(&top)?,
        follow: match top.section("follow", "follow", known("follow"))? {
            Some(section) => follow::follow(&section)?,
            None => Follow::default(),
        },
        status_group: status_group(&top)?,
        holds_password: holds_password || holds_secret || fleet.holds_password(),
        fleet,
    })
}

/// The way in of everybody, and that of root, which is beside it unless another one is named.
fn drops(top: &Section<'_>) -> Result<(PathBuf, PathBuf), ConfigError> {
    let section = top.section("drop", "drop", known("drop"))?;
    let (drop, root) = match &section {
        Some(section) => (section.path("path")?, section.path("root")?),
        None => (None, None),
    };
    let drop = drop.unwrap_or_else(|| DEFAULT_DROP.into());
    let root_drop = root.unwrap_or_else(|| root_way_beside(&drop));
    match section.filter(|_| root_drop == drop) {
        Some(section) => Err(section.bad_value(
            "root",
            "must be another directory than path: everybody may write to that one",
        )),
        None => Ok((drop, root_drop)),
    }
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

fn fleet(top: &Section<'_>, place: Place<'_>) -> Result<Fleet, ConfigError> {
    match top.section("fleet", "fleet", known("fleet"))? {
        Some(section) => fleet::fleet(&section, place),
        None => Ok(Fleet::default()),
    }
}

/// The group that may read the saved status, by its name.
fn status_group(top: &Section<'_>) -> Result<Option<String>, ConfigError> {
    match top.section("status", "status", known("status"))? {
        Some(section) => section.text("group"),
        None => Ok(None),
    }
}

fn mail(section: &Section<'_>, place: Place<'_>) -> Result<(MailSettings, bool), ConfigError> {
    let servers = smtp::servers(section, place)?;
    let holds_password = servers
        .iter()
        .filter_map(|server| server.login.as_ref())
        .any(|login| matches!(login.password, Password::Literal(_)));
    let ways = [
        ("smtp", Way::Smtp),
        ("sendmail", Way::Sendmail),
        ("file", Way::File),
    ];
    let default_way = if servers.is_empty() {
        Way::File
    } else {
        Way::Smtp
    };
    let directory = section.path("file_dir")?;
    let program = section.path("sendmail")?;
    let chosen = section.choice("transport", &ways)?;
    let has_way = chosen.is_some() || directory.is_some() || !servers.is_empty();
    let transport = match chosen.unwrap_or(default_way) {
        Way::File => TransportSettings::File {
            directory: place(directory.as_deref().unwrap_or(Path::new(DEFAULT_MAIL))),
        },
        Way::Sendmail => TransportSettings::Sendmail {
            program: place(program.as_deref().unwrap_or(Path::new(DEFAULT_SENDMAIL))),
            timeout: SENDMAIL_PATIENCE,
        },
        Way::Smtp if servers.is_empty() => {
            let text = "transport \"smtp\" needs a [mail.smtp] table with host = \"...\"";
            return Err(section.missing(text));
        }
        Way::Smtp => TransportSettings::Smtp(servers),
    };
    let languages = [("en", Language::English), ("ko", Language::Korean)];
    let own = own_address(&transport);
    let mut mail = MailSettings {
        from: sender(section)?.or_else(|| own.clone()),
        to: section.mailboxes("to")?,
        cc: section.mailboxes("cc")?,
        bcc: section.mailboxes("bcc")?,
        subject: subject(section)?,
        language: section.choice("language", &languages)?.unwrap_or_default(),
        transport,
        has_way,
        attachments: section
            .paths("attachments")?
            .iter()
            .map(|path| place(path))
            .collect(),
        form: letter::form(section, place)?,
    };
    if mail.to.is_empty() && mail.cc.is_empty() && mail.bcc.is_empty() {
        mail.to.extend(own);
    }
    let nobody = mail.to.is_empty() && mail.cc.is_empty() && mail.bcc.is_empty();
    if nobody && !matches!(mail.transport, TransportSettings::File { .. }) {
        return Err(section.missing("[mail] names nobody: add to = \"you@example.org\""));
    }
    Ok((mail, holds_password))
}

/// The subject, in which only these fields are known.
fn subject(section: &Section<'_>) -> Result<Option<String>, ConfigError> {
    let Some(subject) = section.text("subject")? else {
        return Ok(None);
    };
    let fields = subject.split('{').skip(1).filter_map(|rest| {
        let (name, _) = rest.split_once('}')?;
        let is_word = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | ' ' | '.');
        name.chars().all(is_word).then_some(name)
    });
    for name in fields {
        if !FIELDS.contains(&name) {
            let known: Vec<String> = FIELDS.iter().map(|field| format!("{{{field}}}")).collect();
            let known = known.join(", ");
            let problem = format!(
                "has the unknown field {{{name}}}; known are {known}; templates with more go into subject_template"
            );
            return Err(section.bad_value("subject", problem));
        }
    }
    Ok(Some(subject))
}

/// Who logs in, where that is a mail address: most providers take mails of no other sender.
fn own_address(transport: &TransportSettings) -> Option<Mailbox> {
    let TransportSettings::Smtp(servers) = transport else {
        return None;
    };
    let login = servers.first()?.login.as_ref()?;
    Mailbox::parse(&login.username)
        .ok()
        .filter(|mailbox| mailbox.name.is_none())
}

fn sender(section: &Section<'_>) -> Result<Option<Mailbox>, ConfigError> {
    let mut senders = section.mailboxes("from")?;
    let first = senders.pop();
    if senders.is_empty() {
        return Ok(first);
    }
    Err(section.bad_value("from", "must be one address"))
}
