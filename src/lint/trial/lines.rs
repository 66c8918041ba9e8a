//! Lines and lists of a table, as examples need them.

use crate::policy::{Element, Rule};
use crate::syntax::{Line, Tree};

/// The logical line that holds the byte at `at`.
pub(in crate::lint) fn line_at<'t, 's>(tree: &'t Tree<'s>, at: u32) -> Option<Line<'t, 's>> {
    let (mut low, mut high) = (0, tree.lines().len());
    while low + 1 < high {
        let middle = usize::midpoint(low, high);
        if tree.line(middle)?.span().start <= at {
            low = middle;
        } else {
            high = middle;
        }
    }
    tree.line(low)
}

/// The daemon list and the client list of a rule as they read without continuations.
pub(in crate::lint) fn lists(rule: Rule<'_, '_>) -> [Vec<u8>; 2] {
    [rule.daemons(), rule.clients()].map(|list| {
        let words = list.elements().map(|element| match element {
            Element::Pattern { text, .. } => text.into_owned(),
            Element::Except { .. } => b"EXCEPT".to_vec(),
        });
        words.collect::<Vec<_>>().join(&b' ')
    })
}
