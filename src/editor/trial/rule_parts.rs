//! Parts of a rule that many ask for.

use crate::engine::{Access, TableName};
use crate::policy::{Element, OptionKind, Rule, RuleOption};

/// Whether a rule has an option of a kind.
pub(crate) fn has_option(rule: Rule<'_, '_>, is_wanted: impl Fn(OptionKind) -> bool) -> bool {
    rule.options()
        .iter()
        .filter_map(RuleOption::spec)
        .any(|spec| is_wanted(spec.kind))
}

/// How a rule ends if nothing in it is wrong.
pub(crate) fn ending(table: TableName, rule: Rule<'_, '_>) -> Access {
    let last = rule.options().pop();
    match last.and_then(|option| option.spec()).map(|spec| spec.kind) {
        Some(OptionKind::Allow) => Access::Granted,
        Some(OptionKind::Deny | OptionKind::Twist) => Access::Denied,
        _ if table == TableName::Allow => Access::Granted,
        _ => Access::Denied,
    }
}

/// The elements of a list that are patterns, each with whether it stands after an odd number of
/// `EXCEPT`.
pub(crate) fn patterns<'s>(
    list: impl Iterator<Item = Element<'s>>,
) -> impl Iterator<Item = (std::borrow::Cow<'s, [u8]>, bool)> {
    let mut is_excepted = false;
    list.filter_map(move |element| match element {
        Element::Except { .. } => {
            is_excepted = !is_excepted;
            None
        }
        Element::Pattern { text, .. } => Some((text, is_excepted)),
    })
}

/// The words of a list; none if it has an exception or bytes that are no text.
pub(crate) fn words<'t>(elements: impl Iterator<Item = Element<'t>>) -> Option<Vec<String>> {
    elements
        .map(|element| match element {
            Element::Except { .. } => None,
            Element::Pattern { text, .. } => String::from_utf8(text.into_owned()).ok(),
        })
        .collect()
}
