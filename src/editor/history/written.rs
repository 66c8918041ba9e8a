//! What the history proves about comments that do not say which rule they are about.

use crate::editor::commit::error::EditError;
use crate::editor::commit::state::History;
use crate::metadata::{bond, identity};
use crate::policy::{Rule, rules};
use crate::syntax::{Line, Tree, parse};
use std::collections::{BTreeMap, BTreeSet};

/// Comments and rules that one change wrote together: the text of the comment and the identity of
/// the rule.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Written {
    pairs: BTreeSet<(Vec<u8>, String)>,
}

impl Written {
    /// Whether a change wrote this comment and this rule together.
    pub(crate) fn holds(&self, rule: Rule<'_, '_>, comment: Line<'_, '_>) -> bool {
        !self.pairs.is_empty() && self.pairs.contains(&(text(comment), identity(rule)))
    }

    /// Adds the pairs that are in a table after a change, and of which neither half was in it
    /// before.
    fn add(&mut self, before: &[u8], after: &[u8]) {
        let (before, after) = (parse(before), parse(after));
        let (old, new) = (counted(&before), counted(&after));
        let comments: BTreeSet<Vec<u8>> = before.lines().map(text).collect();
        for rule in rules(&after) {
            let Some(bond) = bond(rule).filter(|bond| !bond.is_named) else {
                continue;
            };
            let (identity, text) = (identity(rule), text(bond.line));
            if !comments.contains(&text) && old.get(&identity) < new.get(&identity) {
                self.pairs.insert((text, identity));
            }
        }
    }
}

impl History {
    /// What the changes that are kept wrote together.
    ///
    /// # Errors
    /// When the history cannot be read.
    pub fn written(&self) -> Result<Written, EditError> {
        let mut written = Written::default();
        for number in self.numbers()? {
            let entry = self.entry(number)?;
            for side in entry.sides().into_iter().filter(|side| side.is_changed()) {
                let before = self.content(side.before.as_deref())?;
                let after = self.content(side.after.as_deref())?;
                written.add(&before, &after);
            }
        }
        Ok(written)
    }
}

fn text(line: Line<'_, '_>) -> Vec<u8> {
    line.text(line.span()).trim_ascii_end().to_vec()
}

/// How often each rule is there.
fn counted(tree: &Tree<'_>) -> BTreeMap<String, usize> {
    let mut counts = BTreeMap::new();
    for rule in rules(tree) {
        *counts.entry(identity(rule)).or_default() += 1;
    }
    counts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_came_together_is_proven() {
        let comment = "# tcpw: since=2026-01-01T00:00:00Z until=2026-01-01T01:00:00Z";
        let rule = "ALL: 198.51.100.7";
        let both = format!("{comment}\n{rule}\n");
        for (before, after, is_proven) in [
            (String::new(), both.clone(), true),
            (format!("{rule}\n"), both.clone(), false),
            (format!("{comment}\nsshd: 10.0.0.1\n"), both.clone(), false),
            (both.clone(), both.clone(), false),
            (String::new(), format!("{comment}\n\n{rule}\n"), false),
        ] {
            let mut written = Written::default();
            written.add(before.as_bytes(), after.as_bytes());
            let tree = parse(both.as_bytes());
            let line = |at| tree.line(at).unwrap();
            let holds = written.holds(Rule::of(line(1)).unwrap(), line(0));
            assert_eq!(holds, is_proven, "{before:?} -> {after:?}");
        }
    }
}
