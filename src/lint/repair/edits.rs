//! The edits that repair a finding, by code.

use super::{lines, readings};
use crate::diagnostic::{Diagnostic, Fix};
use crate::edit::Edit;
use crate::engine::TableName;
use crate::lint::checks::commands::percent_vanishes;
use crate::lint::checks::lists::except_last;
use crate::lint::checks::options::unescaped_colon;
use crate::lint::command::{Piece, is_whole, pieces};
use crate::lint::view::RuleView;
use crate::policy::{Dialect, Rule, RuleOption};
use crate::span::{Span, index, offset};
use crate::syntax::Line;

/// The repair of a finding in `line` of a table, where there is one that needs no thinking.
pub(super) fn of(
    found: &Diagnostic,
    table: TableName,
    line: Line<'_, '_>,
    dialect: &'static Dialect,
) -> Option<Fix> {
    // A label of tcpw is about the rule as it is.
    if lines::is_labelled(line) {
        return None;
    }
    let source = line.tree().source();
    let text = found.span.of(source);
    let is_plain = !line.is_joined();
    let rule = || Rule::of(line).map(|rule| RuleView::new_in(table, rule, dialect));
    match found.code {
        // What stands twice can go: its words stay. What is idle can go if it can have no other
        // meaning than that it has.
        "TW702" if is_plain => lines::removed(line),
        "TW706" if is_plain && lines::is_plain_rule(&rule()?) => lines::removed(line),
        "TW120" if is_plain && !text.contains(&b' ') => lines::without_code(found.span, line),
        "TW325" => bold(
            "write the network",
            found.span,
            readings::ipv6_network(text)?,
        ),
        "TW406" => bold("write ALL", found.span, b"ALL".to_vec()),
        "TW212" => {
            let colon = except_last::colon(&rule()?)?;
            let is_apart = source
                .get(index(colon.end))
                .is_some_and(u8::is_ascii_whitespace);
            let space = if is_apart {
                b"".to_vec()
            } else {
                b" ".to_vec()
            };
            bold("remove the colon after EXCEPT", colon, space)
        }
        "TW213" => bold("remove one EXCEPT", found.span, b"EXCEPT".to_vec()),
        "TW101" => {
            let edits = vec![Edit::insert(line.span().end, "\n")];
            (!source.ends_with(b"\\")).then(|| fix("end the file with a newline", edits, false))
        }
        "TW103" => {
            let blanks = Span::new(found.span.start + 1, found.span.end);
            bold("end the line with the backslash", blanks, Vec::new())
        }
        "TW104" => bold("remove the backslash", found.span, Vec::new()),
        "TW107" => bold("remove the byte order mark", found.span, Vec::new()),
        "TW108" => {
            let indent = Span::new(line.span().start, found.span.start);
            bold("move the # to the first column", indent, Vec::new())
        }
        "TW502" => bold("remove the colon", found.span, Vec::new()),
        "TW503" => Some(escaped(found.span.start, &rule()?)),
        "TW601" => in_background(found.span, text),
        "TW602" => doubled(found.span.start, &rule()?),
        code => lines::of(code, found.span, line).or_else(|| {
            let new = readings::meant(code, text)?;
            bold("write what is meant", found.span, new)
        }),
    }
}

/// The colon written as `\:`, and those in the same quotes.
fn escaped(found: u32, rule: &RuleView<'_, '_>) -> Fix {
    let colons = unescaped_colon::of_the_same_value(rule, found);
    let edits: Vec<Edit> = colons
        .into_iter()
        .map(|colon| Edit::insert(colon, "\\"))
        .collect();
    let title = match edits.len() {
        1 => "escape the colon",
        _ => "escape the colons",
    };
    fix(title, edits, false)
}

/// A command that the shell does not wait for; none where that would be another command.
fn in_background(found: Span, text: &[u8]) -> Option<Fix> {
    let pieces = pieces(text);
    let is_operator = |piece: &Piece<'_>, of: &[&[u8]]| matches!(piece, Piece::Operator(text) if of.contains(text));
    let is_open = pieces
        .last()
        .is_none_or(|last| is_operator(last, &[b"|", b"&", b";"]));
    let has_comment = pieces
        .iter()
        .any(|piece| matches!(piece, Piece::Word(word) if word.text.starts_with(b"#")));
    if is_open || has_comment || !is_whole(text) || text.ends_with(b"\\") {
        return None;
    }
    // `a; b &` waits for a.
    let is_list = pieces
        .iter()
        .any(|piece| is_operator(piece, &[b";", b"\n"]));
    let edits = if is_list {
        vec![
            Edit::insert(found.start, "("),
            Edit::insert(found.end, ") &"),
        ]
    } else {
        vec![Edit::insert(found.end, " &")]
    };
    Some(fix("run it in the background", edits, false))
}

/// Every percent sign of the command of an option that does not reach it, written twice.
fn doubled(found: u32, rule: &RuleView<'_, '_>) -> Option<Fix> {
    let is_there = |option: &&RuleOption<'_>| {
        (option.value_span.start..option.value_span.end).contains(&found)
    };
    let option = rule.options.iter().find(is_there)?;
    let value = option.value_span.of(rule.source());
    let signs = percent_vanishes::doubled(option, value, rule.dialect)?;
    let edits = signs
        .into_iter()
        .map(|at| Edit::insert(option.value_span.start + offset(at), "%"));
    let edits: Vec<Edit> = edits.collect();
    (!edits.is_empty()).then(|| fix("write two percent signs", edits, false))
}

pub(super) fn fix(title: &str, edits: Vec<Edit>, is_safe: bool) -> Fix {
    Fix {
        title: title.to_owned(),
        edits,
        is_safe,
    }
}

#[expect(clippy::unnecessary_wraps, reason = "an arm of a match of options")]
pub(super) fn safe(title: &str, edits: Vec<Edit>) -> Option<Fix> {
    Some(fix(title, edits, true))
}

#[expect(clippy::unnecessary_wraps, reason = "an arm of a match of options")]
pub(super) fn bold(title: &str, span: Span, new: Vec<u8>) -> Option<Fix> {
    Some(fix(title, vec![Edit::replace(span, new)], false))
}
