//! A verdict in words: where the deciding rule is and why it matched.

use super::words::word_of;
use crate::cli::machine::tables::TableFiles;
use crate::engine::{Cause, Effect, Matched, Outcome, Request, TableName, Verdict};
use crate::escape::visible;
use crate::policy::{ClientPattern, HostPattern, Rule, TextPattern};
use crate::span::Span;
use crate::syntax::{LineKind, Reading, Reason, Tree};
use std::borrow::Cow;

/// `FILE:LINE` and the text of the rule that decided, if one did.
pub(crate) fn place(verdict: &Verdict, tables: &TableFiles) -> Option<(String, Vec<u8>)> {
    place_by(&verdict.cause, tables)
}

/// `FILE:LINE` and the text of the rule that a cause names, if it names one.
pub(crate) fn place_by(cause: &Cause, tables: &TableFiles) -> Option<(String, Vec<u8>)> {
    let matched = match cause {
        Cause::Rule { matched, .. } | Cause::EitherWay(matched) => *matched,
        Cause::Undecided(undecided) => undecided.rule?,
        Cause::NoRule | Cause::BrokenTable { .. } | Cause::Unreadable(_) => return None,
    };
    let file = tables.file(matched.table);
    let tree = file.tree();
    let rule = tree.line(matched.line).and_then(Rule::of)?;
    let place = format!("{}:{}", file.path.display(), matched.number);
    Some((place, rule.text().into_owned()))
}

/// The table and line that decided; libwrap counts only the lines before a broken one.
pub(crate) fn located(verdict: &Verdict) -> Option<(TableName, u32)> {
    located_by(&verdict.cause)
}

/// The table and line that a cause names; of a broken table, the broken line.
pub(crate) fn located_by(cause: &Cause) -> Option<(TableName, u32)> {
    match cause {
        Cause::Rule { matched, .. } | Cause::EitherWay(matched) => {
            Some((matched.table, matched.number))
        }
        Cause::BrokenTable { table, number, .. } => Some((*table, *number + 1)),
        Cause::Unreadable(table) => Some((*table, 0)),
        Cause::Undecided(undecided) => undecided.rule.map(|rule| (rule.table, rule.number)),
        Cause::NoRule => None,
    }
}

/// The reasons of a verdict, one a line.
pub(crate) fn why(verdict: &Verdict, request: &Request, tables: &TableFiles) -> Vec<String> {
    match &verdict.cause {
        Cause::NoRule => vec!["no rule matches, so libwrap grants".to_owned()],
        Cause::Unreadable(table) => {
            let path = tables.file(*table).path.display();
            vec![format!("{path} cannot be read, so libwrap denies")]
        }
        Cause::Undecided(undecided) => {
            let rule = undecided.rule.filter(|_| !verdict.ways.is_empty());
            let matched = rule.map(|rule| rule_reason(&rule, request, tables));
            let what = undecided.what.clone();
            matched.into_iter().chain([what]).collect()
        }
        Cause::EitherWay(rule) => vec![
            rule_reason(rule, request, tables),
            format!("{} {WHATEVER}", word_of(verdict.access)),
        ],
        Cause::BrokenTable { table, line, .. } => {
            let file = tables.file(*table);
            let tree = file.tree();
            let too_long = LineKind::Malformed(Reason::TooLong);
            let what = if tree.line(*line).is_some_and(|line| line.kind() == too_long) {
                "has a line of more than 2046 bytes"
            } else {
                "does not end in a newline"
            };
            let path = file.path.display();
            vec![format!(
                "{path} {what}, and libwrap denies everybody who gets that far"
            )]
        }
        Cause::Rule { outcome, matched } => {
            let file = tables.file(matched.table);
            let tree = file.tree();
            let mut reasons = vec![match_reason(&tree, matched, request)];
            reasons.extend(
                overrules(verdict, *outcome)
                    .or_else(|| outcome_reason(&tree, *outcome, matched.table)),
            );
            reasons
        }
    }
}

/// What is said where the end of a command makes no difference.
pub(crate) const WHATEVER: &str = "whatever the command of aclexec says";

