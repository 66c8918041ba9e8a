//! `tcpw compact --prune`: removes lists and sets that nothing names any more.

use super::refusal::told;
use crate::cli::base::{Context, Exit, Failure, ListFormat};
use crate::editor::{Editor, Files, ListPlace, Purpose, unnamed_lists};
use crate::escape::visible;
use serde_json::json;
use std::fs;
use std::path::{Path, PathBuf};

/// Removes them, or says which it would remove.
///
/// # Errors
/// When something cannot be read that may name one, or one cannot be removed.
pub(super) fn run(
    place: &ListPlace,
    (is_preview, format): (bool, ListFormat),
    context: &mut Context,
) -> Result<Exit, Failure> {
    let paths = context.paths.clone();
    let files = Files {
        allow: Some(&paths.allow),
        deny: Some(&paths.deny),
        history: &paths.history,
    };
    // Nobody writes a list for a table, or a table that names one, until this is done.
    let editor = Editor::open(files, Purpose::Write).map_err(told)?;
    let found = unnamed_lists(&editor, &paths.history, &place.found).map_err(told)?;
    if !is_preview {
        for list in &found {
            remove(list)?;
        }
    }
    drop(editor);
    show(&found, (is_preview, format), context)?;
    Ok(if is_preview && !found.is_empty() {
        Exit::Negative
    } else {
        Exit::Done
    })
}

fn remove(list: &Path) -> Result<(), Failure> {
    fs::remove_file(list).map_err(|error| {
        Failure::new(format_args!("cannot remove {}: {error}", list.display()))
            .hint("run it as root; those before it are removed")
    })
}

fn show(
    found: &[PathBuf],
    (is_preview, format): (bool, ListFormat),
    context: &mut Context,
) -> Result<(), Failure> {
    if format == ListFormat::Json {
        let names: Vec<String> = found
            .iter()
            .map(|list| list.display().to_string())
            .collect();
        let object = json!({ "check": is_preview, "removed": names });
        return context.out.data(object.to_string());
    }
    let what = if is_preview {
        "would be removed"
    } else {
        "is removed"
    };
    for list in found {
        let list = visible(list.as_os_str().as_encoded_bytes());
        context
            .out
            .line(format!("{list} {what}: nothing names it"))?;
    }
    if found.is_empty() {
        context.out.line(
            "nothing to remove: each list and set is named by a table or by a change of the history",
        )?;
    }
    Ok(())
}
