//! How the first broken option of a rule came about: the checks of options share it.

use crate::lint::checks::lists::except_last;
use crate::lint::command::inner_colons;
use crate::lint::view::{RuleView, runs_command};
use crate::policy::{OptionKind, OptionProblem, RuleOption};
use crate::span::{Span, index, offset};

/// How the first broken option of a rule is best explained.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::lint::checks) enum Trap {
    /// A comment that was meant to end the line.
    Comment,
    /// The rest of a value that a colon cut in two.
    CutValue,
    /// As libwrap sees it.
    Plain(OptionProblem),
}

/// The first option that libwrap rejects, or before it the first command that a colon cuts in two;
/// it does not look at any after it.
pub(in crate::lint::checks) fn first_trap<'v, 's>(
    rule: &'v RuleView<'_, 's>,
) -> Option<(Trap, &'v RuleOption<'s>)> {
    let mut previous: Option<&RuleOption<'_>> = None;
    if except_last::colon(rule).is_some() {
        return None;
    }
    for option in &rule.options {
        if let Some(before) = previous
            && is_cut_inside(rule, before, option)
        {
            return Some((Trap::CutValue, option));
        }
        let problem = option.check_form_in(rule.dialect).and_then(|spec| {
            spec.kind
                .check_value_in(option.value.as_deref(), rule.dialect)
        });
        let Err(problem) = problem else {
            previous = Some(option);
            continue;
        };
        // `twist` must be the last option: what follows it is not always an option that is meant.
        let next = rule
            .options
            .iter()
            .find(|next| next.name_span.start > option.name_span.end);
        if let Some(next) = next.filter(|_| problem == OptionProblem::NotLast) {
            let is_rest = !next.name.is_empty() && next.spec().is_none() && is_cut(option, next);
            if is_rest || is_cut_inside(rule, option, next) {
                return Some((Trap::CutValue, next));
            }
        }
        let trap = if has_comment(option) {
            Trap::Comment
        } else if problem == OptionProblem::UnknownName
            && previous.is_some_and(|previous| is_cut(previous, option))
        {
            Trap::CutValue
        } else {
            Trap::Plain(problem)
        };
        return Some((trap, option));
    }
    None
}

/// Whether an option looks like a comment, or like a value with a comment after it.
fn has_comment(option: &RuleOption<'_>) -> bool {
    let value = option.value.as_deref().unwrap_or_default();
    option.name.starts_with(b"#")
        || value.starts_with(b"#")
        || memchr::memmem::find(value, b" #").is_some()
        || memchr::memmem::find(value, b"\t#").is_some()
}

/// Whether `next`, which is not an option, looks like the rest of the value of `option`: of a URL, a
/// time, a path list or an address.
fn is_cut(option: &RuleOption<'_>, next: &RuleOption<'_>) -> bool {
    let takes_text = option
        .spec()
        .is_some_and(|spec| spec.expands || spec.kind == OptionKind::Banners);
    let is_adjacent = next.name_span.start == option.value_span.end.saturating_add(1);
    let looks_like_rest = next
        .name
        .first()
        .is_some_and(|byte| byte.is_ascii_digit() || b"/\\'\"".contains(byte));
    takes_text && (is_adjacent || looks_like_rest)
}

/// The colon that begins an option.
pub(in crate::lint::checks) fn colon_before(
    rule: &RuleView<'_, '_>,
    option: &RuleOption<'_>,
) -> Option<u32> {
    let before = rule.source().get(..index(option.name_span.start))?;
    memchr::memrchr(b':', before).map(offset)
}

/// The colons that the author of a command means for the command.
pub(in crate::lint::checks) fn inside(
    rule: &RuleView<'_, '_>,
    option: &RuleOption<'_>,
) -> Vec<u32> {
    let is_command = runs_command(option);
    // Few commands have a quote or a parenthesis open where the next colon stands.
    if option.is_last || !is_command {
        return Vec::new();
    }
    let start = option.value_span.start;
    let text = Span::new(start, rule.span().end).of(rule.source());
    let colons = inner_colons(text);
    colons.into_iter().map(|at| start + offset(at)).collect()
}

/// Whether the colon after the value of an option is one of them.
fn is_cut_inside(rule: &RuleView<'_, '_>, option: &RuleOption<'_>, next: &RuleOption<'_>) -> bool {
    let colon = colon_before(rule, next);
    colon.is_some_and(|colon| inside(rule, option).contains(&colon))
}
