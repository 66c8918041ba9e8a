//! What a plan changes, as the lines of a unified diff.

use crate::escape::visible;
use similar::{ChangeTag, TextDiff};
use std::path::Path;

/// What a line of a diff is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DiffKind {
    /// A file name or the place of a hunk.
    Header,
    /// A line that stays.
    Context,
    /// A line that goes.
    Removed,
    /// A line that comes.
    Added,
}

/// One line of a unified diff, safe to show.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DiffLine {
    /// What it is.
    pub kind: DiffKind,
    /// Its text, without a newline.
    pub text: String,
}

/// The difference between two contents of the file at `path`; empty if there is none.
pub fn unified(path: &Path, old: &[u8], new: &[u8]) -> Vec<DiffLine> {
    let (old_lines, new_lines) = (lines(old), lines(new));
    let diff = TextDiff::from_slices(&old_lines, &new_lines);
    let mut out = Vec::new();
    let mut push = |kind, text: String| out.push(DiffLine { kind, text });
    for (number, hunk) in diff.unified_diff().iter_hunks().enumerate() {
        if number == 0 {
            push(DiffKind::Header, format!("--- {}", path.display()));
            push(DiffKind::Header, format!("+++ {}", path.display()));
        }
        push(DiffKind::Header, hunk.header().to_string());
        for change in hunk.iter_changes() {
            let (kind, sign) = match change.tag() {
                ChangeTag::Equal => (DiffKind::Context, ' '),
                ChangeTag::Delete => (DiffKind::Removed, '-'),
                ChangeTag::Insert => (DiffKind::Added, '+'),
            };
            let line: &[u8] = change.value();
            let text = line.strip_suffix(b"\n");
            push(kind, format!("{sign}{}", visible(text.unwrap_or(line))));
            if text.is_none() {
                push(DiffKind::Header, "\\ No newline at end of file".to_owned());
            }
        }
    }
    out
}

fn lines(bytes: &[u8]) -> Vec<&[u8]> {
    bytes.split_inclusive(|&byte| byte == b'\n').collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hostile_bytes_and_a_missing_newline_are_shown() {
        let diff = unified(
            Path::new("/t"),
            b"# \x1b[2J\r\nend",
            b"# \x1b[2J\r\nend\nnew\n",
        );
        let text: Vec<_> = diff.iter().map(|line| line.text.as_str()).collect();
        assert_eq!(
            text,
            [
                "--- /t",
                "+++ /t",
                "@@ -1,2 +1,3 @@",
                " # \\x1b[2J\\r",
                "-end",
                "\\ No newline at end of file",
                "+end",
                "+new"
            ]
        );
        assert_eq!(unified(Path::new("/t"), b"same", b"same"), []);
    }
}
