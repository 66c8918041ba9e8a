//! Which rule a comment is about: the one whose identity it carries, if that stands below it.

use crate::metadata::label::{Comment, Label, LabelFault};
use crate::policy::{ClientPattern, Element, HostPattern, List, Rule, TextPattern};
use crate::syntax::{Line, LineKind, Tree};
use ring::digest::{SHA256, digest};
use std::fmt;

/// As many hexadecimal digits as tell two rules of one table apart.
const DIGITS: usize = 12;

/// A rule's comment.
#[derive(Debug, Clone)]
pub struct Bond<'t, 's> {
    /// What it says.
    pub label: Label,
    /// Where it stands.
    pub line: Line<'t, 's>,
    /// Whether it carries the identity of the rule. If not, it stands directly above a rule that
    /// could be its, which proves nothing.
    pub is_named: bool,
}

/// A comment that is about no rule.
#[derive(Debug, Clone)]
pub struct Stray<'t, 's> {
    /// Where it stands.
    pub line: Line<'t, 's>,
    /// Whether it says, or may say, that a rule runs out.
    pub ends_rule: bool,
    /// Why nothing follows from it.
    pub why: Why,
}

/// Why nothing follows from a comment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Why {
    /// It cannot be understood.
    Unreadable(LabelFault),
    /// The rule it is about is not below it.
    Orphan,
    /// It does not say which rule it is about; this is the identity of the one below it.
    Unnamed(String),
}

impl Why {
    /// What to do about it.
    pub fn remedy(&self) -> String {
        match self {
            Self::Unreadable(_) => {
                "mend the comment, or revoke the rule and write it again with `--for`".to_owned()
            }
            Self::Orphan => {
                "remove the comment; if the rule was changed and shall still run out, revoke it and \
                 write it again with `--for`"
                    .to_owned()
            }
            Self::Unnamed(identity) => format!(
                "add `rule={identity}` to it if it is about the rule below, or remove the comment"
            ),
        }
    }
}

impl fmt::Display for Why {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unreadable(fault) => write!(
                f,
                "this comment cannot be followed, so no rule runs out by it: {fault}"
            ),
            Self::Orphan => f.write_str(
                "the rule that this comment is about is not below it: it was removed or changed",
            ),
            Self::Unnamed(_) => f.write_str(
                "this comment does not say which rule it is about: none runs out by it, unless a \
                 change in the history wrote both at once",
            ),
        }
    }
}

/// The identity of a rule: 12 hexadecimal digits of the SHA-256 of its daemons, clients and
/// options, word for word. Spaces, commas and continued lines make no difference, so it survives
/// `tcpw fmt`; every other change makes it another rule.
pub fn identity(rule: Rule<'_, '_>) -> String {
    let mut text = Vec::new();
    words(rule.daemons(), &mut text);
    words(rule.clients(), &mut text);
    if rule.has_options() {
        for option in rule.options() {
            text.extend_from_slice(&option.name);
            text.push(b'=');
            text.extend_from_slice(option.value.as_deref().unwrap_or_default());
            text.push(b'\n');
        }
    }
    let digest = digest(&SHA256, &text);
    let digits = digest.as_ref().iter().take(DIGITS / 2);
    digits.fold(String::with_capacity(DIGITS), |text, byte| {
        text + &format!("{byte:02x}")
    })
}

fn words(list: List<'_, '_>, text: &mut Vec<u8>) {
    for element in list.elements() {
        match element {
            // A word of its own: no pattern holds a space.
            Element::Except { .. } => text.extend_from_slice(b" EXCEPT"),
            Element::Pattern { text: word, .. } => text.extend_from_slice(&word),
        }
        text.push(b' ');
    }
    text.push(b'\n');
}

