//! The mail settings that `tcpw setup` writes into the configuration.

use crate::cli::base::{Failure, LanguageChoice};
use crate::config::{Endpoint, Setting, Wanted, smtp_says};
use crate::escape::visible;
use clap::{Args, ValueEnum};
use std::path::{Path, PathBuf};

/// Where the password for a server comes from.
const PASSWORDS: [&str; 4] = [
    "password_file",
    "password_command",
    "password_credential",
    "password",
];
/// What else is true of one server only.
const OF_ONE_SERVER: [&str; 2] = ["auth", "fingerprint"];

/// How and to whom alerts are mailed.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Mail")]
pub(crate) struct MailOptions {
    /// Who gets alerts about refused clients; may be repeated
    #[arg(long, value_name = "ADDRESS")]
    pub(super) mail_to: Vec<String>,
    /// The sender [default: tcpw@ this machine]
    #[arg(long, value_name = "ADDRESS")]
    pub(super) mail_from: Option<String>,
    /// Who gets a copy (Cc); may be repeated
    #[arg(long, value_name = "ADDRESS")]
    pub(super) mail_cc: Vec<String>,
    /// The subject of the mails, with fields such as {addr} and {daemon} (tcpw.toml(5))
    #[arg(long, value_name = "TEXT")]
    pub(super) mail_subject: Option<String>,
    /// A file to attach to each mail; may be repeated
    #[arg(long, value_name = "FILE")]
    pub(super) mail_attach: Vec<PathBuf>,
    /// Send mail to this server: a name, name:port or `smtps://name`
    #[arg(long, value_name = "HOST", conflicts_with = "sendmail")]
    pub(super) smtp_host: Option<String>,
    /// Its port [default: 587 with starttls, 465 with implicit, 25 with none]
    #[arg(long, value_name = "PORT", value_parser = clap::value_parser!(u16).range(1..))]
    pub(super) smtp_port: Option<u16>,
    /// How the connection to it is protected [default: starttls]
    #[arg(long, value_enum, value_name = "HOW")]
    pub(super) tls: Option<Protection>,
    /// The user name there
    #[arg(long, value_name = "NAME")]
    pub(super) username: Option<String>,
    /// The file whose first line is the password; only its owner may read it
    #[arg(long, value_name = "FILE")]
    pub(super) password_file: Option<PathBuf>,
    /// The certificates (PEM) to trust instead of the system's
    #[arg(long, value_name = "FILE")]
    pub(super) ca_file: Option<PathBuf>,
    /// Hand mail to this program of the local mail system
    #[arg(long, value_name = "PROGRAM", num_args = 0..=1, require_equals = true)]
    #[arg(default_missing_value = crate::config::DEFAULT_SENDMAIL)]
    pub(super) sendmail: Option<PathBuf>,
    /// Send no mail: keep each as a file
    #[arg(long, conflicts_with_all = ["mail_to", "mail_from", "mail_cc", "smtp_host", "sendmail"])]
    pub(super) no_mail: bool,
    /// The language of the mails [default: en]
    #[arg(long, value_enum, value_name = "LANGUAGE")]
    pub(super) language: Option<LanguageChoice>,
    /// Do not send a test mail at the end; none is sent where the mail settings stay as they are
    #[arg(long)]
    pub(super) no_test_mail: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Protection {
    /// By the STARTTLS command, required
    Starttls,
    /// From the first byte
    Implicit,
    /// Not at all
    None,
}

impl MailOptions {
    /// The settings they stand for, where the configuration says `text`.
    pub(super) fn wanted(&self, text: &str) -> Result<Vec<Wanted>, Failure> {
        let mut wanted = Vec::new();
        let mut add = |table, key, value| wanted.push(Wanted { table, key, value });
        let config = text;
        let text = |text: &str| Setting::Text(text.to_owned());
        let way = if self.no_mail {
            Some("file")
        } else if self.sendmail.is_some() {
            Some("sendmail")
        } else if self.smtp_host.is_some() {
            Some("smtp")
        } else {
            None
        };
        if let Some(way) = way {
            add("mail", "transport", text(way));
        }
        wanted.extend(self.letter()?);
        let mut add = |table, key, value| wanted.push(Wanted { table, key, value });
        if let Some(program) = &self.sendmail {
            add("mail", "sendmail", path("--sendmail", program)?);
        }
        if let Some(host) = &self.smtp_host {
            self.check_port(host)?;
            add("mail.smtp", "host", text(host));
            // What is said of the server before is not said of this one.
            for key in self.defaults(host, config) {
                add("mail.smtp", key, Setting::Absent);
            }
        }
        if let Some(port) = self.smtp_port {
            add("mail.smtp", "port", Setting::Number(port));
        }
        if let Some(tls) = self.tls {
            let tls = match tls {
                Protection::Starttls => "starttls",
                Protection::Implicit => "implicit",
                Protection::None => "none",
            };
            add("mail.smtp", "tls", text(tls));
        }
        if let Some(name) = &self.username {
            add("mail.smtp", "username", text(name));
        }
        if let Some(file) = &self.password_file {
            add("mail.smtp", "password_file", path("--password-file", file)?);
        }
        if let Some(file) = &self.ca_file {
            add("mail.smtp", "ca_file", path("--ca-file", file)?);
        }
        Ok(wanted)
    }

