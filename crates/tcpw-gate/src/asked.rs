//! Which databases a call asks.

use crate::call::Call;
use crate::fault::Fault;
use crate::label::{Edition, Label};
use crate::question::Question;
use crate::settings::Settings;
use crate::sources::Sources;
use chrono::{DateTime, Utc};

/// The databases that `call` asks, each once, as they are called.
///
/// # Errors
/// When one of them cannot be used.
pub fn asked(
    call: &Call,
    settings: &Settings,
    sources: &mut Sources,
    now: DateTime<Utc>,
) -> Result<Vec<Label>, Fault> {
    let mut question = Question {
        call,
        settings,
        sources,
        now,
    };
    let mut labels = Vec::new();
    for edition in Edition::ALL {
        if !call.asks(edition) {
            continue;
        }
        for path in question.databases(edition)? {
            let label = question.open(&path)?.label();
            if !labels.contains(label) {
                labels.push(label.clone());
            }
        }
    }
    Ok(labels)
}
