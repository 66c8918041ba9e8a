//! What a plan changes, as the lines of a unified diff.

use crate::edit::Edit;
use crate::editor::commit::common_ends::common_ends;
use crate::escape::visible;
use crate::span::index;
use similar::{ChangeTag, TextDiff};
use std::path::Path;
use std::time::Duration;

/// As many lines before a difference and after it are shown.
const CONTEXT: usize = 3;
/// How long the smallest difference is looked for.
const PATIENCE: Duration = Duration::from_millis(500);

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
    /// How much more there is.
    Cut,
}

/// One line of a unified diff, safe to show.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DiffLine {
    /// What it is.
    pub kind: DiffKind,
    /// Its text, without a newline.
    pub text: String,
}

/// The difference between two contents of the file at `path`, of which no more than `most` lines are
/// shown; empty if there is none.
pub fn unified(path: &Path, old: &[u8], new: &[u8], most: usize) -> Vec<DiffLine> {
    let lines = unified_between(path, [old, new], common_ends(old, new));
    shortened(lines, most)
}

/// The difference that `edits` make. If they change more than `most` lines, only its beginning is
/// worked out. Both contents begin and end with as many equal bytes as `ends` says.
pub(crate) fn unified_by(
    path: &Path,
    [old, new]: [&[u8]; 2],
    ends: (usize, usize),
    edits: &[Edit],
    most: usize,
) -> Vec<DiffLine> {
    let Some(beginning) = Beginning::of(old, edits, most) else {
        return shortened(unified_between(path, [old, new], ends), most);
    };
    let old = old.get(..beginning.old).unwrap_or(old);
    let new = new.get(..beginning.new).unwrap_or(new);
    let head = ends.0.min(old.len()).min(new.len());
    let mut lines = unified_between(path, [old, new], (head, 0));
    lines.push(cut(beginning.left));
    lines
}

/// The line that says how much is left out.
fn cut(left: usize) -> DiffLine {
    DiffLine {
        kind: DiffKind::Cut,
        text: format!("and {left} more lines that go or come"),
    }
}

/// A diff without what is after `most` lines; a few more are not worth a word.
fn shortened(mut lines: Vec<DiffLine>, most: usize) -> Vec<DiffLine> {
    if lines.len() <= most.saturating_add(CONTEXT) {
        return lines;
    }
    let is_change = |line: &DiffLine| matches!(line.kind, DiffKind::Added | DiffKind::Removed);
    let left = lines.drain(most..).filter(is_change).count();
    lines.push(cut(left));
    lines
}

/// What the first of many edits change.
struct Beginning {
    /// How many bytes of the old content they reach to, and of the new.
    old: usize,
    new: usize,
    /// How many lines the other edits remove and add.
    left: usize,
}

impl Beginning {
    /// Nothing if all of them change no more than `most` lines, or the first one alone does.
    fn of(source: &[u8], edits: &[Edit], most: usize) -> Option<Self> {
        let mut sorted: Vec<&Edit> = edits.iter().collect();
        sorted.sort_by_key(|edit| (edit.span.start, edit.span.end));
        let lines = |edit: &Edit| {
            let of = |text: &[u8]| {
                let count = memchr::memchr_iter(b'\n', text).count();
                count + usize::from(!text.is_empty() && !text.ends_with(b"\n"))
            };
            of(edit.span.of(source)) + of(&edit.replacement)
        };
        let all: usize = sorted.iter().map(|edit| lines(edit)).sum();
        if all <= most {
            return None;
        }
        let (mut shown, mut end, mut come, mut gone) = (0, 0, 0, 0);
        for edit in sorted {
            let count = lines(edit);
            // A line is shown with all that changes in it.
            if shown + count > most && index(edit.span.start) >= end {
                break;
            }
            shown += count;
            come += edit.replacement.len();
            gone += index(edit.span.len());
            end = end.max(line_end(source, index(edit.span.end)));
        }
        (shown > 0).then_some(Self {
            old: end,
            new: (end + come).saturating_sub(gone),
            left: all - shown,
        })
    }
}

/// Where the line ends that `at` is in; `at` itself, if a line begins there.
fn line_end(source: &[u8], at: usize) -> usize {
    if at == 0 || source.get(at - 1) == Some(&b'\n') {
        return at;
    }
    let rest = source.get(at..).unwrap_or_default();
    at + memchr::memchr(b'\n', rest).map_or(rest.len(), |end| end + 1)
}

/// The same for contents that are known to begin and to end with as many equal bytes as `ends` says.
fn unified_between(path: &Path, [old, new]: [&[u8]; 2], ends: (usize, usize)) -> Vec<DiffLine> {
    let (head, tail) = around(old, ends);
    let first = memchr::memchr_iter(b'\n', old.get(..head).unwrap_or_default()).count();
    let middle = |bytes: &'_ [u8]| -> std::ops::Range<usize> { head..bytes.len() - tail };
    let (old_lines, new_lines) = (
        lines(old.get(middle(old)).unwrap_or_default()),
        lines(new.get(middle(new)).unwrap_or_default()),
    );
    let diff = TextDiff::configure()
        .timeout(PATIENCE)
        .diff_slices(&old_lines, &new_lines);
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
    use crate::edit::apply;
    use crate::span::{Span, offset};

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
                    unified(Path::new("/t"), old.as_bytes(), changed.as_bytes(), 1000)
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
            1000,
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
        assert_eq!(unified(Path::new("/t"), b"same", b"same", 1000), []);
    }

    #[test]
    fn a_long_diff_is_its_beginning_and_says_how_much_is_left() {
        let old: Vec<String> = (0..500).map(|n| format!("line{n}\n")).collect();
        let old = old.concat();
        // Every second line becomes another, the first also in a second place.
        let mut edits = vec![Edit::replace(Span::new(0, 1), "L")];
        let mut at = 0;
        for (number, line) in old.lines().enumerate() {
            let end = at + offset(line.len()) + 1;
            if number % 2 == 0 {
                edits.push(Edit::replace(Span::new(end - 2, end - 1), "x"));
            }
            at = end;
        }
        let new = apply(old.as_bytes(), &edits).unwrap();
        let diff = |most| {
            unified_by(
                Path::new("/t"),
                [old.as_bytes(), &new],
                (0, 0),
                &edits,
                most,
            )
        };
        let whole = diff(10_000);
        assert_eq!(
            whole
                .iter()
                .filter(|line| line.kind == DiffKind::Added)
                .count(),
            250
        );
        assert!(whole.iter().all(|line| line.kind != DiffKind::Cut));
        let cut = diff(40);
        let (last, shown) = cut.split_last().unwrap();
        assert_eq!(last.kind, DiffKind::Cut);
        let changes = |lines: &[DiffLine]| {
            let signs = lines
                .iter()
                .filter(|line| line.text.starts_with(['+', '-']));
            signs
                .filter(|line| line.kind != DiffKind::Header)
                .cloned()
                .collect::<Vec<_>>()
        };
        assert!(
            changes(shown).len() <= 40 && changes(shown).len() > 30,
            "{cut:?}"
        );
        assert_eq!(changes(shown), changes(&whole)[..changes(shown).len()]);
        // An edit of everything is cut, too, where its diff is long.
        let all = [Edit::replace(Span::new(0, offset(old.len())), new.clone())];
        let one = unified_by(Path::new("/t"), [old.as_bytes(), &new], (0, 0), &all, 40);
        assert_eq!(one.len(), 41);
        assert!(
            one[40].text.starts_with("and 4") && one[..40] == whole[..40],
            "{one:?}"
        );
    }
}
