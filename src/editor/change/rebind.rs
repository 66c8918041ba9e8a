//! Comments about rules that a repair has changed, for what the rules are now.

use crate::edit::{Edit, apply};
use crate::editor::client::label::relabel;
use crate::metadata::{Bond, bond};
use crate::policy::{Rule, rules};
use crate::syntax::{Tree, parse};
use similar::{Algorithm, DiffOp, capture_diff_slices};

/// The table that a repair made of `old`, with the comments of the rules that it changed naming
/// them as they are now. The comment of a rule that it removed goes with it.
pub fn rebound(old: &[u8], new: Vec<u8>) -> Vec<u8> {
    let (before, after) = (parse(old), parse(&new));
    let bonds: Vec<(usize, Bond<'_, '_>)> = rules(&before)
        .filter_map(|rule| Some((rule.line().index(), bond(rule)?)))
        .filter(|(_, bond)| bond.is_named)
        .collect();
    if bonds.is_empty() || old == new {
        return new;
    }
    let moves = capture_diff_slices(Algorithm::Myers, &lines(&before), &lines(&after));
    let edits: Vec<Edit> = bonds
        .iter()
        .filter_map(|(rule, bond)| rebind(*rule, bond, &moves, &after))
        .collect();
    apply(&new, &edits).unwrap_or_else(|_| new.clone())
}

/// What is to be done to the comment of a rule, if it is still there.
fn rebind(rule: usize, bond: &Bond<'_, '_>, moves: &[DiffOp], after: &Tree<'_>) -> Option<Edit> {
    let find = |line: usize| moves.iter().find(|op| op.old_range().contains(&line));
    let op = find(bond.line.index())?;
    let DiffOp::Equal { .. } = op else {
        return None;
    };
    let comment = after.line(op.new_range().start + bond.line.index() - op.old_range().start)?;
    match find(rule)? {
        DiffOp::Delete { .. } => Some(Edit::delete(comment.span())),
        op @ DiffOp::Replace { .. } if op.old_range().len() == op.new_range().len() => {
            let line = after.line(op.new_range().start + rule - op.old_range().start)?;
            let rule = Rule::of(line)?;
            let own = Bond {
                line: comment,
                label: bond.label.clone(),
                is_named: true,
            };
            relabel(&own, rule)
        }
        DiffOp::Equal { .. } | DiffOp::Replace { .. } | DiffOp::Insert { .. } => None,
    }
}

fn lines<'s>(tree: &Tree<'s>) -> Vec<&'s [u8]> {
    let source = tree.source();
    tree.lines().map(|line| line.span().of(source)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::editor::client::label::labelled;
    use crate::metadata::{Label, strays};

    fn with_label(rule: &str) -> String {
        let label = Label {
            until: Some("2026-11-23T19:30:00Z".to_owned()),
            ..Label::default()
        };
        String::from_utf8(labelled(Some(&label), rule.as_bytes().to_vec())).unwrap()
    }

    #[test]
    fn a_comment_follows_its_rule_and_goes_with_it() {
        let old = format!("# mine\n{}x: y\n", with_label("ALL: 10.1.2.3/24\n"));
        for (repaired, wanted) in [
            (
                old.replace("10.1.2.3/24", "10.1.2.0/24"),
                format!("# mine\n{}x: y\n", with_label("ALL: 10.1.2.0/24\n")),
            ),
            (
                old.replace("ALL: 10.1.2.3/24\n", ""),
                "# mine\nx: y\n".to_owned(),
            ),
            (old.replace("x: y\n", ""), old.replace("x: y\n", "")),
        ] {
            let found = rebound(old.as_bytes(), repaired.into_bytes());
            assert_eq!(String::from_utf8_lossy(&found), wanted);
            assert!(strays(&parse(&found)).is_empty());
        }
    }
}
