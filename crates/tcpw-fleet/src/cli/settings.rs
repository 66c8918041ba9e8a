//! The configuration of tcpw, as this program reads it.

use super::failure::Failure;
use std::path::Path;
use tcpw::config::{self, Config};

/// Where it is.
const DEFAULT: &str = "/etc/tcpw.toml";

/// Reads it; what was named must be there.
///
/// # Errors
/// When it cannot be read, or says something wrong.
pub(super) fn load(named: Option<&Path>) -> Result<Config, Failure> {
    let path = named.unwrap_or(Path::new(DEFAULT));
    let place = |path: &Path| path.to_owned();
    config::load(path, named.is_some(), &place).map_err(|error| Failure::Told(error.to_string()))
}
