//! One style for tables: spacing and separators. Only what means nothing to libwrap is changed.

use crate::policy::Rule;
use crate::syntax::{LINE_LIMIT, Line, TokenKind, Tree};

/// The table in one style.
pub fn formatted(tree: &Tree<'_>) -> Vec<u8> {
    let source = tree.source();
    let mut out = Vec::with_capacity(source.len());
    for line in tree.lines() {
        let bytes = line.span().of(source);
        let rule = Rule::of(line).filter(|_| line.is_read() && !line.is_joined());
        match rule.map(|_| styled(line)) {
            Some(new) if is_still_read(&new) => {
                out.extend_from_slice(&new);
                out.push(b'\n');
            }
            Some(_) | None => out.extend_from_slice(bytes),
        }
    }
    out
}

/// Whether libwrap still reads a rule as one: it is not too long, a backslash that a blank kept from
/// the newline does not meet it (F-LINE-03), and a `#` does not come to the first column (F-LINE-08).
fn is_still_read(rule: &[u8]) -> bool {
    rule.len() <= LINE_LIMIT && !rule.ends_with(b"\\") && !rule.starts_with(b"#")
}

/// A rule, without its newline.
fn styled(line: Line<'_, '_>) -> Vec<u8> {
    let source = line.tree().source();
    let mut out: Vec<u8> = Vec::new();
    let mut colons = 0;
    for token in line.tokens() {
        let text = token.span.of(source);
        match token.kind {
            TokenKind::Separator | TokenKind::White => {
                let is_start = out.is_empty();
                if !is_start && out.last() != Some(&b' ') {
                    out.push(b' ');
                }
            }
            TokenKind::Colon => {
                let behind_list = out.trim_ascii_end().len();
                out.truncate(behind_list);
                // `daemons: clients : option : option`
                if colons > 0 && !out.ends_with(b":") {
                    out.push(b' ');
                }
                out.push(b':');
                out.push(b' ');
                colons += 1;
            }
            // Behind a keyword a second `=` would belong to the value (F-OPT-06).
            TokenKind::Assign
            | TokenKind::Item
            | TokenKind::Except
            | TokenKind::OptionName
            | TokenKind::OptionValue
            | TokenKind::Garbage
            | TokenKind::Comment
            | TokenKind::Splice
            | TokenKind::Hidden => out.extend_from_slice(text),
            TokenKind::Newline => {}
        }
    }
    let end = out.trim_ascii_end().len();
    out.truncate(end);
    out
}
