//! Words of a line, and how they are shown.

use crate::escape::visible_short;

/// As much of a word as is shown.
const SHOWN: usize = 60;

/// A part of a source as it is shown.
pub(crate) fn shown(text: &str) -> String {
    visible_short(text.as_bytes(), SHOWN)
}

/// The words of a line as shells and configurations have them: what stands in double quotes is one,
/// with `\"` and `\\` for themselves in it, and `#` at the start of a word begins a comment if `has_comments`.
/// Nothing if a quote is not closed.
pub(crate) fn words(line: &str, has_comments: bool) -> Option<Vec<String>> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut is_quoted = false;
    let mut letters = line.chars().peekable();
    while let Some(letter) = letters.next() {
        match letter {
            '"' => {
                is_quoted = !is_quoted;
                word.get_or_insert_default();
            }
            '\\' if is_quoted && matches!(letters.peek(), Some('"' | '\\')) => {
                word.get_or_insert_default().extend(letters.next());
            }
            '#' if has_comments && !is_quoted && word.is_none() => break,
            space if space.is_whitespace() && !is_quoted => words.extend(word.take()),
            other => word.get_or_insert_default().push(other),
        }
    }
    words.extend(word);
    (!is_quoted).then_some(words)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_join_and_comments_end() {
        for (line, wanted) in [
            ("a  b\tc", Some(vec!["a", "b", "c"])),
            (r#"a "b c" d"e""#, Some(vec!["a", "b c", "de"])),
            (r#""a \"b\" \\" c # d"#, Some(vec![r#"a "b" \"#, "c"])),
            ("a#b #c", Some(vec!["a#b"])),
            (r#""""#, Some(vec![""])),
            ("", Some(vec![])),
            ("\"a", None),
        ] {
            let wanted: Option<Vec<String>> =
                wanted.map(|words| words.into_iter().map(str::to_owned).collect());
            assert_eq!(words(line, true), wanted, "{line}");
        }
        assert_eq!(words("#a", false), Some(vec!["#a".to_owned()]));
    }
}
