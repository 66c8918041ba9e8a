//! What the history of changes says: which change waits to be confirmed, and which should be gone.

use super::reasons::reason;
use crate::cli::base::Paths;
use crate::cli::change::refusal::told;
use crate::editor::History;
use crate::status::{Looked, PendingChange, PendingLine, StatusProblem, UtcTime};
use crate::system::Moment;
use chrono::{DateTime, Utc};

/// How many seconds a change may stay after it was due: schedules come each minute.
const GRACE: i64 = 90;

/// What waits, and what is wrong with it.
pub(super) fn look(
    now: DateTime<Utc>,
    paths: &Paths,
    problems: &mut Vec<StatusProblem>,
) -> Looked<PendingLine> {
    let history = History::new(&paths.history);
    let open = match history.open_changes() {
        Ok(open) => open,
        Err(error) => return Looked::failed(reason("the history", &told(error))),
    };
    if history.is_cut_short() {
        problems.push(StatusProblem::CutShort);
    }
    let moment = Moment::at(now.timestamp());
    let mut changes = Vec::new();
    for (entry, terms) in open {
        let due = UtcTime(DateTime::from_timestamp(terms.due, 0).unwrap_or_default());
        // After a restart it is due whatever the clock shows.
        let late = now.timestamp().saturating_sub(terms.due);
        if terms.is_due(&moment) && !(0..GRACE).contains(&late) {
            problems.push(StatusProblem::Overdue {
                change: entry.number,
                due,
            });
        }
        changes.push(PendingChange {
            number: entry.number,
            due,
        });
    }
    Looked::At(PendingLine { changes })
}
