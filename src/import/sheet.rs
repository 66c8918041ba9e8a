//! Values separated by commas: the rows of `tcpw export --to csv`, or one column with clients.

use crate::import::address::whom;
use crate::import::entry::{Entry, Origin};
use crate::import::intake::Intake;
use crate::import::notes::SourcePlace;
use crate::import::rule::ImportedRule;
use crate::import::words::shown;
use crate::metadata::is_time;
use csv::{ReaderBuilder, StringRecord};
use std::io::{self, BufRead};

/// Reads a table. With the columns `table`, `daemons` and `clients` its rows are rules, as
/// `tcpw apply` reads them; else the terms name the column of the clients.
///
/// # Errors
/// When it cannot be read; inside, in words, when it has no such column.
pub(crate) fn read(
    input: &mut dyn BufRead,
    intake: &mut Intake<'_>,
) -> io::Result<Result<(), String>> {
    let mut reader = ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .from_reader(input);
    let mut records = reader.records();
    let Some(first) = records.next() else {
        return Ok(Err("it has no line".to_owned()));
    };
    let first = match first {
        Ok(first) => first,
        Err(error) => return Ok(Err(error.to_string())),
    };
    let columns = match Columns::of(&first, intake.terms.column.as_deref()) {
        Ok(columns) => columns,
        Err(why) => return Ok(Err(why)),
    };
    let mut line = 1;
    if !columns.is_named() {
        row(&columns, &first, line, intake);
    }
    for record in records {
        match record {
            Ok(record) => {
                line = record.position().map_or(line + 1, csv::Position::line);
                row(&columns, &record, line, intake);
            }
            Err(error) => {
                let place = error
                    .position()
                    .map_or(SourcePlace::Whole, |at| SourcePlace::Line(at.line()));
                if matches!(error.kind(), csv::ErrorKind::Io(_)) {
                    return Err(io::Error::other(error.to_string()));
                }
                intake.fault(&place, "the line is not text in UTF-8");
            }
        }
    }
    Ok(Ok(()))
}

/// Where the values are.
enum Columns {
    /// Of rules, by the names of the columns.
    Rules(Vec<String>),
    /// Of clients alone, and whether the first line has names.
    Clients { at: usize, is_named: bool },
}

/// What a row of rules may have; `tcpw list` prints the last ones too, and they are not read.
const KEYS: [&str; 14] = [
    "table", "daemons", "clients", "options", "since", "until", "by", "follow", "reason", "access",
    "writer", "file", "line", "resolved",
];

impl Columns {
    fn of(first: &StringRecord, column: Option<&str>) -> Result<Self, String> {
        let names: Vec<String> = first
            .iter()
            .map(|name| name.trim().to_ascii_lowercase())
            .collect();
        let has = |name: &str| names.iter().any(|one| one == name);
        let Some(column) = column else {
            if !["table", "daemons", "clients"].into_iter().all(has) {
                return Err(
                    "it has no columns `table`, `daemons` and `clients`: name the column of the \
                            clients with --column"
                        .to_owned(),
                );
            }
            return match names.iter().find(|name| !KEYS.contains(&name.as_str())) {
                Some(name) => Err(format!("`{}` is not a column of rules", shown(name))),
                None => Ok(Self::Rules(names)),
            };
        };
        if let Ok(number) = column.parse::<usize>() {
            let at = number.checked_sub(1).ok_or("columns are counted from 1")?;
            let is_named = first.get(at).is_some_and(|text| whom(text.trim()).is_err());
            return Ok(Self::Clients { at, is_named });
        }
        let at = names
            .iter()
            .position(|name| name.eq_ignore_ascii_case(column));
        let at = at.ok_or_else(|| format!("its first line has no column `{}`", shown(column)))?;
        Ok(Self::Clients { at, is_named: true })
    }

    fn is_named(&self) -> bool {
        match self {
            Self::Rules(_) => true,
            Self::Clients { is_named, .. } => *is_named,
        }
    }
}

fn row(columns: &Columns, record: &StringRecord, line: u64, intake: &mut Intake<'_>) {
    let place = SourcePlace::Line(line);
    let taken = match columns {
        Columns::Rules(names) => rule(names, record).map(|rule| intake.take_rule(rule)),
        Columns::Clients { at, .. } => {
            client(record.get(*at), intake).map(|entry| intake.take(entry))
        }
    };
    if let Err(what) = taken {
        intake.fault(&place, &what);
    }
}

fn client(text: Option<&str>, intake: &Intake<'_>) -> Result<Entry, String> {
    let text = text.ok_or("the line has no such column")?.trim();
    let whom = whom(text).map_err(|why| format!("`{}`: {why}", shown(text)))?;
    Ok(Entry {
        origin: Origin::default(),
        ..Entry::new(intake.list_verdict()?, whom)
    })
}

fn rule(names: &[String], record: &StringRecord) -> Result<ImportedRule, String> {
    if record.len() != names.len() {
        return Err(format!(
            "it has {} values, and there are {} columns",
            record.len(),
            names.len()
        ));
    }
    let mut rule = ImportedRule::default();
    for (name, value) in names.iter().zip(record) {
        let given = || (!value.is_empty()).then(|| value.to_owned());
        match name.as_str() {
            "table" => {
                rule.is_allow = match value {
                    "allow" => true,
                    "deny" => false,
                    other => return Err(format!("`{}` is not a table", shown(other))),
                }
            }
            "daemons" => value.clone_into(&mut rule.daemons),
            "clients" => value.clone_into(&mut rule.clients),
            "options" => value.clone_into(&mut rule.options),
            "since" => rule.since = given(),
            "until" => rule.until = given(),
            "by" => rule.by = given(),
            "follow" => rule.follow = given(),
            "reason" => rule.reason = given(),
            _ => {}
        }
    }
    for time in [&rule.since, &rule.until].into_iter().flatten() {
        if !is_time(time) {
            return Err(format!(
                "`{}` is not a time such as 2026-12-31T00:00:00Z",
                shown(time)
            ));
        }
    }
    Ok(rule)
}
