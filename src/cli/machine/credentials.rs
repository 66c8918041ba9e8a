//! What the units must have from systemd because the configuration names a credential
//! (`systemd.exec(5)`, `LoadCredential`).

use super::hardening::texts_of;
use super::unit_files::{DELIVER, REPORT, UNIT_DIRECTORY};
use crate::cli::base::{Context, Failure, Paths};
use crate::config::{ChannelSettings, Config, Password, Smtp, TransportSettings};
use std::path::Path;

const DROP_IN: &str = "credentials.conf";
/// Where systemd keeps credentials, as they are and encrypted, and the settings that load them.
const STORES: [(&str, &str); 2] = [
    ("/etc/credstore", "LoadCredential"),
    ("/etc/credstore.encrypted", "LoadCredentialEncrypted"),
];
const HEADER: &str = "# A drop-in for what /etc/tcpw.toml has as a credential: tcpw install-alert \
                      --systemd writes it, or removes it.\n[Service]\n";

/// A credential that the configuration names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Credential {
    /// The key that names it.
    key: String,
    name: String,
}

/// All that `config` names, each once.
pub(crate) fn of(config: &Config) -> Vec<Credential> {
    let servers: &[Smtp] = match &config.mail.transport {
        TransportSettings::Smtp(servers) => servers,
        TransportSettings::File { .. } | TransportSettings::Sendmail { .. } => &[],
    };
    let mut found: Vec<Credential> = Vec::new();
    let mut add = |key: String, secret: &Password| {
        let Password::Credential(name) = secret else {
            return;
        };
        if found.iter().all(|known| known.name != *name) {
            let name = name.clone();
            found.push(Credential { key, name });
        }
    };
    for login in servers.iter().filter_map(|server| server.login.as_ref()) {
        add("mail.smtp.password_credential".to_owned(), &login.password);
    }
    for channel in &config.channels {
        match channel {
            ChannelSettings::Webhook(webhook) => {
                if let Some(secret) = &webhook.secret {
                    let name = &webhook.name;
                    add(
                        format!("[[alert.webhook]] {name} secret_credential"),
                        secret,
                    );
                }
            }
            ChannelSettings::Command(_) => {}
        }
    }
    found
}

impl Credential {
    /// Whether it can stand in a unit as it is.
    fn is_plain(&self) -> bool {
        let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
        !self.name.is_empty() && self.name.bytes().all(is_plain)
    }

    /// The line that loads it, if it is in one of the stores.
    fn line(&self, paths: &Paths) -> Option<String> {
        let name = &self.name;
        let store = STORES.iter().find(|(store, _)| {
            let path = format!("{store}/{name}");
            self.is_plain() && paths.inside(Path::new(&path)).is_file()
        });
        store.map(|(store, setting)| format!("{setting}={name}:{store}/{name}\n"))
    }

    /// Whether a unit or somebody's drop-in has it already.
    fn is_had(&self, service: &str, paths: &Paths) -> bool {
        let texts = texts_of(service, paths).unwrap_or_default();
        let settings = ["LoadCredential", "SetCredential"];
        texts.lines().any(|line| {
            let is_setting = settings.iter().any(|setting| line.starts_with(setting));
            let value = line.split_once('=').map_or("", |(_, value)| value);
            is_setting && value.split(':').next() == Some(&*self.name)
        })
    }
}

/// The drop-in that loads what is in systemd's store; nothing if that is nothing.
pub(crate) fn drop_in(credentials: &[Credential], paths: &Paths) -> Option<String> {
    let lines: String = credentials
        .iter()
        .filter_map(|one| one.line(paths))
        .collect();
    (!lines.is_empty()).then(|| format!("{HEADER}{lines}"))
}

/// Where the drop-in of each service is.
pub(crate) fn drop_ins() -> impl Iterator<Item = String> {
    [DELIVER, REPORT]
        .into_iter()
        .map(|service| format!("{UNIT_DIRECTORY}/{service}.d/{DROP_IN}"))
}

/// Says which are missing, and what to type.
pub(crate) fn explain(credentials: &[Credential], context: &mut Context) -> Result<(), Failure> {
    let paths = context.paths.clone();
    for credential in credentials
        .iter()
        .filter(|one| !one.is_had(DELIVER, &paths))
    {
        let Credential { key, name } = credential;
        let [(store, setting), _] = STORES;
        let help = if credential.is_plain() {
            format!(
                "put it into {store}/{name} (root, mode 600) and run tcpw install-alert --systemd \
                 again"
            )
        } else {
            format!("write {setting}= into a drop-in with systemctl edit {DELIVER}")
        };
        context.out.note(&format!(
            "{key} = \"{name}\": no unit has this credential; {help}"
        ))?;
    }
    Ok(())
}
