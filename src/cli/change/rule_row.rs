//! A rule as programs read and write it: what `grammar/apply.schema.json` says.

use crate::cli::base::Failure;
use crate::editor::{Declared, Label, Listed};
use crate::engine::TableName;
use crate::escape::visible;
use crate::import::ImportedRule;
use crate::metadata::is_time;
use serde::de::value::MapAccessDeserializer;
use serde::de::{IgnoredAny, MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};
use std::fmt::{self, Display, Formatter};

/// A rule. What else `tcpw list` prints says where it was found, and is not read; a key that it does
/// not print may be a misspelt one of these.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RuleRow {
    pub(crate) table: String,
    pub(crate) daemons: String,
    pub(crate) clients: String,
    #[serde(default)]
    pub(crate) options: String,
    pub(crate) since: Option<String>,
    pub(crate) until: Option<String>,
    pub(crate) by: Option<String>,
    pub(crate) follow: Option<String>,
    pub(crate) reason: Option<String>,
    #[serde(default, rename = "access", skip_serializing)]
    _access: IgnoredAny,
    #[serde(default, rename = "writer", skip_serializing)]
    _writer: IgnoredAny,
    #[serde(default, rename = "file", skip_serializing)]
    _file: IgnoredAny,
    #[serde(default, rename = "line", skip_serializing)]
    _line: IgnoredAny,
    #[serde(default, rename = "resolved", skip_serializing)]
    _resolved: IgnoredAny,
}

/// A table as rows name it.
pub(crate) fn table_word(table: TableName) -> &'static str {
    match table {
        TableName::Allow => "allow",
        TableName::Deny => "deny",
    }
}

impl RuleRow {
    /// The names of what is written, in its order.
    pub(crate) const KEYS: [&str; 9] = [
        "table", "daemons", "clients", "options", "since", "until", "by", "follow", "reason",
    ];

    fn new(table: TableName, [daemons, clients, options]: [String; 3], label: Label) -> Self {
        let Label {
            since,
            until,
            by,
            follow,
            reason,
        } = label;
        Self {
            table: table_word(table).to_owned(),
            daemons,
            clients,
            options,
            since,
            until,
            by,
            follow,
            reason,
            _access: IgnoredAny,
            _writer: IgnoredAny,
            _file: IgnoredAny,
            _line: IgnoredAny,
            _resolved: IgnoredAny,
        }
    }

    /// A rule of a table.
    pub(crate) fn of(rule: &Listed) -> Self {
        let texts = [&rule.daemons, &rule.clients, &rule.options];
        Self::new(
            rule.place.table,
            texts.map(String::clone),
            rule.label.clone().unwrap_or_default(),
        )
    }

    /// A rule that another program has.
    pub(crate) fn of_import(rule: &ImportedRule) -> Self {
        let table = if rule.is_allow {
            TableName::Allow
        } else {
            TableName::Deny
        };
        let texts = [&rule.daemons, &rule.clients, &rule.options];
        let label = Label {
            since: rule.since.clone(),
            until: rule.until.clone(),
            by: rule.by.clone(),
            follow: rule.follow.clone(),
            reason: rule.reason.clone(),
        };
        Self::new(table, texts.map(String::clone), label)
    }

    /// The table; nothing if the row names none.
    pub(crate) fn table(&self) -> Option<TableName> {
        [TableName::Allow, TableName::Deny]
            .into_iter()
            .find(|table| self.table == table_word(*table))
    }

    /// One line of JSON.
    pub(crate) fn json(&self) -> Result<String, Failure> {
        serde_json::to_string(self).map_err(Failure::new)
    }

    /// The rule as it is wanted, the `number`th of its list.
    pub(crate) fn declared(self, number: usize) -> Declared {
        let label = Label {
            since: self.since,
            until: self.until,
            by: self.by,
            follow: self.follow,
            reason: self.reason,
        };
        Declared {
            number,
            daemons: self.daemons,
            clients: self.clients,
            options: self.options,
            label: (label != Label::default()).then_some(label),
        }
    }

    /// What is wrong with it, in words.
    fn fault(&self) -> Option<String> {
        if self.table().is_none() {
            return Some(format!("`{}` is not a table", self.table));
        }
        let times = [("since", &self.since), ("until", &self.until)];
        times.into_iter().find_map(|(key, time)| {
            let time = time.as_ref().filter(|time| !is_time(time))?;
            Some(format!(
                "{key}: `{time}` is not a time as 2026-11-23T19:30:00Z"
            ))
        })
    }
}

/// Why a list is not read: which of its rules, and what is wrong with it.
fn wrong(source: &str, number: usize, what: &dyn Display) -> Failure {
    let what = visible(what.to_string().as_bytes());
    Failure::new(format_args!("{source}: rule {number}: {what}"))
}

/// The rules of a list of JSON: one object after another, or one array of them.
///
/// # Errors
/// When it is not what the schema says; where it is not, with the name `source`.
pub(crate) fn json_rows(text: &str, source: &str) -> Result<Vec<RuleRow>, Failure> {
    if text.trim_start().starts_with('[') {
        let rows: Vec<Object> =
            serde_json::from_str(text).map_err(|error| wrong(source, 1, &error))?;
        return checked(rows.into_iter().map(|row| row.0).collect(), source);
    }
    let rows = serde_json::Deserializer::from_str(text)
        .into_iter()
        .enumerate()
        .map(|(at, row)| match row {
            Ok(Object(row)) => Ok(row),
            Err(error) => Err(wrong(source, at + 1, &error)),
        });
    checked(rows.collect::<Result<_, _>>()?, source)
}

/// A rule as an object: its values alone, in an array, are not one.
struct Object(RuleRow);

impl<'de> Deserialize<'de> for Object {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Keys).map(Self)
    }
}

/// Reads keys and values.
struct Keys;

impl<'de> Visitor<'de> for Keys {
    type Value = RuleRow;

    fn expecting(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        formatter.write_str("a rule as an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<RuleRow, A::Error> {
        RuleRow::deserialize(MapAccessDeserializer::new(map))
    }
}

/// The rules of a list of CSV, whose first line has the keys.
///
/// # Errors
/// As [`json_rows`].
pub(crate) fn csv_rows(text: &str, source: &str) -> Result<Vec<RuleRow>, Failure> {
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let rows = reader
        .deserialize()
        .enumerate()
        .map(|(at, row)| row.map_err(|error: csv::Error| wrong(source, at + 1, &error)));
    checked(rows.collect::<Result<_, _>>()?, source)
}

fn checked(rows: Vec<RuleRow>, source: &str) -> Result<Vec<RuleRow>, Failure> {
    let faults = rows.iter().map(RuleRow::fault);
    let first = faults
        .enumerate()
        .find_map(|(at, fault)| Some((at, fault?)));
    match first {
        Some((at, fault)) => Err(wrong(source, at + 1, &fault)),
        None => Ok(rows),
    }
}
