//! Lists and sets of `tcpw compact` that nothing names any more: no table, and no content of a table that
//! `undo` or `redo` could bring back.

use crate::editor::commit::error::EditError;
use crate::editor::commit::plan::Editor;
use crate::editor::commit::planned_list::{DIGITS, LIST_END, SET_END};
use crate::editor::commit::state::History;
use crate::engine::TableName;
use std::collections::BTreeSet;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

/// The lists and sets in `directory` whose names stand neither in the tables that `editor` has open
/// for writing nor anywhere in the history at `history`. Files with other names are left alone.
///
/// # Errors
/// When a content cannot be read, or the history is not locked: then nobody can say what is named.
pub fn unnamed_lists(
    editor: &Editor,
    history: &Path,
    directory: &Path,
) -> Result<Vec<PathBuf>, EditError> {
    let mut left = own_files(directory)?;
    for table in [TableName::Allow, TableName::Deny] {
        without_named(&mut left, editor.table(table).bytes());
    }
    if !left.is_empty() && history.exists() {
        if editor.state.is_none() {
            return Err(EditError::Busy(history.to_owned()));
        }
        let history = History::new(history);
        let mut contents = BTreeSet::new();
        for number in history.numbers()? {
            let entry = history.entry(number)?;
            let sides = entry.files().flat_map(|side| [&side.before, &side.after]);
            contents.extend(sides.flatten().cloned());
        }
        for content in contents {
            if left.is_empty() {
                break;
            }
            without_named(&mut left, &history.content(Some(&content))?);
        }
    }
    Ok(left.into_iter().map(|name| directory.join(name)).collect())
}

/// Takes those names out that stand somewhere in a content, whatever it says by them.
fn without_named(names: &mut BTreeSet<String>, content: &[u8]) {
    names.retain(|name| memchr::memmem::find(content, name.as_bytes()).is_none());
}

/// The names of the regular files that `tcpw compact` has written there.
fn own_files(directory: &Path) -> Result<BTreeSet<String>, EditError> {
    let at = || EditError::at("read the directory", directory);
    let entries = match fs::read_dir(directory) {
        Ok(entries) => entries,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(BTreeSet::new()),
        Err(error) => return Err(at()(error)),
    };
    let mut names = BTreeSet::new();
    for entry in entries {
        let entry = entry.map_err(at())?;
        let is_file = entry.file_type().map_err(at())?.is_file();
        let name = entry.file_name().into_string().ok();
        names.extend(name.filter(|name| is_file && is_own_name(name)));
    }
    Ok(names)
}

/// Whether a name says what is in the file, as those of `tcpw compact` do.
fn is_own_name(name: &str) -> bool {
    let digits = name
        .strip_suffix(LIST_END)
        .or_else(|| name.strip_suffix(SET_END));
    digits.is_some_and(|digits| {
        digits.len() == DIGITS && digits.bytes().all(|byte| byte.is_ascii_hexdigit())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_names_of_contents_are_its_own() {
        for (name, is_own) in [
            ("0123456789abcdef0123.list", true),
            ("0123456789abcdef0123.set", true),
            ("0123456789abcdef012.set", false),
            ("0123456789abcdef012x.set", false),
            ("kr.set", false),
            ("0123456789abcdef0123.txt", false),
            (".0123456789abcdef0123.list.tcpw.new", false),
        ] {
            assert_eq!(is_own_name(name), is_own, "{name}");
        }
    }
}
