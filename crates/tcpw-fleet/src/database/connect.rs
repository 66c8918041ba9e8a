//! Connecting to the database.

use super::address::Address;
use super::fault::FleetError;
use super::tls::Maker;
use postgres::{Client, NoTls};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::thread::Builder;
use std::time::Duration;

/// Connects. What a search path of the login or the database would find first is never asked: all
/// that this program names, it names with its schema. To log in may take three times what a connection
/// may (`connect_timeout`); an answer after that may take any time.
///
/// # Errors
/// When a file of TLS cannot be used, nobody answers, the certificate is not trusted, or the login is
/// refused.
pub fn connect(address: &Address) -> Result<Client, FleetError> {
    log_in(address, None)
}

/// Connects as a program that must not wait for ever: each answer after the login may take as long as
/// `limit`, where TLS is spoken.
///
/// # Errors
/// As [`connect`].
pub fn connect_within(address: &Address, limit: Duration) -> Result<Client, FleetError> {
    log_in(address, Some(limit))
}

fn log_in(address: &Address, limit: Option<Duration>) -> Result<Client, FleetError> {
    let whole = address.patience().saturating_mul(3);
    let address = address.clone();
    let (sender, receiver) = channel();
    // The library waits for the first answer of the server however long that takes. A thread that still
    // waits then ends with the program.
    let run = move || drop(sender.send(connect_with(&address, limit)));
    Builder::new()
        .name("connect".to_owned())
        .spawn(run)
        .map_err(|cause| FleetError::System(format!("cannot start a thread: {cause}")))?;
    receiver.recv_timeout(whole).unwrap_or_else(|error| {
        Err(match error {
            RecvTimeoutError::Timeout => FleetError::Silent(whole.as_secs()),
            RecvTimeoutError::Disconnected => {
                FleetError::System("the thread that connects ended early".to_owned())
            }
        })
    })
}

fn connect_with(address: &Address, limit: Option<Duration>) -> Result<Client, FleetError> {
    let connected = match &address.tls {
        Some(files) => address.config.connect(Maker::new(files, limit)?),
        None => address.config.connect(NoTls),
    };
    connected.map_err(FleetError::Connect)
}
