//! The program `tcpw-fleet`, asked about the database of many servers: what reads PostgreSQL is not
//! part of `tcpw`.

use crate::cli::base::{Context, Failure, background};
use crate::config::url_holds_password;
use crate::escape::{visible, visible_short};
use crate::report::{FleetQuery, FleetWanted};
use crate::system::{Ended, ask_program, find_program};
use chrono::{DateTime, Utc};
use std::io;
use std::path::PathBuf;
use std::time::Duration;

/// The program.
const PROGRAM: &str = "tcpw-fleet";
/// How long it may take.
const PATIENCE: Duration = Duration::from_secs(600);
/// As much of what it complains about is shown.
const SHOWN: usize = 600;

/// The URL of a database, as an argument.
#[derive(Clone)]
pub(crate) struct DatabaseUrl(String);

impl std::str::FromStr for DatabaseUrl {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let is_url = ["postgres://", "postgresql://"]
            .iter()
            .any(|scheme| text.starts_with(scheme));
        if is_url {
            Ok(Self(text.to_owned()))
        } else {
            Err("give a URL such as postgres://reader@db.example/tcpw".to_owned())
        }
    }
}

impl std::fmt::Debug for DatabaseUrl {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.shown())
    }
}

impl DatabaseUrl {
    fn has_password(&self) -> bool {
        url_holds_password(&self.0)
    }

    /// The database, without what opens it.
    pub(crate) fn shown(&self) -> String {
        let rest = self.0.split_once("://").map_or("", |(_, rest)| rest);
        let place = rest.split('?').next().unwrap_or_default();
        let place = place.rsplit_once('@').map_or(place, |(_, place)| place);
        visible(place.as_bytes())
    }
}

/// A time as the program is told it.
pub(crate) fn stamp(time: DateTime<Utc>) -> i64 {
    time.timestamp_micros()
}

/// Asks the database at `url`, and shows each line of the answer to `visit`.
///
/// # Errors
/// When the program is missing, or the database cannot be read.
pub(crate) fn ask(
    url: &DatabaseUrl,
    (since, until): (Option<i64>, Option<i64>),
    wanted: FleetWanted,
    visit: &mut dyn FnMut(&[u8]),
    context: &mut Context,
) -> Result<(), Failure> {
    if url.has_password() {
        context.out.note(
            "other users see the password in --from in the list of processes: put it into PGPASSWORD",
        )?;
    }
    let program = find().map_err(|_| {
        Failure::new("cannot read the database: the program tcpw-fleet is not installed").hint(
            "install tcpw-fleet, which speaks to PostgreSQL; tcpw looks for it beside itself first",
        )
    })?;
    let query = FleetQuery {
        url: url.0.clone(),
        since,
        until,
        wanted,
    };
    let failed = |why: &str| {
        Failure::new(format_args!(
            "cannot read the database {}: {why}",
            url.shown()
        ))
    };
    let question = serde_json::to_vec(&query).unwrap_or_default();
    let ended = ask_program(&program, &["read"], &question, PATIENCE, visit)
        .map_err(|cause| failed(&format!("{}: {cause}", program.display())))?;
    match ended {
        Ended::Exited(status, _) if status.success() => Ok(()),
        Ended::Exited(status, complaint) => {
            let complaint = complaint.strip_prefix("tcpw-fleet: ").unwrap_or(&complaint);
            let first = complaint.lines().next().unwrap_or_default();
            if first.is_empty() {
                return Err(failed(&format!("tcpw-fleet ended with {status}")));
            }
            let hints = complaint.lines().skip(1).map(str::trim);
            let hint = hints.collect::<Vec<_>>().join(" ");
            let failure = failed(&visible_short(first.as_bytes(), SHOWN));
            Err(if hint.is_empty() {
                failure
            } else {
                failure.hint(visible_short(hint.as_bytes(), SHOWN))
            })
        }
        Ended::TooLong => Err(failed("tcpw-fleet took longer than 10 minutes")),
    }
}

/// What to say of an answer that is not whole.
pub(crate) fn cut_short(url: &DatabaseUrl, why: Option<&str>) -> Failure {
    let why = why.unwrap_or("it ended early");
    Failure::new(format_args!(
        "cannot read the whole answer of tcpw-fleet about {}: {why}",
        url.shown()
    ))
    .hint("use a tcpw-fleet of the same version as tcpw")
}

/// Beside this program, or where the programs of the system are.
fn find() -> io::Result<PathBuf> {
    let beside = background::program()?.with_file_name(PROGRAM);
    if beside.is_file() {
        return Ok(beside);
    }
    find_program(PROGRAM)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_known_and_never_shown() {
        for (url, has_password, shown) in [
            ("postgres://a@db.example/tcpw", false, "db.example/tcpw"),
            ("postgres://a:p%40w@db:5433/tcpw", true, "db:5433/tcpw"),
            ("postgresql://a:p@w@db/tcpw?sslmode=x", true, "db/tcpw"),
            ("postgres://db/tcpw?password=w", true, "db/tcpw"),
            ("postgres:///tcpw?host=/run/a@b:c", false, "/tcpw"),
            ("postgres://\u{1b}[31m/x", false, "\\x1b[31m/x"),
        ] {
            let url: DatabaseUrl = url.parse().unwrap();
            assert_eq!(url.has_password(), has_password, "{url:?}");
            assert_eq!(url.shown(), shown);
            assert_eq!(format!("{url:?}"), shown);
        }
        assert!("mysql://db/x".parse::<DatabaseUrl>().is_err());
    }
}
