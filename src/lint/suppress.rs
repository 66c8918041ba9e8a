//! Comments that accept findings: `# tcpw: ignore=TW301,TW601 reason`, on a line of its own above
//! the rule.

use super::policy::Policy;
use crate::engine::TableName;
use crate::metadata::Comment;
use crate::span::{Span, offset};
use crate::syntax::{Line, LineKind};
use std::sync::atomic::{AtomicBool, Ordering};

/// What makes a comment one of these, after its `#` and spaces.
const MARK: &[u8] = b"tcpw:";
/// The one thing such a comment can say.
const IGNORE: &[u8] = b"ignore=";

/// All suppressions of both tables, by table and target.
#[derive(Debug, Default)]
pub(super) struct Suppressions {
    found: Vec<Suppression>,
}

#[derive(Debug)]
struct Suppression {
    table: TableName,
    /// The code as it is written, and its place.
    code: Vec<u8>,
    at: Span,
    /// The line that is meant; also the whole table, for what is said about no line of it.
    target: Span,
    is_used: AtomicBool,
}

/// Why a suppression has no effect.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Idle {
    /// The comment is of the kind, but says something else.
    Unreadable,
    /// There is not such code.
    UnknownCode,
    /// Nothing of the kind is found there.
    NothingFound,
}

impl Suppressions {
    pub(super) fn read(policy: &Policy<'_>) -> Self {
        let mut found = Vec::new();
        for (table, tree) in policy.tables() {
            if memchr::memmem::find(tree.source(), MARK).is_none() {
                continue;
            }
            let mut waiting: Vec<Suppression> = Vec::new();
            for line in tree.lines() {
                if is_about_rule(line) {
                    // It may stand between, and is not a rule that could be meant.
                    continue;
                }
                let codes = codes(line);
                if codes.is_empty() {
                    for mut suppression in waiting.drain(..) {
                        suppression.target = line.span();
                        found.push(suppression);
                    }
                    continue;
                }
                waiting.extend(codes.into_iter().map(|(code, at)| Suppression {
                    table,
                    code,
                    at,
                    target: Span::empty(at.end),
                    is_used: AtomicBool::new(false),
                }));
            }
            found.append(&mut waiting);
        }
        Self { found }
    }

    /// Whether a finding is suppressed; it then counts as the use of the suppression.
    pub(super) fn covers(&self, table: TableName, code: &str, span: Span) -> bool {
        // In the order of their targets, which are lines: those of one line stand together.
        let behind = |found: &Suppression| (found.table, found.target.start) <= (table, span.start);
        let end = self.found.partition_point(behind);
        let before = self.found.get(..end).unwrap_or_default();
        let Some(last) = before.last() else {
            return false;
        };
        let is_there = |found: &&Suppression| {
            (found.table, found.target) == (table, last.target)
                && span.start < found.target.end.max(found.target.start + 1)
        };
        let mut is_covered = false;
        for suppression in before.iter().rev().take_while(is_there) {
            if suppression.code.eq_ignore_ascii_case(code.as_bytes()) {
                suppression.is_used.store(true, Ordering::Relaxed);
                is_covered = true;
            }
        }
        is_covered
    }

    /// Those without effect; `is_code` tells whether a text is a code.
    pub(super) fn idle(&self, is_code: fn(&[u8]) -> bool) -> Vec<(TableName, Span, Idle)> {
        let idle = self
            .found
            .iter()
            .filter(|found| !found.is_used.load(Ordering::Relaxed));
        idle.map(|found| {
            let why = if found.code.is_empty() {
                Idle::Unreadable
            } else if is_code(&found.code) {
                Idle::NothingFound
            } else {
                Idle::UnknownCode
            };
            (found.table, found.at, why)
        })
        .collect()
    }
}

/// Whether a line is a comment of tcpw about a rule, readable or not.
fn is_about_rule(line: Line<'_, '_>) -> bool {
    line.kind() == LineKind::Comment && Comment::read(&line.text(line.span())).is_some()
}

/// The codes that a comment line suppresses; one without text if it says something else.
fn codes(line: Line<'_, '_>) -> Vec<(Vec<u8>, Span)> {
    if line.kind() != LineKind::Comment {
        return Vec::new();
    }
    let text = line.span().of(line.tree().source());
    let words = words_of(text);
    let Some(rest) = words.strip_prefix(MARK) else {
        return Vec::new();
    };
    let rest = rest.trim_ascii_start();
    let whole = Span::new(
        line.span().start,
        line.span().start + offset(text.trim_ascii_end().len()),
    );
    let Some(list) = rest.strip_prefix(IGNORE) else {
        return vec![(Vec::new(), whole)];
    };
    let mut at = line.span().start + offset(text.len() - list.len());
    let list = list
        .split(u8::is_ascii_whitespace)
        .next()
        .unwrap_or_default();
    let mut found = Vec::new();
    for code in list.split(|&byte| byte == b',') {
        let end = at + offset(code.len());
        found.push((
            code.to_vec(),
            if code.is_empty() {
                whole
            } else {
                Span::new(at, end)
            },
        ));
        at = end + 1;
    }
    found
}

/// A comment without the `#` signs and spaces at its beginning.
fn words_of(comment: &[u8]) -> &[u8] {
    let is_text = |byte: &u8| !b"# \t".contains(byte);
    let start = comment.iter().position(is_text).unwrap_or(comment.len());
    comment.get(start..).unwrap_or_default()
}
