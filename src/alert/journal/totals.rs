//! How many events there have ever been, by daemon and verdict: those in the journal, and those that
//! it has forgotten, so that the numbers never fall.

use crate::alert::journal::database::{Journal, JournalError};
use crate::alert::journal::values::{bytes, count, number, text};
use rusqlite::{Connection, OptionalExtension as _, Transaction, params};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::net::IpAddr;

/// Where the events that were forgotten are counted.
const FORGOTTEN: &str = "forgotten events";
/// What stands for daemons whose name others than root have given, or that is no name.
const OTHER: &str = "other";
/// No longer name is one of a daemon (`TASK_COMM_LEN` is 16).
const LONGEST: usize = 32;
/// The verdicts, by the numbers that the journal has for them.
const VERDICTS: [&str; 3] = ["unknown", "denied", "granted"];

/// Events of one daemon with one verdict.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventTotal {
    /// The daemon, as root has reported it; `other` for what others report, and for what is no name:
    /// an address is none.
    pub daemon: String,
    /// `denied`, `granted` or `unknown`.
    pub verdict: &'static str,
    /// How many.
    pub count: u64,
}

/// One count as the journal keeps it.
#[derive(Debug, Serialize, Deserialize)]
struct Kept {
    daemon: String,
    verdict: usize,
    count: u64,
}

/// Counts by daemon and verdict.
type Totals = BTreeMap<(String, usize), u64>;

/// The daemon as it is counted: others than root can report any number of names.
fn label(name: &[u8], is_roots: bool) -> &str {
    let is_plain = |byte: &u8| byte.is_ascii_alphanumeric() || b"._-+@".contains(byte);
    let text = str::from_utf8(name).unwrap_or_default();
    let is_name = !text.is_empty()
        && text.len() <= LONGEST
        && name.iter().all(is_plain)
        && !name
            .iter()
            .all(|byte| byte.is_ascii_digit() || b".-".contains(byte))
        && text.parse::<IpAddr>().is_err();
    if is_roots && is_name { text } else { OTHER }
}

/// Adds the events of which `condition` holds.
fn add(database: &Connection, condition: &str, totals: &mut Totals) -> rusqlite::Result<()> {
    let sql = format!(
        "SELECT coalesce(texts.bytes, x''), verdict, is_roots, number FROM
             (SELECT daemon, verdict, uid = 0 AS is_roots, count(*) AS number FROM events
              WHERE {condition} GROUP BY 1, 2, 3)
         LEFT JOIN texts ON texts.id = daemon"
    );
    let mut query = database.prepare(&sql)?;
    let mut rows = query.query([])?;
    while let Some(row) = rows.next()? {
        let name = bytes(row, 0)?;
        let daemon = label(&name, number(row, 2)? != 0).to_owned();
        let verdict = usize::try_from(number(row, 1)?).unwrap_or(0);
        *totals.entry((daemon, verdict)).or_default() += count(row, 3)?;
    }
    Ok(())
}

/// What was forgotten until now.
fn forgotten(database: &Connection) -> rusqlite::Result<Totals> {
    let kept: Option<String> = database
        .prepare_cached("SELECT value FROM facts WHERE name = ?1")?
        .query_row([FORGOTTEN], |row| text(row, 0))
        .optional()?;
    // Counts that damage has changed begin again, as Prometheus expects of counters.
    let kept: Vec<Kept> = kept
        .and_then(|kept| serde_json::from_str(&kept).ok())
        .unwrap_or_default();
    let counts = kept.into_iter();
    Ok(counts
        .map(|kept| ((kept.daemon, kept.verdict), kept.count))
        .collect())
}

/// Counts the events of which `condition` holds and which are about to be forgotten.
///
/// # Errors
/// When the database cannot be written.
pub(super) fn count_going(transaction: &Transaction<'_>, condition: &str) -> rusqlite::Result<()> {
    let mut totals = Totals::new();
    add(transaction, condition, &mut totals)?;
    if totals.is_empty() {
        return Ok(());
    }
    for (key, count) in forgotten(transaction)? {
        *totals.entry(key).or_default() += count;
    }
    let kept: Vec<Kept> = totals
        .into_iter()
        .map(|((daemon, verdict), count)| Kept {
            daemon,
            verdict,
            count,
        })
        .collect();
    let text = serde_json::to_string(&kept).unwrap_or_default();
    transaction
        .prepare_cached("INSERT OR REPLACE INTO facts (name, value) VALUES (?1, ?2)")?
        .execute(params![FORGOTTEN, text])?;
    Ok(())
}

impl Journal {
    /// How many events there have ever been; each event counts once.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn event_totals(&mut self) -> Result<Vec<EventTotal>, JournalError> {
        self.run("read", |database| {
            // Nothing may be forgotten between the two.
            let transaction =
                database.transaction_with_behavior(rusqlite::TransactionBehavior::Deferred)?;
            let mut totals = forgotten(&transaction)?;
            add(&transaction, "TRUE", &mut totals)?;
            let of = |((daemon, verdict), count): ((String, usize), u64)| EventTotal {
                daemon,
                verdict: VERDICTS.get(verdict).copied().unwrap_or("unknown"),
                count,
            };
            Ok(totals.into_iter().map(of).collect())
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_or_the_word_of_others_is_no_label() {
        for (name, is_roots, expected) in [
            ("sshd", true, "sshd"),
            ("in.tftpd", true, "in.tftpd"),
            ("sshd", false, OTHER),
            ("192.0.2.7", true, OTHER),
            ("2001:db8::1", true, OTHER),
            ("::ffff:192.0.2.7", true, OTHER),
            ("192.0.2", true, OTHER),
            ("192-0-2-7", true, OTHER),
            ("", true, OTHER),
            ("a b", true, OTHER),
            ("x\"} 1\n", true, OTHER),
            ("abcdefghijklmnopqrstuvwxyzabcdefghijkl", true, OTHER),
        ] {
            assert_eq!(label(name.as_bytes(), is_roots), expected, "{name}");
        }
    }
}
