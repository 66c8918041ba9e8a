//! Whom the words of a line name, in any sense that their author can have had: nobody else may be
//! let in by a repair of the line.

use super::proof::may_gain;
use super::readings;
use super::repaired::DENY_ALL;
use crate::edit::{Edit, apply};
use crate::engine::{Surroundings, TableName};
use crate::lint::checks::lists::spaced_slash::joined;
use crate::lint::view::RuleView;
use crate::policy::{ClientPattern, Dialect, Element, Rule, ipv6};
use crate::span::{Span, offset};
use crate::syntax::{Tree, parse_as};

/// A rule of a table of the named must not become longer than libwrap reads.
const RULE_LIMIT: usize = 2000;

/// Whether a repair of these lines of a table lets in, or stops refusing, only those whom a word of
/// the lines names. `before` and `after` are whole lines.
pub(super) fn grants_only_the_named(
    table: TableName,
    before: &[u8],
    after: &[u8],
    world: &dyn Surroundings,
) -> bool {
    let reading = world.dialect().reading;
    let (old, new) = (parse_as(before, reading), parse_as(after, reading));
    // Whom the same daemons are for, the same clients are meant for each of them.
    let is_same_daemon = daemon_list(&old).is_some() && daemon_list(&old) == daemon_list(&new);
    let Some(named) = named(
        before,
        &effects(table, &new, world.dialect()),
        is_same_daemon,
    ) else {
        return false;
    };
    let [old, new] = [old, new].map(|tree| without_users(&tree, is_same_daemon));
    // Both ends of the tables around the lines: whom they say nothing about is refused, or let in.
    [DENY_ALL, b""].iter().all(|end| {
        let pair = |lines: &[u8]| match table {
            TableName::Allow => Some(([&named, lines].concat(), end.to_vec())),
            // A line that does not end keeps its own end.
            TableName::Deny if lines.ends_with(b"\n") || end.is_empty() => {
                Some((named.clone(), [lines, end].concat()))
            }
            TableName::Deny => None,
        };
        let (Some(first), Some(second)) = (pair(&old), pair(&new)) else {
            return true;
        };
        !may_gain((&first.0, &first.1), (&second.0, &second.1), world)
    })
}

/// Which clients of a line are let in: those before EXCEPT, those after it, or both.
struct Sides {
    is_even: bool,
    is_odd: bool,
}

/// What the rules of some lines do: a rule that grants lets in whom it lists, one that denies whom it
/// excepts, and a line that is no longer a rule everybody whom it had caught.
fn effects(table: TableName, tree: &Tree<'_>, dialect: &'static Dialect) -> Sides {
    let mut sides = Sides {
        is_even: false,
        is_odd: false,
    };
    let mut has_rules = false;
    for rule in tree.lines().filter_map(Rule::of) {
        let grants = RuleView::new_in(table, rule, dialect).grants();
        sides.is_even |= grants;
        sides.is_odd |= !grants;
        has_rules = true;
    }
    if !has_rules {
        sides = Sides {
            is_even: true,
            is_odd: true,
        };
    }
    sides
}

/// Rules that grant to all whom a line lists before EXCEPT; nothing if there are too many.
pub(super) fn granted(line: &[u8]) -> Option<Vec<u8>> {
    let sides = Sides {
        is_even: true,
        is_odd: false,
    };
    named(line, &sides, false)
}

/// Rules that grant to all whom the words of a line name, at its daemons or at all; nothing if they
/// are too long.
fn named(text: &[u8], sides: &Sides, for_all: bool) -> Option<Vec<u8>> {
    let flat = flat(text);
    let Some(colon) = outer_colon(&flat) else {
        return Some(Vec::new());
    };
    let (daemons, clients) = flat.split_at(colon);
    let daemons = if for_all {
        b"ALL".to_vec()
    } else {
        daemons_named(daemons)
    };
    let mut table = Vec::new();
    for word in clients_named(clients.get(1..).unwrap_or_default(), sides) {
        let rule = [&daemons, &b": "[..], &word, b": allow\n"].concat();
        if rule.len() > RULE_LIMIT {
            return None;
        }
        table.extend(rule);
    }
    Some(table)
}

/// Lines as one, as somebody reads them who does not see what is hidden in them.
fn flat(text: &[u8]) -> Vec<u8> {
    let text = text.strip_prefix("\u{feff}".as_bytes()).unwrap_or(text);
    let mut out = Vec::with_capacity(text.len());
    let mut at = 0;
    while let Some(&byte) = text.get(at) {
        let rest = text.get(at + 1..).unwrap_or_default();
        at += 1;
        if byte == b'\\' {
            let blanks = rest
                .iter()
                .take_while(|byte| matches!(byte, b' ' | b'\t' | b'\r'));
            let blanks = blanks.count();
            if rest.get(blanks) == Some(&b'\n') {
                at += blanks + 1;
                if blanks > 0 {
                    out.push(b' ');
                }
                continue;
            }
        }
        out.push(if matches!(byte, b'\n' | b'\r' | 0) {
            b' '
        } else {
            byte
        });
    }
    out
}

/// The first colon outside of brackets.
fn outer_colon(text: &[u8]) -> Option<usize> {
    let mut depth = 0_i32;
    text.iter().position(|byte| {
        match byte {
            b'[' => depth += 1,
            b']' => depth -= 1,
            _ => {}
        }
        *byte == b':' && depth <= 0
    })
}

