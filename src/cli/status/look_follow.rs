//! Names that rules follow, and that could not be resolved for too long.

use super::reasons::reason_of;
use crate::cli::base::Paths;
use crate::cli::machine::follow_state::{FollowState, FollowedName};
use crate::config::Follow;
use crate::escape::visible;
use crate::status::{StatusProblem, UtcTime};
use chrono::{DateTime, Utc};
use std::collections::BTreeSet;

/// The names that nobody could resolve for longer than their grace, or why that cannot be said.
pub(super) fn look(
    names: &BTreeSet<String>,
    settings: &Follow,
    now: DateTime<Utc>,
    paths: &Paths,
) -> Result<Vec<StatusProblem>, String> {
    if names.is_empty() {
        return Ok(Vec::new());
    }
    let state = FollowState::read(paths)
        .map_err(|cause| reason_of("when the names that rules follow were resolved", &cause))?;
    let known = names.iter().filter_map(|name| {
        let known = state.names.get(name)?;
        let since = last(known);
        let grace = i64::try_from(settings.grace.as_secs()).unwrap_or(i64::MAX);
        // Also where nobody has asked any more.
        let is_over = now.timestamp().saturating_sub(since) >= grace;
        is_over.then(|| StatusProblem::Unresolved {
            name: visible(name.as_bytes()),
            since: UtcTime(DateTime::from_timestamp(since, 0).unwrap_or_default()),
            trouble: match &known.trouble {
                Some(trouble) => visible(trouble.as_bytes()),
                None => "nobody has asked for it".to_owned(),
            },
        })
    });
    Ok(known.collect())
}

/// When a name was resolved last, or since when that was tried.
fn last(known: &FollowedName) -> i64 {
    let since = known.succeeded.or(known.failing_since);
    since.unwrap_or(known.asked)
}
