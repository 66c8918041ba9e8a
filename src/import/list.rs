//! Plain lists: an address, a network, a range or a name on each line, and comments.

use crate::import::address::whom;
use crate::import::entry::{Entry, Origin};
use crate::import::input::each_line;
use crate::import::intake::Intake;
use crate::import::notes::SourcePlace;
use crate::import::words::shown;
use chrono::DateTime;
use std::io::{self, BufRead};

/// Reads a list. A comment begins with `#` or `;`; `until=2026-12-31T00:00:00Z` in it is an end.
///
/// # Errors
/// When it cannot be read.
pub(crate) fn read(input: &mut dyn BufRead, intake: &mut Intake<'_>) -> io::Result<()> {
    let verdict = match intake.list_verdict() {
        Ok(verdict) => verdict,
        Err(what) => {
            intake.fault(&SourcePlace::Whole, &what);
            return Ok(());
        }
    };
    each_line(input, &mut |place, line| {
        let taken = line.map_err(str::to_owned).and_then(|line| {
            let (text, comment) = parts(line);
            if text.is_empty() {
                return Ok(None);
            }
            let whom = whom(text).map_err(|why| format!("`{}`: {why}", shown(text)))?;
            let origin = Origin {
                until: end(comment)?,
                reason: intake.reason(comment),
                ..Origin::default()
            };
            Ok(Some(Entry {
                origin,
                ..Entry::new(verdict, whom)
            }))
        });
        match taken {
            Ok(entry) => entry.into_iter().for_each(|entry| intake.take(entry)),
            Err(what) => intake.fault(&place, &what),
        }
    })
}

/// What stands before a comment, and the comment.
pub(crate) fn parts(line: &str) -> (&str, &str) {
    let (text, comment) = line.split_once(['#', ';']).unwrap_or((line, ""));
    (text.trim(), comment.trim_start_matches(['#', ';']).trim())
}

/// The end that a comment gives.
fn end(comment: &str) -> Result<Option<i64>, String> {
    let mut ends = comment
        .split_whitespace()
        .filter_map(|word| word.strip_prefix("until="));
    let Some(end) = ends.next() else {
        return Ok(None);
    };
    if ends.next().is_some() {
        return Err("`until=` is there twice".to_owned());
    }
    DateTime::parse_from_rfc3339(end)
        .map(|time| Some(time.timestamp()))
        .map_err(|_| {
            format!(
                "`until={}` is not a time such as 2026-12-31T00:00:00Z",
                shown(end)
            )
        })
}
