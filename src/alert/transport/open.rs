//! The way out that the configuration asks for.

use crate::alert::transport::channel::{Channel, Transport};
use crate::alert::transport::command::CommandWay;
use crate::alert::transport::file::FileTransport;
use crate::alert::transport::sendmail::SendmailTransport;
use crate::alert::transport::smtp::SmtpTransport;
use crate::alert::transport::webhook::WebhookWay;
use crate::config;
use crate::system::full_host_name;
use std::path::Path;

/// The channel that the configuration asks for; `credentials` as for [`open`].
pub fn open_channel(
    settings: &config::ChannelSettings,
    credentials: Option<&Path>,
) -> Box<dyn Channel> {
    match settings {
        config::ChannelSettings::Command(command) => Box::new(CommandWay::new(command)),
        config::ChannelSettings::Webhook(webhook) => {
            Box::new(WebhookWay::new(webhook, credentials))
        }
    }
}

/// The transport that the configuration asks for. `host` is this machine's name; `credentials`
/// the directory of systemd's credentials, if there is one.
pub fn open(
    settings: &config::TransportSettings,
    host: &str,
    credentials: Option<&Path>,
) -> Box<dyn Transport> {
    match settings {
        config::TransportSettings::File { directory } => Box::new(FileTransport::new(directory)),
        config::TransportSettings::Sendmail { program, timeout } => {
            Box::new(SendmailTransport::new(program, *timeout))
        }
        config::TransportSettings::Smtp(servers) => {
            Box::new(SmtpTransport::new(servers, host, credentials).with_full_name(full_host_name))
        }
    }
}
