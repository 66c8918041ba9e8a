//! Repairs of more than a word: comments put above their rule, rules moved, files turned into text.

use super::edits::{bold, fix, safe};
use crate::diagnostic::Fix;
use crate::edit::Edit;
use crate::lint::table::check_of;
use crate::lint::view::RuleView;
use crate::policy::{ClientPattern, Element, HostPattern, Rule, TextPattern};
use crate::span::{Span, index, offset};
use crate::syntax::{Line, LineKind};

/// The repair of a finding at `found`, where it is one of these.
pub(super) fn of(code: &str, found: Span, line: Line<'_, '_>) -> Option<Fix> {
    match code {
        "TW106" => without_nul(line),
        "TW109" | "TW110" | "TW504" => with_comment_above(found, line),
        "TW111" => as_utf8(line),
        "TW112" => with_newlines(line),
        "TW203" => with_option(found, line),
        "TW311" => with_exception(found, line),
        "TW506" => without_value(found, line),
        "TW703" => moved_behind_all(line),
        "TW711" => with_default(line),
        _ => None,
    }
}

/// All NULs out of a line.
fn without_nul(line: Line<'_, '_>) -> Option<Fix> {
    let span = line.span();
    let bytes = span.of(line.tree().source());
    let at = memchr::memchr_iter(0, bytes).map(|at| span.start + offset(at));
    let edits: Vec<Edit> = at.map(|at| Edit::delete(Span::new(at, at + 1))).collect();
    (!edits.is_empty()).then(|| fix("remove the NUL", edits, false))
}

/// What stands behind a `#` in a rule, on a line of its own above it.
fn with_comment_above(found: Span, line: Line<'_, '_>) -> Option<Fix> {
    let source = line.tree().source();
    let (rule, end) = content(line)?;
    let head = source.get(index(rule.start)..=index(found.start))?;
    let hash = rule.start + offset(memchr::memrchr(b'#', head)?);
    let comment = Span::new(hash, end).of(source);
    // A colon behind it may begin options that are meant.
    if comment.contains(&b':') {
        return None;
    }
    let kept = Span::new(rule.start, hash).of(source).trim_ascii_end();
    // A colon before it begins no option any longer.
    let kept = match kept.strip_suffix(b":") {
        Some(head) if head.contains(&b':') => head.trim_ascii_end(),
        _ => kept,
    };
    let gone = Span::new(rule.start + offset(kept.len()), end);
    let above = [comment.trim_ascii_end(), b"\n"].concat();
    let edits = vec![Edit::insert(rule.start, above), Edit::delete(gone)];
    Some(fix("put the comment above the rule", edits, false))
}

/// A whole table of UTF-16 as UTF-8.
fn as_utf8(line: Line<'_, '_>) -> Option<Fix> {
    let source = line.tree().source();
    let (order, units) = source.split_at_checked(2)?;
    let unit: fn([u8; 2]) -> u16 = match order {
        [0xff, 0xfe] => u16::from_le_bytes,
        [0xfe, 0xff] => u16::from_be_bytes,
        _ => return None,
    };
    let units = units.chunks_exact(2);
    if !units.remainder().is_empty() {
        return None;
    }
    let units = units.filter_map(|pair| pair.try_into().ok()).map(unit);
    let mut text: String = char::decode_utf16(units).collect::<Result<_, _>>().ok()?;
    if !text.ends_with('\n') {
        text.push('\n');
    }
    bold(
        "save it as UTF-8",
        Span::new(0, offset(source.len())),
        text.into_bytes(),
    )
}

/// A whole table with a newline for every carriage return.
fn with_newlines(line: Line<'_, '_>) -> Option<Fix> {
    let source = line.tree().source();
    let mut text = source.to_vec();
    for byte in &mut text {
        if *byte == b'\r' {
            *byte = b'\n';
        }
    }
    if !text.ends_with(b"\n") {
        text.push(b'\n');
    }
    let whole = Span::new(0, offset(source.len()));
    bold("write newlines for the carriage returns", whole, text)
}

