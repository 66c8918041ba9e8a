//! The configuration, or what to do about it.

use super::failure::Failure;
use super::paths::Paths;
use crate::config::{self, Config};
use std::path::{Path, PathBuf};

/// Reads the configuration of this run; the paths in it lie below `--root`.
pub(super) fn load(paths: &Paths) -> Result<Config, Failure> {
    read(paths, &|path| paths.inside(path))
}

/// Reads the configuration of this run, its paths as they are written: for a rule that will be
/// used where the root is `/`.
pub(super) fn load_as_written(paths: &Paths) -> Result<Config, Failure> {
    read(paths, &Path::to_path_buf)
}

fn read(paths: &Paths, place: &dyn Fn(&Path) -> PathBuf) -> Result<Config, Failure> {
    config::load(&paths.config, paths.config_is_given, place)
        .map_err(|error| Failure::new(&error).hint("tcpw.toml(5) describes every key"))
}
