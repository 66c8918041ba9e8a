//! Connecting to the database.

use super::address::Address;
use super::fault::FleetError;
use super::tls::Maker;
use postgres::{Client, NoTls};

/// Connects. What a search path of the login or the database would find first is never asked: all
/// that this program names, it names with its schema.
///
/// # Errors
/// When a file of TLS cannot be used, nobody answers, the certificate is not trusted, or the login is
/// refused.
pub fn connect(address: &Address) -> Result<Client, FleetError> {
    let connected = match &address.tls {
        Some(files) => address.config.connect(Maker::new(files)?),
        None => address.config.connect(NoTls),
    };
    connected.map_err(FleetError::Connect)
}
