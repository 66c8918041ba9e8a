//! Connecting to the database.

use super::address::Address;
use super::fault::FleetError;
use super::tls::Maker;
use postgres::{Client, NoTls};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::thread::Builder;
use std::time::Duration;

/// Connects. What a search path of the login or the database would find first is never asked: all
/// that this program names, it names with its schema.
///
/// # Errors
/// When a file of TLS cannot be used, nobody answers, the certificate is not trusted, or the login is
/// refused.
pub fn connect(address: &Address) -> Result<Client, FleetError> {
    connect_with(address, None)
}

/// Connects as a program that must not wait for ever: to log in may take three times what a connection
/// may (`connect_timeout`), and each answer after that as long as `limit`, where TLS is spoken.
///
/// # Errors
/// As [`connect`], and when it takes too long.
pub fn connect_within(address: &Address, limit: Duration) -> Result<Client, FleetError> {
    let whole = address.patience().saturating_mul(3);
    let address = address.clone();
    let (sender, receiver) = channel();
    // The library waits for the first answer of the server however long that takes. A thread that still
    // waits then ends with the program.
    let run = move || drop(sender.send(connect_with(&address, Some(limit))));
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
