//! An index over a table: a query looks at the few rules that can match, in their order, and never
//! walks over the others. Every candidate is then put to the linear matcher, so that verdicts,
//! deciding rules and explanations are the same by construction.

use crate::engine::index::buckets::{Buckets, Merged};
use crate::engine::index::key::{Key, KeyHasher, Kind, Lengths, Scope, scope_of};
use crate::engine::model::request::Request;
use crate::policy::{
    ClientPattern, DaemonPattern, Element, HostPattern, List, Process, Rule, TextPattern, rules,
};
use crate::span::{index, offset};
use crate::syntax::Tree;
use std::borrow::Cow;

/// A rule with more daemons than this is filed for all of them: a line of 2046 bytes can name
/// hundreds of daemons and hundreds of clients, and every pair would be a key.
const DAEMONS_LIMIT: usize = 8;

/// The compiled form of one table.
#[derive(Debug)]
pub(crate) struct TableIndex<'t> {
    tree: &'t Tree<'t>,
    hasher: KeyHasher,
    rules: Buckets,
    used: Used,
}

/// Which kinds and lengths of keys there are, for all daemons and for single ones.
#[derive(Debug, Clone, Default)]
struct Used {
    all: Lengths,
    single: Lengths,
}

impl<'t> TableIndex<'t> {
    /// Compiles a table in one pass over its tree.
    pub(crate) fn new(tree: &'t Tree<'t>) -> Self {
        let hasher = KeyHasher::default();
        let mut builder = Builder {
            hasher: &hasher,
            used: Used::default(),
            pairs: Vec::new(),
        };
        for rule in rules(tree) {
            builder.rule(rule);
        }
        let (used, pairs) = (builder.used, builder.pairs);
        Self {
            tree,
            hasher,
            rules: Buckets::new(&pairs),
            used,
        }
    }

    /// The rules that can match `request`, in the order of the table, each once.
    pub(crate) fn candidates<'i>(&'i self, request: &Request) -> Candidates<'i, 't> {
        let mut lines = Merged::new();
        for (scope, used) in [
            (Scope::All, &self.used.all),
            (scope_of(request), &self.used.single),
        ] {
            Key::of_host(&request.client, used, |key| {
                lines.add(self.rules.get(self.hasher.hash(scope, &key)));
            });
        }
        Candidates {
            tree: self.tree,
            lines,
        }
    }
}

/// Rules in ascending order, without repeats.
#[derive(Debug)]
pub(crate) struct Candidates<'i, 't> {
    tree: &'t Tree<'t>,
    lines: Merged<'i>,
}

impl<'t> Iterator for Candidates<'_, 't> {
    type Item = Rule<'t, 't>;

    fn next(&mut self) -> Option<Self::Item> {
        let tree = self.tree;
        self.lines
            .find_map(|line| tree.line(index(line)).and_then(Rule::of))
    }
}

struct Builder<'h> {
    hasher: &'h KeyHasher,
    used: Used,
    pairs: Vec<(u64, u32)>,
}

impl Builder<'_> {
    fn rule(&mut self, rule: Rule<'_, '_>) {
        let line = offset(rule.line().index());
        let daemons = single_daemons(rule.daemons());
        if asks_list_files(rule.daemons()) {
            // The matcher reads them before it comes to the clients, and may fail there.
            self.file(Scope::All, &Key::plain(Kind::Rest), line);
        }
        for element in rule.clients().elements() {
            // Only what stands before the first EXCEPT makes a list match.
            let Element::Pattern { text, .. } = element else {
                break;
            };
            let Some(key) = Key::of_pattern(ClientPattern::read(&text).host) else {
                continue;
            };
            match &daemons {
                None => self.file(Scope::All, &key, line),
                Some(daemons) => {
                    for daemon in daemons {
                        self.file(Scope::Daemon(daemon), &key, line);
                    }
                }
            }
        }
    }

    fn file(&mut self, scope: Scope<'_>, key: &Key<'_>, line: u32) {
        let used = match scope {
            Scope::All => &mut self.used.all,
            Scope::Daemon(_) => &mut self.used.single,
        };
        let key = used.admit(*key);
        self.pairs.push((self.hasher.hash(scope, &key), line));
    }
}

/// Whether a daemon list names a server's end by a list file.
fn asks_list_files(list: List<'_, '_>) -> bool {
    list.elements().any(|element| match element {
        Element::Pattern { text, .. } => {
            matches!(
                DaemonPattern::read(&text).host,
                Some(HostPattern::ListFile(_))
            )
        }
        Element::Except { .. } => false,
    })
}

/// The names a daemon list consists of, if it is made of few plain names; else `None`, and the
/// rule is a candidate for every daemon.
fn single_daemons<'s>(list: List<'_, 's>) -> Option<Vec<Cow<'s, [u8]>>> {
    let mut names = Vec::new();
    for element in list.elements() {
        let Element::Pattern { text, .. } = element else {
            break;
        };
        let pattern = DaemonPattern::read(&text);
        let is_plain = matches!(pattern.process, Process::Name(TextPattern::Exact(_)));
        let is_anywhere = pattern.host.is_none_or(|host: HostPattern<'_>| {
            matches!(
                host,
                HostPattern::Text {
                    pattern: TextPattern::All,
                    ..
                }
            )
        });
        if !is_plain || !is_anywhere || names.len() == DAEMONS_LIMIT || text.contains(&b'@') {
            return None;
        }
        names.push(text);
    }
    Some(names)
}