/// The comment of a rule. Other comments and blank lines may stand between the two.
pub fn bond<'t, 's>(rule: Rule<'t, 's>) -> Option<Bond<'t, 's>> {
    let mut own: Option<String> = None;
    let mut unnamed = None;
    let mut at = rule.line().index();
    let is_directly_above = |at: usize| at + 1 == rule.line().index();
    while let Some(line) = at.checked_sub(1).and_then(|at| rule.line().tree().line(at)) {
        if !matches!(line.kind(), LineKind::Comment | LineKind::Blank) {
            break;
        }
        at = line.index();
        let Some(Ok(comment)) = read(line) else {
            continue;
        };
        let is_named = comment.rule.is_some();
        let is_own = comment
            .rule
            .is_some_and(|named| *own.get_or_insert_with(|| identity(rule)) == named);
        let found = || Bond {
            label: comment.label,
            line,
            is_named,
        };
        if is_own {
            return Some(found());
        }
        if !is_named && is_directly_above(at) && may_be_written(rule) {
            unnamed = Some(found());
        }
    }
    unnamed
}

/// The comments of a table from which nothing follows, as far as libwrap reads it.
pub fn strays<'t, 's>(tree: &'t Tree<'s>) -> Vec<Stray<'t, 's>> {
    let mut found = Vec::new();
    let mut waiting: Vec<Stray<'t, 's>> = Vec::new();
    for line in tree.lines().take_while(|line| line.is_read()) {
        if let Some(read) = read(line) {
            let ends_rule = read
                .as_ref()
                .map_or(true, |read| read.label.until.is_some());
            let why = match read {
                Ok(_) => Why::Orphan,
                Err(fault) => Why::Unreadable(fault),
            };
            waiting.push(Stray {
                line,
                ends_rule,
                why,
            });
            continue;
        }
        if matches!(line.kind(), LineKind::Comment | LineKind::Blank) {
            continue;
        }
        if let Some(rule) = Rule::of(line)
            && !waiting.is_empty()
            && let Some(bond) = bond(rule)
        {
            let at = bond.line.index();
            if bond.is_named {
                waiting.retain(|stray| stray.line.index() != at);
            } else if let Some(stray) = waiting.iter_mut().find(|stray| stray.line.index() == at) {
                stray.why = Why::Unnamed(identity(rule));
            }
        }
        found.append(&mut waiting);
    }
    found.append(&mut waiting);
    found
}

fn read(line: Line<'_, '_>) -> Option<Result<Comment, LabelFault>> {
    (line.kind() == LineKind::Comment)
        .then(|| Comment::read(&line.text(line.span())))
        .flatten()
}

/// Whether `tcpw allow` or `tcpw deny` could have written a rule with such a comment: clients that
/// are named, no exception and no option.
fn may_be_written(rule: Rule<'_, '_>) -> bool {
    let is_client = |element: Element<'_>| match element {
        Element::Except { .. } => false,
        Element::Pattern { text, .. } => {
            let pattern = ClientPattern::read(&text);
            let is_one = match pattern.host {
                HostPattern::Ipv4Net { .. } | HostPattern::Ipv6Net { .. } => true,
                HostPattern::Text { pattern, .. } => matches!(
                    pattern,
                    TextPattern::Exact(_)
                        | TextPattern::Suffix(_)
                        | TextPattern::Prefix(_)
                        | TextPattern::Ipv6(_)
                ),
                HostPattern::Known
                | HostPattern::Local
                | HostPattern::Netgroup(_)
                | HostPattern::ListFile(_)
                | HostPattern::BadNet(_) => false,
            };
            is_one && pattern.user.is_none() && !is_reserved(&text)
        }
    };
    let mut clients = rule.clients().elements().peekable();
    clients.peek().is_some() && !rule.has_options() && clients.all(is_client)
}

/// Whether a word stands for more than a client.
fn is_reserved(word: &[u8]) -> bool {
    let words = ["ALL", "KNOWN", "UNKNOWN", "LOCAL", "PARANOID"];
    words
        .iter()
        .any(|reserved| word.eq_ignore_ascii_case(reserved.as_bytes()))
}
