//! Rules that can match nobody by the way they are written.

use super::bare_ipv6;
use crate::lint::view::RuleView;
use crate::policy::Element;

/// Whether a rule can match nobody by the way it is written: its options refuse nobody then.
pub(in crate::lint) fn never_matches(rule: &RuleView<'_, '_>) -> bool {
    let is_void =
        |list: &[Element<'_>]| matches!(list.first(), None | Some(Element::Except { .. }));
    let is_cut_to_nothing =
        || bare_ipv6::address(rule).is_some_and(|at| !bare_ipv6::is_left(rule, at));
    is_void(&rule.daemons) || is_void(&rule.clients) || is_cut_to_nothing()
}
