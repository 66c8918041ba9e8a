//! Reading the secrets that only root can read, before this process becomes another user.

use crate::alert::transport::password::fetch;
use crate::config::{ChannelSettings, Config, Login, Password, TransportSettings};
use std::path::Path;
use std::time::Duration;

/// Puts what the password files and systemd's credentials of `config` say in place of their names, as
/// far as they can be read; what cannot be read is asked for again, and its error told, when it is
/// needed. No program is run.
pub fn read_secrets(config: &mut Config, credentials: Option<&Path>) {
    let logins: Vec<&mut Login> = match &mut config.mail.transport {
        TransportSettings::Smtp(servers) => {
            let logins = servers.iter_mut().map(|server| server.login.as_mut());
            logins.flatten().collect()
        }
        TransportSettings::File { .. } | TransportSettings::Sendmail { .. } => Vec::new(),
    };
    let mut secrets: Vec<&mut Password> = logins
        .into_iter()
        .map(|login| &mut login.password)
        .collect();
    for channel in &mut config.channels {
        match channel {
            ChannelSettings::Webhook(webhook) => secrets.extend(&mut webhook.secret),
            ChannelSettings::Command(_) => {}
        }
    }
    for secret in secrets {
        let is_kept = matches!(secret, Password::File(_) | Password::Credential(_));
        if is_kept && let Ok(found) = fetch(secret, credentials, Duration::ZERO) {
            *secret = Password::Literal(found);
        }
    }
}