    /// The keys of a server that are left out, where this one is named: its port and its protection,
    /// which have defaults; and, where the configuration names another one, the login and the
    /// certificates of that.
    fn defaults(&self, host: &str, config: &str) -> Vec<&'static str> {
        let mut keys = Vec::new();
        keys.extend(self.smtp_port.is_none().then_some("port"));
        keys.extend(self.tls.is_none().then_some("tls"));
        let name = |text: &str| Endpoint::parse(text.trim()).map(|it| it.host);
        let is_other = smtp_says(config, "host").is_some_and(|before| name(&before) != name(host));
        if is_other {
            keys.extend(OF_ONE_SERVER);
            keys.extend(self.username.is_none().then_some("username"));
            keys.extend(self.ca_file.is_none().then_some("ca_file"));
            if self.password_file.is_none() {
                keys.extend(PASSWORDS);
            }
        }
        keys
    }

    /// The port and the protection must not contradict the name.
    fn check_port(&self, host: &str) -> Result<(), Failure> {
        let Ok(told) = Endpoint::parse(host) else {
            // The configuration says what is wrong with it.
            return Ok(());
        };
        let is_other = |one: Option<u16>| self.smtp_port.zip(one).is_some_and(|(a, b)| a != b);
        if is_other(told.port) {
            let told = told.port.unwrap_or_default();
            return Err(Failure::new(format_args!(
                "--smtp-host {host} says port {told}, and --smtp-port another one"
            ))
            .hint("leave one of the two out; nothing was changed"));
        }
        Ok(())
    }

    /// Those about the mails themselves.
    fn letter(&self) -> Result<Vec<Wanted>, Failure> {
        let mut wanted = Vec::new();
        let mut add = |table, key, value| wanted.push(Wanted { table, key, value });
        let text = |text: &str| Setting::Text(text.to_owned());
        if !self.mail_to.is_empty() {
            add("mail", "to", Setting::Texts(self.mail_to.clone()));
        }
        if let Some(from) = &self.mail_from {
            add("mail", "from", text(from));
        }
        if !self.mail_cc.is_empty() {
            add("mail", "cc", Setting::Texts(self.mail_cc.clone()));
        }
        if let Some(subject) = &self.mail_subject {
            add("mail", "subject", text(subject));
        }
        if !self.mail_attach.is_empty() {
            let files = self.mail_attach.iter();
            let files: Result<Vec<String>, Failure> =
                files.map(|file| whole("--mail-attach", file)).collect();
            add("mail", "attachments", Setting::Texts(files?));
        }
        if let Some(language) = self.language {
            let language = match language {
                LanguageChoice::En => "en",
                LanguageChoice::Ko => "ko",
            };
            add("mail", "language", text(language));
        }
        Ok(wanted)
    }
}

/// A path as the configuration takes it.
fn path(option: &str, path: &Path) -> Result<Setting, Failure> {
    whole(option, path).map(Setting::Text)
}

/// The text of an absolute path.
fn whole(option: &str, path: &Path) -> Result<String, Failure> {
    let shown = visible(path.as_os_str().as_encoded_bytes());
    match path.to_str() {
        Some(text) if path.is_absolute() => Ok(text.to_owned()),
        _ => Err(
            Failure::new(format_args!("{option} {shown} is not an absolute path"))
                .hint("give the whole path, from / on; nothing was changed"),
        ),
    }
}
