//! The configuration, or what to do about it.

use super::failure::Failure;
use super::paths::Paths;
use crate::config::{self, Config};

/// Reads the configuration of this run.
pub(super) fn load(paths: &Paths) -> Result<Config, Failure> {
    config::load(&paths.config, paths.config_is_given, &|path| {
        paths.inside(path)
    })
    .map_err(|error| {
        Failure::new(&error).hint("tcpw.toml(5) describes every key; nothing was sent")
    })
}
