//! What the arguments and the configuration say about the database.

use super::args::{AdminArgs, AdminSecret};
use super::failure::Failure;
use crate::database::{Address, connect};
use postgres::Client;
use std::env;
use tcpw::alert::transport::fetch_secret;
use tcpw::config::Password;

/// Connects as whoever looks after the database.
///
/// # Errors
/// When the URL or the password cannot be read, or nobody answers.
pub(super) fn admin(args: &AdminArgs) -> Result<Client, Failure> {
    admin_at(&args.database, &args.secret)
}

/// Connects as whoever looks after the database at `url`.
///
/// # Errors
/// As [`admin`].
pub(super) fn admin_at(url: &str, secret: &AdminSecret) -> Result<Client, Failure> {
    let mut address = Address::parse(url)?;
    if let Some(file) = &secret.password_file {
        let source = Password::File(file.clone());
        let word = fetch_secret(&source, None).map_err(Failure::Told)?;
        address = address.with_password(&word.0);
    } else if let Ok(word) = env::var("PGPASSWORD")
        && !address.has_password()
    {
        address = address.with_password(&word);
    }
    Ok(connect(&address)?)
}