/// A suppression without one of its codes, or nothing if it was the only one.
pub(super) fn without_code(found: Span, line: Line<'_, '_>) -> Option<Fix> {
    let source = line.tree().source();
    // A code that does not exist may be another one misspelt.
    str::from_utf8(found.of(source)).ok().and_then(check_of)?;
    let at = |place: u32| source.get(index(place));
    let gone = if at(found.start.wrapping_sub(1)) == Some(&b',') {
        Span::new(found.start - 1, found.end)
    } else if at(found.end) == Some(&b',') {
        Span::new(found.start, found.end + 1)
    } else {
        // What else the comment says is somebody's reason.
        let rest = Span::new(found.end, line.span().end).of(source);
        let is_bare = rest.trim_ascii().is_empty();
        return is_bare.then(|| fix("remove the comment", vec![Edit::delete(line.span())], true));
    };
    safe("remove the code", vec![Edit::delete(gone)])
}

/// The rule gone.
pub(super) fn removed(line: Line<'_, '_>) -> Option<Fix> {
    safe("remove the rule", vec![Edit::delete(line.span())])
}

/// Whether a rule can be meant only as it is read: daemons and clients without exceptions, and no
/// word among them that may be a mistake.
pub(super) fn is_plain_rule(rule: &RuleView<'_, '_>) -> bool {
    let is_all = |text: &[u8]| text.eq_ignore_ascii_case(b"ALL");
    let is_client = |text: &[u8]| match ClientPattern::read(text).host {
        HostPattern::Known
        | HostPattern::Local
        | HostPattern::Ipv4Net { .. }
        | HostPattern::Ipv6Net { .. } => true,
        HostPattern::Text { pattern, also_name } => match pattern {
            TextPattern::All | TextPattern::Ipv6(_) => true,
            TextPattern::Exact(_) | TextPattern::Prefix(_) if !also_name => true,
            TextPattern::Exact(text) => text.contains(&b'.') || is_word(text),
            TextPattern::Suffix(text) => text.iter().any(u8::is_ascii_alphabetic),
            TextPattern::Prefix(_)
            | TextPattern::Wildcard(_)
            | TextPattern::Known
            | TextPattern::BadIpv6(_) => false,
        },
        HostPattern::Netgroup(_) | HostPattern::ListFile(_) | HostPattern::BadNet(_) => false,
    };
    let is_daemon = |text: &[u8]| {
        let is_name = |byte: &u8| byte.is_ascii_alphanumeric() || b"._-*?".contains(byte);
        text.iter().all(is_name)
    };
    let all = |elements: &[Element<'_>], is: &dyn Fn(&[u8]) -> bool| {
        elements.iter().all(|element| match element {
            Element::Pattern { text, .. } => is(text),
            Element::Except { .. } => false,
        })
    };
    let beside_all = rule.clients.len() > 1
        && rule
            .clients
            .iter()
            .any(|element| matches!(element, Element::Pattern { text, .. } if is_all(text)));
    all(&rule.daemons, &is_daemon) && all(&rule.clients, &is_client) && !beside_all
}

fn is_word(text: &[u8]) -> bool {
    let words: [&[u8]; 2] = [b"UNKNOWN", b"PARANOID"];
    words.iter().any(|word| text.eq_ignore_ascii_case(word))
}

/// Whether the line above is a comment in which tcpw keeps what it knows about this one.
pub(super) fn is_labelled(line: Line<'_, '_>) -> bool {
    let above = line
        .index()
        .checked_sub(1)
        .and_then(|at| line.tree().line(at));
    above.is_some_and(is_label)
}

fn is_label(line: Line<'_, '_>) -> bool {
    let text = line.span().of(line.tree().source());
    let hashes = text
        .iter()
        .take_while(|byte| b"# \t".contains(byte))
        .count();
    let words = text.get(hashes..).unwrap_or_default();
    line.kind() == LineKind::Comment
        && words
            .strip_prefix(b"tcpw:")
            .is_some_and(|rest| !rest.trim_ascii_start().starts_with(b"ignore="))
}

