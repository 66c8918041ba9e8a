//! The terminal that a stream may be: how wide it is, and prose that fits into it.

use super::excerpt::width;
use std::io::IsTerminal;
use std::os::fd::AsFd;

/// Narrower terminals are taken for as wide as this.
const LEAST: usize = 20;
/// Help is no wider.
const HELP: usize = 100;

/// How many cells a line of the stream has, if it is a terminal that says so.
pub(crate) fn columns(stream: &(impl IsTerminal + AsFd)) -> Option<usize> {
    if !stream.is_terminal() {
        return None;
    }
    let (width, _) = terminal_size::terminal_size_of(stream)?;
    Some(usize::from(width.0).max(LEAST))
}

/// How wide help is: as the terminal is, or as `COLUMNS` says, and no wider than is read easily.
pub(crate) fn help_columns() -> usize {
    let told = || {
        let columns = std::env::var_os("COLUMNS")?;
        columns
            .to_str()?
            .parse()
            .ok()
            .filter(|columns| *columns >= LEAST)
    };
    let columns = columns(&std::io::stdout()).or_else(told);
    columns.unwrap_or(HELP).min(HELP)
}

/// `text` with its lines broken between words, where they are wider than `columns`; what follows in
/// the next line is indented by `indent` spaces. A word that is wider than a line stays whole.
pub(crate) fn wrapped(text: &str, columns: usize, indent: usize) -> String {
    let lines: Vec<String> = text
        .split('\n')
        .map(|line| {
            if width(line) <= columns {
                line.to_owned()
            } else {
                fill(line, columns, indent)
            }
        })
        .collect();
    lines.join("\n")
}

fn fill(line: &str, columns: usize, indent: usize) -> String {
    // What a line begins with stays.
    let start = line.len() - line.trim_start_matches(' ').len();
    let (head, rest) = line.split_at_checked(start).unwrap_or(("", line));
    let mut out = head.to_owned();
    let (mut used, mut is_first) = (width(head), true);
    for word in words(rest, columns.saturating_sub(indent)) {
        let cells = width(word);
        let gap = usize::from(!is_first);
        if !is_first && used + gap + cells > columns {
            out.push('\n');
            out.push_str(&" ".repeat(indent));
            used = indent;
        } else {
            out.push_str(" ".get(..gap).unwrap_or_default());
            used += gap;
        }
        out.push_str(word);
        used += cells;
        is_first = false;
    }
    out
}

/// The words of a line. A command between backticks is one, so that it can be copied, unless it is
/// wider than `columns`.
fn words(line: &str, columns: usize) -> Vec<&str> {
    let mut found = Vec::new();
    let mut start = 0;
    let ends = line.match_indices(' ').map(|(at, _)| at);
    for end in ends.chain([line.len()]) {
        let word = line.get(start..end).unwrap_or_default();
        let is_open = word.matches('`').count() % 2 == 1;
        let closing = || Some(end + line.get(end..)?.find('`')?);
        let whole = is_open.then(closing).flatten();
        let whole = whole.and_then(|closing| line.get(start..=closing));
        if whole.is_some_and(|whole| width(whole) <= columns) {
            continue;
        }
        found.push(word);
        start = end + 1;
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_broken_between_words() {
        let text = "the change is made, but a line that another program wrote may be missing";
        for columns in [20, 33, 60] {
            let shown = wrapped(text, columns, 2);
            assert!(shown.lines().all(|line| width(line) <= columns), "{shown}");
            let words: Vec<&str> = shown.split_whitespace().collect();
            assert_eq!(words.join(" "), text);
        }
        assert_eq!(wrapped(text, 100, 2), text);
    }

    #[test]
    fn a_command_stays_in_one_line_where_it_fits() {
        let text = "change 1 waits: type `tcpw confirm znczjtp` there";
        let shown = wrapped(text, 30, 4);
        let lines: Vec<&str> = shown.lines().collect();
        assert_eq!(
            lines,
            [
                "change 1 waits: type",
                "    `tcpw confirm znczjtp`",
                "    there"
            ]
        );
        let open = "an `open quote and many words that go on and on";
        for text in [text, open] {
            let shown = wrapped(text, 20, 2);
            let words: Vec<&str> = shown.split_whitespace().collect();
            assert_eq!(words.join(" "), text);
            assert!(shown.lines().all(|line| width(line) <= 20), "{shown}");
        }
    }

    #[test]
    fn a_long_word_and_what_a_line_begins_with_stay_whole() {
        let text = "  /var/lib/tcpw/a-directory-with-a-long-name is not there\nshort";
        let shown = wrapped(text, 30, 4);
        let lines: Vec<&str> = shown.lines().collect();
        assert_eq!(
            lines,
            [
                "  /var/lib/tcpw/a-directory-with-a-long-name",
                "    is not there",
                "short"
            ]
        );
        assert_eq!(wrapped("가나다 라마바", 6, 0), "가나다\n라마바");
    }
}
