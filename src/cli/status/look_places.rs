//! The files that the configuration names, and the drop directories as they are.

use super::reasons::reason_of_file;
use crate::alert::drop_misfit;
use crate::cli::base::Paths;
use crate::cli::machine::waiting::drops;
use crate::config::{ChannelSettings, Config, Password, TransportSettings};
use crate::escape::visible;
use crate::status::StatusProblem;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// What is wrong with the files and directories, and what of them could not be looked at.
pub(super) fn look(config: &Config, paths: &Paths) -> (Vec<StatusProblem>, Vec<String>) {
    let (mut problems, mut unread) = (Vec::new(), Vec::new());
    for (key, path) in named(config) {
        match fs::metadata(&path) {
            Ok(_) => {}
            Err(cause) if cause.kind() == io::ErrorKind::NotFound => {
                problems.push(StatusProblem::PathGone {
                    key: key.to_owned(),
                    path: shown(&path),
                });
            }
            Err(cause) => unread.push(reason_of_file(&path, &cause)),
        }
    }
    for drop in drops(None, paths, config) {
        match drop_misfit(&drop) {
            Ok(None) => {}
            // The first alert makes it.
            Err(cause) if cause.kind() == io::ErrorKind::NotFound => {}
            Ok(Some((found, wanted))) => problems.push(StatusProblem::DropMode {
                directory: shown(&drop),
                found: found.to_string(),
                wanted: wanted.to_string(),
            }),
            Err(cause) => unread.push(reason_of_file(&drop, &cause)),
        }
    }
    (problems, unread)
}

/// Each file that must be there, with the key that names it.
fn named(config: &Config) -> Vec<(&'static str, PathBuf)> {
    let mail = &config.mail;
    let mut found: Vec<(&'static str, PathBuf)> = Vec::new();
    let mut add = |key, path: Option<&PathBuf>| found.extend(path.map(|path| (key, path.clone())));
    add("mail.text_template", mail.form.text_template.as_ref());
    add("mail.html_template", mail.form.html_template.as_ref());
    add("geo.country", config.geo.country.as_ref());
    add("geo.asn", config.geo.asn.as_ref());
    for path in &mail.attachments {
        add("mail.attachments", Some(path));
    }
    match &mail.transport {
        TransportSettings::File { .. } => {}
        TransportSettings::Sendmail { program, .. } => add("mail.sendmail", Some(program)),
        TransportSettings::Smtp(servers) => {
            for server in servers {
                add("mail.smtp.ca_file", server.ca_file.as_ref());
                let password = server.login.as_ref().map(|login| &login.password);
                add("mail.smtp.password", password.and_then(file).as_ref());
            }
        }
    }
    for channel in &config.channels {
        match channel {
            ChannelSettings::Command(command) => {
                let program = command.argv.first().map(PathBuf::from);
                add("alert.command.argv", program.as_ref());
            }
            ChannelSettings::Webhook(webhook) => {
                add("alert.webhook.ca_file", webhook.ca_file.as_ref());
                let secret = webhook.secret.as_ref().and_then(file);
                add("alert.webhook.secret", secret.as_ref());
            }
        }
    }
    found
}

/// The file of a secret, or the program that prints it.
fn file(secret: &Password) -> Option<PathBuf> {
    match secret {
        Password::File(path) => Some(path.clone()),
        Password::Command(argv) => argv.first().map(PathBuf::from),
        Password::Credential(_) | Password::Literal(_) => None,
    }
}

fn shown(path: &Path) -> String {
    visible(path.as_os_str().as_encoded_bytes())
}
