//! What a plan changes, as the lines of a unified diff.

use crate::editor::commit::common_ends::common_ends;
use crate::escape::visible;
use similar::{ChangeTag, TextDiff};
use std::path::Path;

/// As many lines before a difference and after it are shown.
const CONTEXT: usize = 3;

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
    unified_between(path, old, new, common_ends(old, new))
}

/// The same for contents that are known to begin and to end with as many equal bytes as `ends` says.
pub(crate) fn unified_between(
    path: &Path,
    old: &[u8],
    new: &[u8],
    ends: (usize, usize),
) -> Vec<DiffLine> {
    let (head, tail) = around(old, ends);
    let first = memchr::memchr_iter(b'\n', old.get(..head).unwrap_or_default()).count();
    let middle = |bytes: &'_ [u8]| -> std::ops::Range<usize> { head..bytes.len() - tail };
    let (old_lines, new_lines) = (
        lines(old.get(middle(old)).unwrap_or_default()),
        lines(new.get(middle(new)).unwrap_or_default()),
    );
    let diff = TextDiff::from_slices(&old_lines, &new_lines);
    let mut out = Vec::new();
    let mut push = |kind, text: String| out.push(DiffLine { kind, text });
    for (number, hunk) in diff.unified_diff().iter_hunks().enumerate() {
        if number == 0 {
            push(DiffKind::Header, format!("--- {}", path.display()));
            push(DiffKind::Header, format!("+++ {}", path.display()));
        }
        let ops = hunk.ops();
        let range = |start: Option<usize>, end: Option<usize>| {
            let (start, end) = (start.unwrap_or(0), end.unwrap_or(0));
            part(first + start, end - start)
        };
        let was = range(
            ops.first().map(|op| op.old_range().start),
            ops.last().map(|op| op.old_range().end),
        );
        let is = range(
            ops.first().map(|op| op.new_range().start),
            ops.last().map(|op| op.new_range().end),
        );
        push(DiffKind::Header, format!("@@ -{was} +{is} @@"));
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

/// A part of a file in the head of a hunk: its first line, counted from 1, and its length; what is
/// empty is named by the line before it.
fn part(start: usize, length: usize) -> String {
    match length {
        0 => format!("{start},0"),
        1 => format!("{}", start + 1),
        length => format!("{},{length}", start + 1),
    }
}

/// How many bytes of whole lines the contents begin and end with, lines of context left aside: a
/// change of a large table is a small one.
fn around(old: &[u8], (head, tail): (usize, usize)) -> (usize, usize) {
    let before = old.get(..head).unwrap_or_default();
    let after = old.get(old.len() - tail..).unwrap_or_default();
    // The line that differs begins after a newline, and as many lines before it are shown.
    let head = memchr::memrchr_iter(b'\n', before).nth(CONTEXT);
    let tail = memchr::memchr_iter(b'\n', after).nth(CONTEXT);
    (
        head.map_or(0, |at| at + 1),
        tail.map_or(0, |at| after.len() - at - 1),
    )
}

fn lines(bytes: &[u8]) -> Vec<&[u8]> {
    bytes.split_inclusive(|&byte| byte == b'\n').collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_common_does_not_change_the_diff() {
        let line = |n: usize| format!("line {}\n", n % 5);
        let base: Vec<String> = (0..40).map(line).collect();
        for at in 0..40 {
            for (gone, come) in [(0, 1), (1, 0), (1, 1), (2, 3), (0, 0)] {
                let end = (at + gone).min(40);
                let new = "new\n".repeat(come);
                let changed = [base[..at].concat(), new, base[end..].concat()].concat();
                let old = base.concat();
                let whole = TextDiff::from_lines(&old, &changed);
                let expected = whole.unified_diff().header("/t", "/t").to_string();
                let found: Vec<String> =
                    unified(Path::new("/t"), old.as_bytes(), changed.as_bytes())
                        .into_iter()
                        .map(|line| line.text + "\n")
                        .collect();
                let found = found.concat();
                let count = |text: &str| {
                    let signs = text.lines().filter(|l| l.starts_with(['+', '-', '@']));
                    signs.count()
                };
                // Equal lines may be paired in another way, but not in another number.
                assert_eq!(
                    count(&found),
                    count(&expected),
                    "{at} {gone} {come}\n{found}\n{expected}"
                );
                if gone != 1 || come != 0 {
                    continue;
                }
                assert_eq!(
                    found.lines().count(),
                    expected.lines().count(),
                    "{found}\n{expected}"
                );
            }
        }
    }

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
