//! The configuration, or what to do about it.

use crate::cli::base::{Context, Failure, Paths};
use crate::config::{self, Config, ConfigError, ConfigProblem, Lint, TransportSettings};
use crate::system::keep_secrets;
use std::net::IpAddr;
use std::path::{Path, PathBuf};

/// Reads the configuration of this run; the paths in it lie below `--root`.
pub(crate) fn load(paths: &Paths) -> Result<Config, Failure> {
    read(paths, &|path| paths.inside(path))
}

/// Reads the configuration of this run, its paths as they are written: for a rule that will be
/// used where the root is `/`.
pub(crate) fn load_as_written(paths: &Paths) -> Result<Config, Failure> {
    read(paths, &Path::to_path_buf)
}

/// What the linter is told; nothing if this user may not read the default configuration.
pub(crate) fn load_lint(context: &mut Context) -> Result<Lint, Failure> {
    Ok(load_part("lint", context)?.map_or_else(Lint::default, |config| config.lint))
}

/// Who must still get in after a change; likewise.
pub(crate) fn load_keep_in(context: &mut Context) -> Result<Vec<IpAddr>, Failure> {
    Ok(load_part("guard", context)?.map_or_else(Vec::new, |config| config.keep_in))
}

/// The configuration for the sake of one table; nothing if this user may not read the default one.
fn load_part(table: &str, context: &mut Context) -> Result<Option<Config>, Failure> {
    let paths = &context.paths;
    keep_secrets();
    let loaded = config::load(&paths.config, paths.config_is_given, &Path::to_path_buf);
    match loaded {
        Ok(config) => Ok(Some(config)),
        Err(error) if error.is_permission() && !paths.config_is_given => {
            let note = format!("{error}; its [{table}] settings are ignored");
            context.out.note(&note)?;
            Ok(None)
        }
        Err(error) => Err(wrong(&error)),
    }
}

fn read(paths: &Paths, place: &dyn Fn(&Path) -> PathBuf) -> Result<Config, Failure> {
    // It may hold passwords.
    keep_secrets();
    config::load(&paths.config, paths.config_is_given, place).map_err(|error| wrong(&error))
}

/// What to do about a configuration that cannot be used.
fn wrong(error: &ConfigError) -> Failure {
    let hint = match error.reason {
        ConfigProblem::Read(_) => "name a configuration that exists and that you may read",
        ConfigProblem::Distrusted(_) => "run the commands that are named, then repeat this",
        ConfigProblem::TooLarge
        | ConfigProblem::Exposed { .. }
        | ConfigProblem::Syntax(_)
        | ConfigProblem::UnknownKey { .. }
        | ConfigProblem::Type { .. }
        | ConfigProblem::Value { .. }
        | ConfigProblem::Address { .. }
        | ConfigProblem::Missing(_) => "tcpw.toml(5) describes every key",
    };
    Failure::new(error).hint(hint)
}

/// Says that mails go nowhere, if the configuration names no way out.
pub(crate) fn note_embedded(config: &Config, context: &mut Context) -> Result<(), Failure> {
    let TransportSettings::File { directory } = &config.mail.transport else {
        return Ok(());
    };
    if config.mail.has_way {
        return Ok(());
    }
    let (toml, mails) = (context.paths.config.display(), directory.display());
    context.out.note(&format!(
        "no mail.transport in {toml}: mails are saved as files in {mails}, NOT sent"
    ))
}
