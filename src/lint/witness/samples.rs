//! The clients that are tried for a finding.

use crate::lint::check::Check;
use crate::lint::claims::Group;
use crate::lint::finding::{About, Finding};
use crate::lint::table::row_of;
use crate::lint::trial::{
    Client, OTHER_DAEMONS, SOME_DAEMON, daemon, fields, meant, others_of, words,
};
use crate::policy::Rule;
use crate::span::Span;
use crate::syntax::Line;
use std::borrow::Cow;

/// As many words of a line as are tried.
const WORD_LIMIT: usize = 12;
/// As many daemons of a line as are tried.
const DAEMON_LIMIT: usize = 3;
/// How many lines after a rule are searched for clients that it keeps from their own.
const LINES_AFTER: usize = 16;

/// What a line and a finding in it offer.
pub(super) struct Samples {
    pub(super) daemons: Vec<Vec<u8>>,
    /// Whether what is marked stands after an odd number of `EXCEPT`.
    pub(super) is_excepted: bool,
    marked: Vec<Client>,
    line: Vec<Client>,
    after: Vec<Client>,
    following: Vec<Client>,
}

impl Samples {
    pub(super) fn of(line: Line<'_, '_>, finding: &Finding) -> Self {
        let found = &finding.diagnostic;
        let text = match &finding.about {
            About::Rule(rule) => Cow::Borrowed(rule.as_slice()),
            About::Marked
            | About::Clients(_)
            | About::Meant(_)
            | About::Daemon(_)
            | About::Seen(_) => line.text(line.span()),
        };
        let (daemons, clients) = fields(&text);
        let names = daemons_tried(finding, daemons);
        let within = Span::new(
            found.span.start,
            found.span.end.min(line.span().end).max(found.span.start),
        );
        let marked = line.text(within);
        let before = line.text(Span::new(line.span().start, within.start));
        let after = line.text(Span::new(within.end, line.span().end.max(within.end)));
        // What is marked is the whole rule, or a daemon: then its clients are meant.
        let is_about_clients = before.len() > daemons.len() || daemons.is_empty();
        let marked: &[u8] = match &finding.about {
            About::Clients(words) | About::Meant(words) => words,
            About::Marked | About::Daemon(_) | About::Seen(_) if is_about_clients => &marked,
            About::Marked | About::Daemon(_) | About::Rule(_) | About::Seen(_) => clients,
        };
        let is_except = |word: &&[u8]| word.eq_ignore_ascii_case(b"EXCEPT");
        // Those of the daemons do not count for the clients.
        let own_list = before.get(daemons.len() + 1..).unwrap_or(&before);
        let excepts = words(own_list).filter(is_except).count();
        // Who writes `!x` wants x excepted, after EXCEPT too.
        let is_negated = marked.starts_with(b"!");
        let mut following = Vec::new();
        for next in lines_after(line) {
            let text = next.text(next.span());
            let (first, second) = fields(&text);
            let wanted = if second.is_empty() { first } else { second };
            following.extend(words(wanted).take(WORD_LIMIT).flat_map(meant));
        }
        let mut all: Vec<Client> = words(marked).take(WORD_LIMIT).flat_map(meant).collect();
        all.sort_by_key(|client| client.name.is_some());
        let also_tried = row_of(finding.check).and_then(|row| row.also_tried);
        let special = also_tried.and_then(|client| client(&String::from_utf8_lossy(marked)));
        Self {
            daemons: names,
            is_excepted: excepts % 2 == 1 || is_negated,
            marked: special.into_iter().chain(all).collect(),
            line: clients_of_line(finding.check, line, clients),
            after: words(&after).take(WORD_LIMIT).flat_map(meant).collect(),
            following,
        }
    }

    pub(super) fn clients(&self, group: Group) -> Vec<Client> {
        match group {
            Group::Marked => self.marked.clone(),
            Group::Line => self.line.clone(),
            Group::After => self.after.clone(),
            Group::Following => self.following.clone(),
            Group::Strangers => Client::strangers(),
        }
    }
}

/// The daemons that are tried for a finding in a rule about these.
fn daemons_tried(finding: &Finding, daemons: &[u8]) -> Vec<Vec<u8>> {
    let mut names: Vec<Vec<u8>> = words(daemons)
        .filter_map(daemon)
        .rev()
        .take(DAEMON_LIMIT)
        .chain(others_of(daemons))
        .collect();
    if let About::Daemon(meant) = finding.about {
        names = vec![meant.as_bytes().to_vec()];
    }
    if finding.check.may_be_prose {
        names.retain(|name| is_known(name));
    }
    if names.is_empty() {
        names.push(SOME_DAEMON.to_vec());
    }
    names
}

/// Whether a word of a comment is certainly the name of a daemon.
fn is_known(daemon: &[u8]) -> bool {
    daemon == SOME_DAEMON || OTHER_DAEMONS.contains(&daemon)
}

/// The clients that all words of a client list are about. A line without a colon has no such list:
/// only its addresses are clients for certain, and none if it was to be a comment; nor are the words
/// of a comment names.
fn clients_of_line(check: &Check, line: Line<'_, '_>, clients: &[u8]) -> Vec<Client> {
    let all = words(clients).take(WORD_LIMIT).flat_map(meant);
    if !check.may_be_prose {
        all.collect()
    } else if Rule::of(line).is_none() && clients.trim_ascii_start().starts_with(b"#") {
        Vec::new()
    } else {
        all.filter(|client| client.name.is_none()).collect()
    }
}

/// The lines after `line`, as far as they are searched.
fn lines_after<'t, 's>(line: Line<'t, 's>) -> impl Iterator<Item = Line<'t, 's>> {
    let tree = line.tree();
    let first = line.index() + 1;
    (first..first + LINES_AFTER).map_while(move |index| tree.line(index))
}
