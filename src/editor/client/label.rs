//! What of a label is written: nothing that is empty or too long.

use crate::edit::Edit;
use crate::editor::client::word_error::{WordError, refuse};
use crate::metadata::{Bond, Label, identity};
use crate::policy::{Rule, formatted, is_crlf};
use crate::syntax::{Tree, parse};

/// As many bytes of a name and of a reason as are taken: even if each becomes three, the line is
/// far shorter than libwrap reads.
const BY_LIMIT: usize = 64;
const REASON_LIMIT: usize = 400;

impl Label {
    /// Refuses values that are too long to be kept, or empty.
    ///
    /// # Errors
    /// With the limit.
    pub fn check(&self) -> Result<(), WordError> {
        for (value, limit) in [(&self.by, BY_LIMIT), (&self.reason, REASON_LIMIT)] {
            let Some(value) = value else { continue };
            if value.trim().is_empty() {
                return refuse(
                    value,
                    "it is empty",
                    "say who or why, or leave the option out",
                );
            }
            if value.len() > limit {
                let why = format!("it is longer than {limit} bytes");
                return refuse(value, why, "give a shorter text");
            }
        }
        Ok(())
    }
}

/// `rules` with the label above each, if there is one.
pub(crate) fn labelled(label: Option<&Label>, rules: Vec<u8>) -> Vec<u8> {
    let Some(label) = label else {
        return rules;
    };
    let tree = parse(&rules);
    let mut text = Vec::new();
    for line in tree.lines() {
        if let Some(rule) = Rule::of(line) {
            text.extend(label.line(&identity(rule)).into_bytes());
        }
        text.extend_from_slice(line.span().of(&rules));
    }
    text
}

/// The edit by which a comment names `rule`, which its own rule becomes; none if it does so.
pub(crate) fn relabel(bond: &Bond<'_, '_>, rule: Rule<'_, '_>) -> Option<Edit> {
    let tree = bond.line.tree();
    let new = in_endings(tree, bond.label.line(&identity(rule)).into_bytes());
    (new != bond.line.span().of(tree.source())).then(|| Edit::replace(bond.line.span(), new))
}

/// New lines with the ends that the lines of the table have.
pub(crate) fn in_endings(tree: &Tree<'_>, lines: Vec<u8>) -> Vec<u8> {
    if !is_crlf(tree) {
        return lines;
    }
    let lines = lines.split_inclusive(|&byte| byte == b'\n');
    lines
        .flat_map(|line| match line.strip_suffix(b"\n") {
            Some(line) if !line.ends_with(b"\r") => [line, b"\r\n"].concat(),
            _ => line.to_vec(),
        })
        .collect()
}

/// Rules in the one style of tables, as far as the table takes it.
pub(crate) fn in_style(tree: &Tree<'_>, rules: &[u8]) -> Vec<u8> {
    if is_crlf(tree) {
        // No line goes on in the next one here.
        let ended = in_endings(tree, rules.to_vec());
        return formatted(&parse(&ended));
    }
    formatted(&parse(rules))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::syntax::LINE_LIMIT;

    #[test]
    fn no_label_is_too_long() {
        let label = Label {
            since: Some("2026-11-22T19:30:00Z".to_owned()),
            until: Some("2026-11-22T19:30:00Z".to_owned()),
            by: Some("\\".repeat(BY_LIMIT)),
            follow: Some("x".repeat(127)),
            reason: Some("\\".repeat(REASON_LIMIT)),
        };
        assert_eq!(label.check(), Ok(()));
        assert!(label.line("0123456789ab").len() < LINE_LIMIT);
        let long = Label {
            reason: Some("x".repeat(REASON_LIMIT + 1)),
            ..label
        };
        assert!(long.check().is_err());
    }
}