/// `ALL deny` as `ALL: deny`, at the end of a rule.
fn with_option(found: Span, line: Line<'_, '_>) -> Option<Fix> {
    let source = line.tree().source();
    let (rule, end) = content(line)?;
    let is_last = Span::new(found.end, end).of(source).trim_ascii().is_empty();
    let before = Span::new(rule.start, found.start).of(source);
    let is_blank = |byte: &u8| byte.is_ascii_whitespace() || *byte == b',';
    let blanks = before
        .iter()
        .rev()
        .take_while(|byte| is_blank(byte))
        .count();
    let start = found.start - offset(blanks);
    is_last.then(|| {
        fix(
            "put a colon before it",
            vec![Edit::replace(Span::new(start, found.start), ": ")],
            false,
        )
    })
}

/// `!x` as `x` behind EXCEPT, and as `EXCEPT x` at the end of a list.
fn with_exception(found: Span, line: Line<'_, '_>) -> Option<Fix> {
    let rule = Rule::of(line)?;
    let mut elements = rule.clients().elements();
    let is_excepted = elements
        .by_ref()
        .take_while(|element| element.span() != found)
        .any(|element| matches!(element, Element::Except { .. }));
    let is_last = elements.next().is_none();
    let mark = Span::new(found.start, found.start + 1);
    if is_excepted {
        return bold("remove the !", mark, Vec::new());
    }
    let is_whole = rule.clients().elements().next()?.span() != found;
    (is_last && is_whole)
        .then(|| bold("write EXCEPT", mark, b"EXCEPT ".to_vec()))
        .flatten()
}

/// An option without the value that it does not take, if the value says what the option says.
fn without_value(found: Span, line: Line<'_, '_>) -> Option<Fix> {
    let source = line.tree().source();
    let idle: [&[u8]; 6] = [b"all", b"yes", b"true", b"on", b"1", b"access"];
    let value = found.of(source);
    if !idle.iter().any(|word| value.eq_ignore_ascii_case(word)) {
        return None;
    }
    let start = line.span().start;
    let before = Span::new(start, found.start).of(source);
    let is_between = |byte: &u8| byte.is_ascii_whitespace() || *byte == b'=';
    let blanks = before
        .iter()
        .rev()
        .take_while(|byte| is_between(byte))
        .count();
    let gone = Span::new(found.start - offset(blanks), found.end);
    bold("remove the value", gone, Vec::new())
}

/// A rule at the end of its table, behind all that grants.
fn moved_behind_all(line: Line<'_, '_>) -> Option<Fix> {
    let source = line.tree().source();
    let rule = line.span();
    let edits = vec![
        Edit::delete(rule),
        Edit::insert(end_of_table(line)?, rule.of(source)),
    ];
    Some(fix("move it after all rules that grant", edits, false))
}

/// `ALL: ALL` at the end of a table that denies everybody already.
fn with_default(line: Line<'_, '_>) -> Option<Fix> {
    let edit = Edit::insert(end_of_table(line)?, "ALL: ALL\n");
    safe("add `ALL: ALL`", vec![edit])
}

/// Where a line can be added to the table; nowhere if what stands last would swallow it.
fn end_of_table(line: Line<'_, '_>) -> Option<u32> {
    let tree = line.tree();
    let source = tree.source();
    let is_open = !source.ends_with(b"\n") || source.ends_with(b"\\\n") || source.contains(&0);
    // What a label without a rule says would be about the new line.
    let is_open = is_open || tree.lines().next_back().is_some_and(is_label);
    let is_read = tree.broken_line().is_none();
    (is_read && !is_open).then(|| offset(source.len()))
}

/// A line in one piece, and the end of its text before the newline.
fn content(line: Line<'_, '_>) -> Option<(Span, u32)> {
    let span = line.span();
    let bytes = span.of(line.tree().source());
    let text = bytes.strip_suffix(b"\n").unwrap_or(bytes);
    (!line.is_joined()).then(|| (span, span.start + offset(text.len())))
}
