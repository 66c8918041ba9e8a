//! This machine as one of many whose events are in one database (`[fleet]`).

use super::error::ConfigError;
use super::secret::{self, Keys, Password};
use super::section::Section;
use std::path::{Path, PathBuf};
use std::time::Duration;

pub(super) const FLEET: &[&str] = &[
    "database",
    "password_file",
    "password_command",
    "password_credential",
    "password",
    "full",
    "counters",
    "mail",
    "own_after",
    "gather",
    "silent",
    "keep",
    "keep_hourly",
];

/// How a URL of a database begins.
const SCHEMES: [&str; 2] = ["postgres://", "postgresql://"];
/// Where the password comes from.
const PASSWORD: Keys = Keys {
    file: "password_file",
    command: "password_command",
    credential: "password_credential",
    literal: "password",
    more_than_one: "[fleet] has more than one of password_file, password_command, password_credential and password; keep one",
};
/// More events of one source, daemon and hour are not written in full.
const MOST_FULL: u32 = 1_000_000;
/// The least time that something is kept, in seconds.
const LEAST_KEPT: u64 = 86_400;

/// The file in which a push leaves what it has done.
const DEFAULT_PUSHED: &str = "/var/lib/tcpw-fleet/pushed";

/// Who mails about the events of this machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum FleetMail {
    /// This machine itself.
    #[default]
    Own,
    /// The machine that runs `tcpw-fleet mail`.
    Fleet,
}

/// This machine as one of many.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fleet {
    /// The database, as a URL without a password; nothing where this machine is on its own.
    pub database: Option<String>,
    /// Where the password for the database comes from; nothing where a certificate is shown.
    pub password: Option<Password>,
    /// How many events of a source are sent in full, for each daemon and hour.
    pub full: u32,
    /// Whether all events are counted by hour.
    pub counters: bool,
    /// Who mails about them.
    pub mail: FleetMail,
    /// The file in which a push leaves what it has done.
    pub pushed: PathBuf,
    /// With [`FleetMail::Fleet`], how long after the last push that succeeded alerts are mailed from
    /// here again.
    pub own_after: Duration,
    /// How long `tcpw-fleet mail` gathers before it tells of a source.
    pub gather: Duration,
    /// A machine that the database did not hear of for so long is silent.
    pub silent: Duration,
    /// How long the database keeps events.
    pub keep: Duration,
    /// How long it keeps the counts of hours.
    pub keep_hourly: Duration,
}

impl Default for Fleet {
    fn default() -> Self {
        Self {
            database: None,
            password: None,
            full: 5,
            counters: true,
            mail: FleetMail::default(),
            pushed: DEFAULT_PUSHED.into(),
            own_after: Duration::from_secs(600),
            gather: Duration::from_secs(60),
            silent: Duration::from_secs(900),
            keep: Duration::from_secs(90 * 86_400),
            keep_hourly: Duration::from_secs(730 * 86_400),
        }
    }
}

impl Fleet {
    /// Whether the password stands in the configuration itself.
    pub(super) fn holds_password(&self) -> bool {
        matches!(self.password, Some(Password::Literal(_)))
    }
}

/// Reads `[fleet]`.
pub(super) fn fleet(
    section: &Section<'_>,
    place: &dyn Fn(&Path) -> PathBuf,
) -> Result<Fleet, ConfigError> {
    let defaults = Fleet::default();
    let mails = [("own", FleetMail::Own), ("fleet", FleetMail::Fleet)];
    let database = section.text("database")?;
    if let Some(problem) = database.as_deref().and_then(problem) {
        return Err(section.bad_value("database", problem));
    }
    Ok(Fleet {
        database,
        password: secret::source(section, &PASSWORD, place)?,
        full: section
            .number("full", 0..=MOST_FULL)?
            .unwrap_or(defaults.full),
        counters: section.flag("counters")?.unwrap_or(defaults.counters),
        mail: section.choice("mail", &mails)?.unwrap_or(defaults.mail),
        pushed: place(Path::new(DEFAULT_PUSHED)),
        own_after: section
            .duration("own_after", 1)?
            .unwrap_or(defaults.own_after),
        gather: section.duration("gather", 0)?.unwrap_or(defaults.gather),
        silent: section.duration("silent", 1)?.unwrap_or(defaults.silent),
        keep: section
            .duration("keep", LEAST_KEPT)?
            .unwrap_or(defaults.keep),
        keep_hourly: section
            .duration("keep_hourly", LEAST_KEPT)?
            .unwrap_or(defaults.keep_hourly),
    })
}

/// What is wrong with the URL of a database, as what follows the key.
fn problem(url: &str) -> Option<&'static str> {
    if !SCHEMES.iter().any(|scheme| url.starts_with(scheme)) {
        return Some("must be a URL such as \"postgres://web17@db.example.org/tcpw\"");
    }
    url_holds_password(url).then_some("holds a password: write it in password_file")
}

/// Whether the URL of a database holds a password, before its host or among its options.
pub(crate) fn url_holds_password(url: &str) -> bool {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let authority = rest.split(['/', '?']).next().unwrap_or_default();
    let login = authority.rsplit_once('@').map(|(login, _)| login);
    let options = rest.split_once('?').map_or("", |(_, options)| options);
    // Its name may have %XX, too; no other option that is known has.
    let is_password = |option: &str| {
        let name = option.split_once('=').map_or(option, |(name, _)| name);
        name == "password" || name.contains('%')
    };
    login.is_some_and(|login| login.contains(':')) || options.split('&').any(is_password)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_found_wherever_it_stands() {
        for held in [
            "postgres://h1:pw@db/x",
            "postgres://h1@db/x?password=pw",
            "postgres://h1@db/x?sslmode=verify-full&password=pw",
            "postgres://h1@db?password=pw",
            "postgresql://h1@db/x?passw%6Frd=pw",
        ] {
            assert!(problem(held).is_some(), "{held}");
        }
        for free in [
            "postgres://h1@db/x",
            "postgres://h1@db:5433/x?sslrootcert=/etc/password=.pem",
            "postgres://h1@/x?host=/run/a@b:c",
        ] {
            assert_eq!(problem(free), None, "{free}");
        }
    }
}
