//! What several JSON objects about verdicts hold: a line of a table, and what a rule does.

use super::verdict_text::{located_by, place_by};
use crate::cli::machine::tables::TableFiles;
use crate::engine::{Cause, Effect};
use crate::escape::visible;
use serde::Serialize;

/// A line of a table; `text` is null where it is not a rule.
#[derive(Debug, Serialize)]
pub(crate) struct JsonPlace {
    file: String,
    line: u32,
    text: Option<String>,
}

impl JsonPlace {
    /// The line that is a cause.
    pub(crate) fn of(cause: &Cause, files: &TableFiles) -> Option<Self> {
        let (table, line) = located_by(cause)?;
        Some(Self {
            file: files.file(table).shown.clone(),
            line,
            text: place_by(cause, files).map(|(_, text)| visible(&text)),
        })
    }
}

/// What a rule does besides deciding.
#[derive(Debug, Serialize)]
pub(crate) struct JsonEffect {
    option: &'static str,
    text: String,
    succeeds: Option<bool>,
}

/// The object for an effect.
pub(crate) fn effect(effect: &Effect) -> JsonEffect {
    let (option, text, succeeds) = match effect {
        Effect::Spawn(command) => ("spawn", visible(command), None),
        Effect::Twist(command) => ("twist", visible(command), None),
        Effect::Aclexec(command, success) => ("aclexec", visible(command), *success),
        Effect::Setenv(name, value) => {
            let text = format!("{}={}", visible(name), visible(value));
            ("setenv", text, None)
        }
        Effect::Other(name, value) => (*name, visible(value), None),
    };
    JsonEffect {
        option,
        text,
        succeeds,
    }
}