fn words(text: &[u8]) -> impl Iterator<Item = &[u8]> {
    text.split(|byte| byte.is_ascii_whitespace() || *byte == b',')
        .filter(|word| !word.is_empty())
}

/// The daemons of a line, as a list.
fn daemons_named(text: &[u8]) -> Vec<u8> {
    let reserved: [&[u8]; 6] = [b"ALL", b"*", b"KNOWN", b"UNKNOWN", b"LOCAL", b"PARANOID"];
    let mut found: Vec<&[u8]> = Vec::new();
    for word in words(text) {
        let name = word.rsplit(|&byte| byte == b'/').next().unwrap_or(word);
        if reserved
            .iter()
            .any(|other| name.eq_ignore_ascii_case(other))
        {
            return b"ALL".to_vec();
        }
        found.extend([word, name]);
        if name.eq_ignore_ascii_case(b"sshd-session") {
            found.push(b"sshd");
        }
    }
    // At the beginning of a line a `#` would make a comment of it.
    let list = found.join(&b" "[..]);
    [b" ", &list[..]].concat()
}

/// The patterns that the words of a client list stand for, without users.
fn clients_named(text: &[u8], sides: &Sides) -> Vec<Vec<u8>> {
    let mut found: Vec<(bool, Vec<u8>)> = Vec::new();
    let mut is_odd = false;
    let mut is_after_except = false;
    for word in words(text) {
        let mut word = word;
        let head = word
            .get(..6)
            .filter(|head| head.eq_ignore_ascii_case(b"EXCEPT"));
        let tail = word.get(6..).unwrap_or_default();
        if head.is_some() && (tail.is_empty() || tail.starts_with(b":")) {
            is_odd = !is_odd;
            is_after_except = true;
            word = tail;
        }
        if is_after_except && !is_ipv6(word) {
            word = word.strip_prefix(b":").unwrap_or(word);
        }
        if word.is_empty() {
            continue;
        }
        is_after_except = false;
        if is_ipv6(word) || outer_colon(word).is_none() {
            found.push((is_odd, word.to_vec()));
            continue;
        }
        // What follows the colon are options.
        let end = outer_colon(word).unwrap_or_default();
        found.extend(word.get(..end).map(|word| (is_odd, word.to_vec())));
        break;
    }
    let mut patterns = Vec::new();
    let words: Vec<&[u8]> = found.iter().map(|(_, word)| word.as_slice()).collect();
    for (at, (is_odd, word)) in found.iter().enumerate() {
        let is_negated = word.starts_with(b"!");
        let is_wanted = is_negated || if *is_odd { sides.is_odd } else { sides.is_even };
        if !is_wanted {
            continue;
        }
        patterns.extend(readings::readings(word));
        for count in [2, 3] {
            let part = words.get(at..at + count).unwrap_or_default();
            let whole = joined(&part.join(&b" "[..]));
            if whole.contains(&b'/') && !part.is_empty() {
                patterns.extend(readings::network(&whole));
            }
        }
    }
    patterns.sort();
    patterns.dedup();
    patterns
}

fn is_ipv6(word: &[u8]) -> bool {
    let word = match word.iter().skip(1).position(|&byte| byte == b'@') {
        Some(at) => word.get(at + 2..).unwrap_or_default(),
        None => word,
    };
    [word, word.strip_suffix(b":").unwrap_or(word)]
        .iter()
        .any(|word| {
            let net = word.split(|&byte| byte == b'/').next().unwrap_or_default();
            word.contains(&b':') && ipv6(net).is_some()
        })
}

/// The text of the daemon list, if the lines are one rule.
fn daemon_list(tree: &Tree<'_>) -> Option<Vec<u8>> {
    let mut lines = tree.lines();
    let (first, second) = (lines.next()?, lines.next());
    let rule = Rule::of(first).filter(|_| second.is_none())?;
    let list = first.text(rule.daemons().span()).into_owned();
    (!list.is_empty()).then_some(list)
}

/// The lines with `user@x` as `x`, and for all daemons if it does not matter for which: a set of
/// clients knows neither users nor all daemons that a pattern matches.
fn without_users(tree: &Tree<'_>, for_all: bool) -> Vec<u8> {
    let mut edits = Vec::new();
    for line in tree.lines() {
        let Some(rule) = Rule::of(line) else { continue };
        let list = rule.daemons().span();
        if for_all && !list.is_empty() {
            edits.push(Edit::replace(list, "ALL"));
        }
        for element in rule.clients().elements() {
            let Element::Pattern { text, span } = element else {
                continue;
            };
            // A word that a continued line cuts in two keeps its user: it is rare, and then nothing
            // is known about it.
            let is_plain = index_of(span) == text.len();
            let pattern = ClientPattern::read(&text);
            if pattern.user.is_none() || !is_plain {
                continue;
            }
            let at = text.iter().skip(1).position(|&byte| byte == b'@');
            if let Some(at) = at {
                edits.push(Edit::delete(Span::new(
                    span.start,
                    span.start + offset(at) + 2,
                )));
            }
        }
    }
    let source = tree.source();
    apply(source, &edits).unwrap_or_else(|_| source.to_vec())
}

fn index_of(span: Span) -> usize {
    crate::span::index(span.len())
}
