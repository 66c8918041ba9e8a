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

    /// The hashes under which rules are filed that ask for the client's name if it is not known yet.
    pub(crate) fn of_named(&self, request: &Request) -> impl Iterator<Item = u64> {
        let scopes = [(Scope::All, &self.all), (scope_of(request), &self.single)];
        let used = scopes
            .into_iter()
            .filter(|(_, used)| used.contains(Kind::Named, 0));
        used.map(|(scope, _)| self.hasher.hash(scope, &Key::plain(Kind::Named)))
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
    /// Whether requests may come whose client has no name yet.
    is_for_open: bool,
}

impl Filing {
    pub(crate) fn new(hasher: KeyHasher) -> Self {
        Self {
            keys: UsedKeys {
                hasher,
                ..UsedKeys::default()
            },
            pairs: Vec::new(),
            is_for_open: false,
        }
    }

    /// One for requests whose client has no name yet, too.
    pub(crate) fn for_open(hasher: KeyHasher) -> Self {
        Self {
            is_for_open: true,
            ..Self::new(hasher)
        }
    }

    /// Files a rule under its keys, as this number.
    pub(crate) fn rule(&mut self, rule: Rule<'_, '_>, number: u32) {
        let daemons = single_daemons(rule.daemons());
        if asks_list_files(rule.daemons()) {
            // The matcher reads them before it comes to the clients, and may fail there.
            self.file(Scope::All, &Key::plain(Kind::Rest), number);
        }
        let mut asks_name = false;
        for element in rule.clients().elements() {
            // Only what stands before the first EXCEPT makes a list match.
            let Element::Pattern { text, .. } = element else {
                break;
            };
            let host = ClientPattern::read(&text).host;
            let is_of_name = matches!(
                host,
                HostPattern::Text {
                    also_name: true,
                    ..
                }
            );
            let key = Key::of_pattern(host);
            // What can never match asks, too.
            asks_name |= is_of_name && key.is_none_or(|key| key.is_of_text());
            if let Some(key) = key {
                self.file_for(daemons.as_deref(), &key, number);
            }
        }
        if asks_name && self.is_for_open {
            self.file_for(daemons.as_deref(), &Key::plain(Kind::Named), number);
        }
    }

    /// Files a rule for some daemons, or for all.
    fn file_for(&mut self, daemons: Option<&[Cow<'_, [u8]>]>, key: &Key<'_>, number: u32) {
        let Some(daemons) = daemons else {
            self.file(Scope::All, key, number);
            return;
        };
        for daemon in daemons {
            self.file(Scope::Daemon(daemon), key, number);
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
