//! What the arguments and the configuration say about the database.

use super::args::{AdminArgs, AdminSecret};
use super::failure::Failure;
use crate::database::{Address, connect, connect_within};
use postgres::Client;
use std::env;
use std::path::{Path, PathBuf};
use std::time::Duration;
use tcpw::alert::transport::fetch_secret;
use tcpw::config::{Config, Password, load};
use tcpw_event::places::CONFIGURATION;

/// Connects as whoever looks after the database.
///
/// # Errors
/// When the URL or the password cannot be read, or nobody answers.
pub(super) fn admin(args: &AdminArgs) -> Result<Client, Failure> {
    Ok(connect(&address(&args.database, &args.secret)?)?)
}

/// Connects likewise, as a program that waits for no answer longer than `limit`.
///
/// # Errors
/// As [`admin`].
pub(super) fn admin_within(args: &AdminArgs, limit: Duration) -> Result<Client, Failure> {
    let address = address(&args.database, &args.secret)?;
    Ok(connect_within(&address, limit)?)
}

/// Connects as whoever looks after the database at `url`.
///
/// # Errors
/// As [`admin`].
pub(super) fn admin_at(url: &str, secret: &AdminSecret) -> Result<Client, Failure> {
    Ok(connect(&address(url, secret)?)?)
}

fn address(url: &str, secret: &AdminSecret) -> Result<Address, Failure> {
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
    Ok(address)
}

/// This machine as one of many.
#[derive(Debug)]
pub(super) struct Here {
    /// Its configuration.
    pub(super) config: Config,
    /// The database.
    pub(super) address: Address,
    /// The name of this host, which is its login.
    pub(super) host: String,
}

/// The configuration; one that was named must be there.
///
/// # Errors
/// When it cannot be read, or says something wrong.
pub(super) fn settings(named: Option<&Path>) -> Result<Config, Failure> {
    let path = named.unwrap_or(Path::new(CONFIGURATION));
    let place = |path: &Path| path.to_path_buf();
    load(path, named.is_some(), &place).map_err(|error| Failure::Told(error.to_string()))
}

/// What the configuration says of this machine and its database.
///
/// # Errors
/// When it cannot be read or names no database, or the password cannot be read.
pub(super) fn here(config: Option<&Path>) -> Result<Here, Failure> {
    let path = config.unwrap_or(Path::new(CONFIGURATION));
    let config = settings(config)?;
    let Some(url) = &config.fleet.database else {
        return Err(Failure::Told(format!(
            "{} names no database; write [fleet] database = \"postgres://HOST@SERVER/tcpw\" (tcpw.toml(5))",
            path.display()
        )));
    };
    let mut address = Address::parse(url)?;
    let Some(host) = address.user().map(str::to_owned) else {
        return Err(Failure::Told(
            "[fleet] database names no user; it is the name of this host".to_owned(),
        ));
    };
    if let Some(source) = &config.fleet.password {
        let credentials = env::var_os("CREDENTIALS_DIRECTORY").map(PathBuf::from);
        let word = fetch_secret(source, credentials.as_deref()).map_err(Failure::Told)?;
        address = address.with_password(&word.0);
    }
    Ok(Here {
        config,
        address,
        host,
    })
}
