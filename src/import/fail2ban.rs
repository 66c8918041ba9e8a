//! The database of fail2ban: the bans of all jails, in the table `bips` that it has since version 0.11.
//!
//! The file is opened read-only; nothing that stands in its schema is run: what it names `bips` must be
//! an ordinary table, and functions that are not harmless are off.

use crate::import::address::masked;
use crate::import::entry::{Entry, EntryVerdict, Origin, Whom};
use crate::import::intake::Intake;
use crate::import::notes::SourcePlace;
use crate::import::words::shown;
use rusqlite::config::DbConfig;
use rusqlite::types::ValueRef;
use rusqlite::{Connection, OpenFlags, OptionalExtension as _, Row};
use std::collections::HashMap;
use std::collections::hash_map::Entry as HashEntry;
use std::path::Path;
use std::rc::Rc;
use std::time::Duration;

/// How long another program may keep the database.
const PATIENCE: Duration = Duration::from_secs(10);
/// The largest database that is read, in bytes: no value in it takes more memory.
const LARGEST: u64 = 1 << 30;
/// How many bytes the name of a jail may have in the comment of a rule.
const JAIL: usize = 48;

/// Reads the bans.
///
/// # Errors
/// In words, when it cannot be read or is not such a database.
pub(crate) fn read(path: &Path, intake: &mut Intake<'_>) -> Result<(), String> {
    if !path.is_file() {
        return Err("it is not a file: give the database, such as \
                    /var/lib/fail2ban/fail2ban.sqlite3"
            .to_owned());
    }
    let size = path.metadata().map_err(|error| error.to_string())?.len();
    if size > LARGEST {
        return Err("it is larger than a gibibyte".to_owned());
    }
    let database = open(path).map_err(|error| format!("it cannot be opened: {error}"))?;
    let not_one =
        |error: rusqlite::Error| format!("it cannot be read as a database of fail2ban: {error}");
    let kind: Option<(String, String)> = database
        .query_row(
            "SELECT type, sql FROM sqlite_schema WHERE name = 'bips'",
            [],
            |row| Ok((row.get(0)?, row.get(1)?)),
        )
        .optional()
        .map_err(not_one)?;
    match kind {
        None => {
            return Err(
                "it has no table `bips`: it is not a database of fail2ban 0.11 or newer".to_owned(),
            );
        }
        Some((kind, sql)) => {
            let sql = sql.trim_start().to_ascii_uppercase();
            if kind != "table" || !sql.starts_with("CREATE TABLE") {
                return Err(
                    "its `bips` is not an ordinary table: fail2ban did not write it".to_owned(),
                );
            }
        }
    }
    let mut bans = database
        .prepare("SELECT ip, jail, timeofban, bantime FROM bips ORDER BY timeofban, rowid")
        .map_err(not_one)?;
    let mut rows = bans.query([]).map_err(not_one)?;
    let mut jails = HashMap::new();
    let mut number = 0;
    while let Some(row) = rows.next().map_err(not_one)? {
        number += 1;
        match ban(row, &mut jails, intake) {
            Ok(entry) => intake.take(entry),
            Err(what) => intake.fault(&SourcePlace::Element(number), &what),
        }
    }
    Ok(())
}

fn open(path: &Path) -> rusqlite::Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let database = Connection::open_with_flags(path, flags)?;
    database.busy_timeout(PATIENCE)?;
    database.set_db_config(DbConfig::SQLITE_DBCONFIG_DEFENSIVE, true)?;
    database.set_db_config(DbConfig::SQLITE_DBCONFIG_TRUSTED_SCHEMA, false)?;
    database.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_VIEW, false)?;
    Ok(database)
}

/// What rules of a jail have in common: its daemons, and by whom they are.
type Jail = (Option<Rc<[String]>>, Rc<str>);

fn ban(
    row: &Row<'_>,
    jails: &mut HashMap<String, Jail>,
    intake: &Intake<'_>,
) -> Result<Entry, String> {
    let address = text(row, 0)?;
    let name = text(row, 1)?;
    let number = |at| match row.get_ref(at) {
        Ok(ValueRef::Integer(number)) => Ok(number),
        Ok(_) | Err(_) => Err("a time in it is not a number".to_owned()),
    };
    let (begin, length) = (number(2)?, number(3)?);
    let network = masked(address).map_err(|why| format!("`{}`: {why}", shown(address)))?;
    let is_name = |one: char| !one.is_control() && !one.is_whitespace();
    if name.is_empty() || name.len() > JAIL || !name.chars().all(is_name) {
        return Err(format!("`{}` is not the name of a jail", shown(name)));
    }
    let (daemons, by) = match jails.entry(name.to_owned()) {
        HashEntry::Occupied(jail) => jail.into_mut(),
        HashEntry::Vacant(place) => place.insert(jail(name, intake)?),
    };
    Ok(Entry {
        verdict: EntryVerdict::Deny,
        whom: Whom::Ranges(vec![network]),
        daemons: daemons.clone(),
        origin: Origin {
            since: Some(begin),
            // A length below zero is a ban without end.
            until: (length >= 0).then(|| begin.saturating_add(length)),
            by: Some(Rc::clone(by)),
            reason: None,
        },
    })
}

/// What is known of a jail. Who names the daemons of some means no others silently.
fn jail(name: &str, intake: &Intake<'_>) -> Result<Jail, String> {
    let daemons = match intake.daemon_at(name) {
        Ok(daemon) => Some(Rc::from([daemon.to_owned()])),
        Err(why) if !intake.terms.ports.is_empty() && intake.terms.daemons.is_empty() => {
            return Err(format!(
                "{why}, and no -d NAME what jails are for without one"
            ));
        }
        Err(_) => None,
    };
    Ok((daemons, Rc::from(format!("fail2ban/{name}"))))
}

fn text<'r>(row: &'r Row<'_>, at: usize) -> Result<&'r str, String> {
    match row.get_ref(at) {
        Ok(ValueRef::Text(text)) => {
            str::from_utf8(text).map_err(|_| "it is not text in UTF-8".to_owned())
        }
        Ok(_) | Err(_) => Err("an address or a jail in it is not text".to_owned()),
    }
}