/// Whether an option that decides stands after an `aclexec`, which then decides nothing (F-ACL-03).
fn overrules(verdict: &Verdict, outcome: Outcome) -> Option<String> {
    let is_aclexec = |effect: &Effect| matches!(effect, Effect::Aclexec(..));
    let (option, verb) = match outcome {
        Outcome::Allow => ("allow", "grants"),
        Outcome::Deny => ("deny", "denies"),
        Outcome::Twist => ("twist", "runs a command instead of the daemon"),
        Outcome::Table | Outcome::Broken { .. } | Outcome::ExpansionTooLong { .. } => return None,
    };
    let is_asked = verdict.effects.iter().any(is_aclexec);
    is_asked.then(|| format!("its option `{option}` {verb}, {WHATEVER}"))
}

fn rule_reason(matched: &Matched, request: &Request, tables: &TableFiles) -> String {
    let file = tables.file(matched.table);
    match_reason(&file.tree(), matched, request)
}

fn match_reason(tree: &Tree<'_>, matched: &Matched, request: &Request) -> String {
    let text = |span: Span| {
        tree.line(matched.line)
            .map_or(Cow::Borrowed(&[][..]), |line| line.text(span))
    };
    let (daemon, client) = (text(matched.daemon), text(matched.client));
    format!(
        "because `{}` matches the daemon and `{}` {}",
        visible(&daemon),
        visible(&client),
        client_reason(&client, request)
    )
}

/// What a client pattern that matched looked at.
pub(crate) fn client_reason(text: &[u8], request: &Request) -> String {
    let pattern = ClientPattern::read(text);
    let client = request.client();
    let (address, name) = (visible(client.address()), visible(client.name().as_bytes()));
    let what = match pattern.host {
        HostPattern::Ipv4Net { .. } | HostPattern::Ipv6Net { .. } => {
            format!("is the network of {address}")
        }
        HostPattern::Known => format!("matches because the name {name} is known"),
        HostPattern::Local => format!("matches because the name {name} has no dot"),
        HostPattern::ListFile(_) => format!("lists {address} or its name"),
        HostPattern::Netgroup(_) => format!("is a netgroup with {name} in it"),
        HostPattern::Text {
            pattern: TextPattern::All,
            ..
        } => "matches every client".to_owned(),
        HostPattern::Text {
            also_name: false, ..
        } => format!("matches the address {address}"),
        HostPattern::Text { .. } if text.eq_ignore_ascii_case(b"UNKNOWN") => {
            "matches because the client's name or address is unknown".to_owned()
        }
        HostPattern::Text { .. } if text.eq_ignore_ascii_case(b"PARANOID") => {
            "matches because the client's name does not lead back to its address".to_owned()
        }
        HostPattern::Text { .. } => format!("matches the address {address} or the name {name}"),
        // On Debian it never matches; what does match is a network elsewhere.
        HostPattern::BadNet(_) => format!("is the network of {address}"),
    };
    if pattern.user.is_some() {
        format!("{what}, with its user")
    } else {
        what
    }
}

pub(crate) fn outcome_reason(
    tree: &Tree<'_>,
    outcome: Outcome,
    table: TableName,
) -> Option<String> {
    let text = |span: Span| visible(span.of(tree.source()));
    Some(match (outcome, table) {
        (Outcome::Allow, TableName::Deny) => "its option `allow` grants, in the deny table".into(),
        (Outcome::Deny, TableName::Allow) => "its option `deny` denies, in the allow table".into(),
        (Outcome::Table | Outcome::Allow | Outcome::Deny, _) => return None,
        (Outcome::Twist, _) => "its option `twist` runs a command instead of the daemon".into(),
        (Outcome::Broken { problem, span }, _) if span.is_empty() => {
            format!("one of its options is empty, so libwrap denies: {problem}")
        }
        (Outcome::Broken { problem, span }, _) => {
            format!(
                "its option `{}` is broken, so libwrap denies: {problem}",
                text(span)
            )
        }
        (Outcome::ExpansionTooLong { .. }, _) => {
            let most = if tree.reading() == Reading::DEBIAN {
                "8190 bytes"
            } else {
                "this build of libwrap holds"
            };
            format!("a value expands to more than {most}, so libwrap ends the daemon")
        }
    })
}
