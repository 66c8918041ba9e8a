//! The checks, one a file, and what several of them share.

pub(super) mod account_switches_daemon;
pub(super) mod aclexec;
pub(super) mod aclexec_not_there;
pub(super) mod address_range;
pub(super) mod address_spelling;
pub(super) mod alarm_before_allow;
pub(super) mod all_beside_others;
pub(super) mod all_of_ipv6;
pub(super) mod allow_in_deny;
pub(super) mod backslash_in_list;
pub(super) mod bad_brackets;
pub(super) mod bad_mask;
pub(super) mod bad_net;
pub(super) mod bad_value;
pub(super) mod bare_ipv6;
pub(super) mod broken_continuation;
pub(super) mod byte_order_mark;
pub(super) mod commands;
pub(super) mod comment_in_command;
pub(super) mod comment_in_options;
pub(super) mod comment_swallows;
pub(super) mod daemon_list;
pub(super) mod daemon_name;
pub(super) mod default_words;
pub(super) mod deny_in_allow;
pub(super) mod dialect_form;
pub(super) mod empty_list;
pub(super) mod empty_option;
pub(super) mod encoding;
pub(super) mod except_all;
pub(super) mod except_doubled;
pub(super) mod except_first;
pub(super) mod except_last;
pub(super) mod except_nothing;
pub(super) mod exclamation;
pub(super) mod host_bits_set;
pub(super) mod idle_suppression;
pub(super) mod impossible_daemon;
pub(super) mod impossible_word;
pub(super) mod indented_comment;
pub(super) mod ipv6_host_bits;
pub(super) mod line_hangs;
pub(super) mod line_too_long;
pub(super) mod list_files;
pub(super) mod long_line_cut;
pub(super) mod look_ups;
pub(super) mod mapped_ipv6;
pub(super) mod mask_with_holes;
pub(super) mod misplaced_mask;
pub(super) mod missing_colon;
pub(super) mod missing_second_colon;
pub(super) mod missing_value;
pub(super) mod nearly_everybody;
pub(super) mod netgroup;
pub(super) mod no_default_deny;
pub(super) mod no_final_newline;
pub(super) mod no_such_word;
pub(super) mod not_an_address;
pub(super) mod not_except;
pub(super) mod nul_byte;
pub(super) mod octal_net;
pub(super) mod odd_mask;
pub(super) mod one_family_default;
pub(super) mod open_brackets;
pub(super) mod option_not_last;
pub(super) mod percent_option;
pub(super) mod percent_vanishes;
pub(super) mod reserved_daemon;
pub(super) mod resident;
pub(super) mod rule_comment;
pub(super) mod short_address;
pub(super) mod skipped_last_line;
pub(super) mod spaced_slash;
pub(super) mod spawn_filter;
pub(super) mod swapped_lists;
pub(super) mod table_files;
pub(super) mod tail_of_address;
pub(super) mod trailing_comment;
pub(super) mod trailing_comment_matches;
pub(super) mod trailing_dot_name;
pub(super) mod unbalanced_bracket;
pub(super) mod unescaped_colon;
pub(super) mod unknown_netgroup;
pub(super) mod unknown_option;
pub(super) mod unreachable_rule;
pub(super) mod unwanted_value;
pub(super) mod user_option;
pub(super) mod verdict_as_client;
pub(super) mod visitor_waits;
pub(super) mod wildcard_address;
pub(super) mod wildcard_domain;
pub(super) mod zero_prefix;

use super::view::{RuleView, base};
use crate::policy::{Element, OptionKind, OptionProblem, RuleOption};
use crate::span::Span;

/// Whether a pattern matches so many clients that it is dangerous by accident.
fn is_broad(text: &[u8]) -> bool {
    [
        &b"ALL"[..],
        b"KNOWN",
        b"LOCAL",
        b"UNKNOWN",
        b"PARANOID",
        b"*",
    ]
    .iter()
    .any(|word| text.eq_ignore_ascii_case(word))
}

/// Whether a pattern matches everything: `ALL` or `*`.
fn is_all(text: &[u8]) -> bool {
    text.eq_ignore_ascii_case(b"ALL") || text == b"*"
}

/// Whether a word is digits, dots and slashes only: no name, no path, no special word. Long tables
/// are made of such words.
fn is_ipv4_text(text: &[u8]) -> bool {
    text.first().is_some_and(u8::is_ascii_digit)
        && text
            .iter()
            .all(|byte| matches!(byte, b'0'..=b'9' | b'.' | b'/'))
}

/// Whether the part of a list before `EXCEPT` matches everything.
fn matches_all(elements: &[Element<'_>]) -> bool {
    base(elements).any(|(text, _)| is_all(text))
}

/// A word of a list and its place.
type Word<'v> = (&'v [u8], Span);

/// What was meant as a comment behind the clients: its place, and its words behind the `#`.
fn comment_words<'v>(rule: &'v RuleView<'_, '_>) -> Option<(Span, Vec<Word<'v>>)> {
    let mut patterns = rule.clients.iter().filter_map(|element| match element {
        Element::Pattern { text, span } => Some((&**text, *span)),
        Element::Except { .. } => None,
    });
    let (_, span) = patterns.find(|(text, _)| text.starts_with(b"#"))?;
    let words: Vec<_> = patterns.collect();
    let end = words.last().map_or(span.end, |(_, span)| span.end);
    Some((Span::new(span.start, end), words))
}

/// How the first broken option of a rule is best explained.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Trap {
    /// A comment that was meant to end the line.
    Comment,
    /// The rest of a value that a colon cut in two.
    CutValue,
    /// As libwrap sees it.
    Plain(OptionProblem),
}

/// Whether a rule can match nobody by the way it is written: its options refuse nobody then.
pub(super) fn never_matches(rule: &RuleView<'_, '_>) -> bool {
    let is_void =
        |list: &[Element<'_>]| matches!(list.first(), None | Some(Element::Except { .. }));
    is_void(&rule.daemons) || is_void(&rule.clients) || bare_ipv6::address(rule).is_some()
}

/// The first option that libwrap rejects, or before it the first command that a colon cuts in two;
/// it does not look at any behind it.
fn first_trap<'v, 's>(rule: &'v RuleView<'_, 's>) -> Option<(Trap, &'v RuleOption<'s>)> {
    let mut previous: Option<&RuleOption<'_>> = None;
    if except_last::colon(rule).is_some() {
        return None;
    }
    for option in &rule.options {
        if let Some(before) = previous
            && unescaped_colon::is_cut_inside(rule, before, option)
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
            if is_rest || unescaped_colon::is_cut_inside(rule, option, next) {
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

/// Whether an option looks like a comment, or like a value with a comment behind it.
fn has_comment(option: &RuleOption<'_>) -> bool {
    let value = option.value.as_deref().unwrap_or_default();
    option.name.starts_with(b"#")
        || value.starts_with(b"#")
        || memchr::memmem::find(value, b" #").is_some()
        || memchr::memmem::find(value, b"\t#").is_some()
}

/// Whether `next`, which is no option, looks like the rest of the value of `option`: of a URL, a
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
