//! Rules, filed under the keys of their patterns, and the keys under which a request looks for them.

use crate::engine::index::key::{Key, KeyHasher, Kind, LENGTHS_WORDS, Lengths, Scope, scope_of};
use crate::engine::model::request::Request;
use crate::policy::{
    ClientPattern, DaemonPattern, Element, HostPattern, List, Process, Rule, TextPattern,
};
use std::borrow::Cow;

/// A rule with more daemons than this is filed for all of them: a line of 2046 bytes can name
/// hundreds of daemons and hundreds of clients, and every pair would be a key.
const DAEMONS_LIMIT: usize = 8;
/// As many numbers are made of [`UsedKeys`], the seed left out.
pub(crate) const KEYS_WORDS: usize = 2 * LENGTHS_WORDS;

/// Which kinds and lengths of keys there are, for all daemons and for single ones, and how they are
/// hashed.
#[derive(Debug, Clone, Default)]
pub(crate) struct UsedKeys {
    hasher: KeyHasher,
    all: Lengths,
    single: Lengths,
}

impl UsedKeys {
    /// What the hashes are seeded with.
    pub(crate) fn seed(&self) -> [u64; 2] {
        self.hasher.seed()
    }

    /// All but the seed as numbers, [`KEYS_WORDS`] of them.
    pub(crate) fn to_words(&self) -> impl Iterator<Item = u64> {
        self.all.to_words().chain(self.single.to_words())
    }

    /// What [`UsedKeys::to_words`] made these numbers of; nothing if it made none like them.
    pub(crate) fn of_words(seed: [u64; 2], words: &mut impl Iterator<Item = u64>) -> Option<Self> {
        Some(Self {
            hasher: KeyHasher::seeded(seed),
            all: Lengths::of_words(words)?,
            single: Lengths::of_words(words)?,
        })
    }

    /// Calls `each` with the hash of every key under which a rule that can match `request` may be
    /// filed.
    pub(crate) fn of_request(&self, request: &Request, mut each: impl FnMut(u64)) {
        for (scope, used) in [(Scope::All, &self.all), (scope_of(request), &self.single)] {
            Key::of_host(&request.client, used, |key| {
                each(self.hasher.hash(scope, &key));
            });
        }
    }
}

/// Files rules.
#[derive(Debug)]
pub(crate) struct Filing {
    pub(crate) keys: UsedKeys,
    /// The hash of a key, and the number of a rule.
    pub(crate) pairs: Vec<(u64, u32)>,
}

impl Filing {
    pub(crate) fn new(hasher: KeyHasher) -> Self {
        Self {
            keys: UsedKeys {
                hasher,
                ..UsedKeys::default()
            },
            pairs: Vec::new(),
        }
    }

    /// Files a rule under its keys, as this number.
    pub(crate) fn rule(&mut self, rule: Rule<'_, '_>, number: u32) {
        let daemons = single_daemons(rule.daemons());
        if asks_list_files(rule.daemons()) {
            // The matcher reads them before it comes to the clients, and may fail there.
            self.file(Scope::All, &Key::plain(Kind::Rest), number);
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
                None => self.file(Scope::All, &key, number),
                Some(daemons) => {
                    for daemon in daemons {
                        self.file(Scope::Daemon(daemon), &key, number);
                    }
                }
            }
        }
    }

    fn file(&mut self, scope: Scope<'_>, key: &Key<'_>, number: u32) {
        let used = match scope {
            Scope::All => &mut self.keys.all,
            Scope::Daemon(_) => &mut self.keys.single,
        };
        let key = used.admit(*key);
        self.pairs
            .push((self.keys.hasher.hash(scope, &key), number));
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
