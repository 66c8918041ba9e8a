//! The clients that a list of patterns reaches, with its exceptions.

use crate::engine::clients::answer::Answer;
use crate::engine::clients::atom::{Atom, atoms};
use crate::engine::clients::group::ClientGroup;
use crate::engine::model::request::Request;
use crate::engine::model::surroundings::{Account, ListFile, Surroundings};
use crate::engine::search::compare::text_matches;
use crate::engine::search::matching::Matcher;
use crate::policy::{ClientPattern, DEBIAN_12, Dialect, Element};
use std::borrow::Cow;

/// The clients that a client list reaches, computed from its text alone.
///
/// A client is an address, a name and a user, as libwrap gets to see them: a pattern of one of the
/// three says nothing about the other two. Addresses are spelt as the system spells them, an IPv4
/// address in an IPv6 one is IPv4 (F-V4-15), and no name has a colon (F-NAME-07).
///
/// ```
/// use hosts_access::{Answer, ClientSet};
///
/// let office = ClientSet::parse("10.1. .example.org EXCEPT 10.1.9.9");
/// assert_eq!(office.covers(&ClientSet::parse("10.1.0.0/25 10.1.0.128/25")), Answer::Yes);
/// assert_eq!(office.covers(&ClientSet::parse("10.1.8.0/23")), Answer::No);
/// // libwrap compares `010.` with the text of addresses, none of which begins so.
/// assert_eq!(ClientSet::parse("010.").is_empty(), Answer::Yes);
/// // Only the machine knows what is in a file.
/// assert_eq!(office.meets(&ClientSet::parse("/etc/partners")), Answer::Unknown);
///
/// let rest = office.minus(&ClientSet::parse("10."));
/// assert_eq!(rest.meets(&ClientSet::parse("pc.example.org")), Answer::Yes);
/// assert_eq!(rest.meets(&ClientSet::parse("10.1.2.3")), Answer::No);
/// ```
#[derive(Debug, Clone)]
pub struct ClientSet<'p> {
    pub(super) dialect: &'static Dialect,
    /// The patterns, cut at each `EXCEPT`: a − (b − (c − d)) (F-EXCEPT-01).
    pub(super) lists: Vec<Vec<Cow<'p, [u8]>>>,
    /// Whoever is in one of these is not in the set.
    pub(super) minus: Vec<Self>,
}

impl<'p> ClientSet<'p> {
    /// Reads a client list, as the tested library does.
    pub fn parse(text: &'p (impl AsRef<[u8]> + ?Sized)) -> Self {
        let words = text.as_ref().split(|byte| b" \t\r\n,".contains(byte));
        let words = words.filter(|word| !word.is_empty()).map(|word| {
            let is_pattern = !word.eq_ignore_ascii_case(b"EXCEPT");
            is_pattern.then_some(Cow::Borrowed(word))
        });
        Self::of_words(words, &DEBIAN_12)
    }

    /// The clients that the elements of a list reach.
    pub fn of(elements: impl IntoIterator<Item = Element<'p>>, dialect: &'static Dialect) -> Self {
        let words = elements.into_iter().map(|element| match element {
            Element::Pattern { text, .. } => Some(text),
            Element::Except { .. } => None,
        });
        Self::of_words(words, dialect)
    }

    /// A list of patterns; nothing stands for `EXCEPT`.
    fn of_words(
        words: impl Iterator<Item = Option<Cow<'p, [u8]>>>,
        dialect: &'static Dialect,
    ) -> Self {
        let (mut lists, mut list) = (Vec::new(), Vec::new());
        for word in words {
            match word {
                Some(word) => list.push(word),
                None => lists.push(std::mem::take(&mut list)),
            }
        }
        lists.push(list);
        Self {
            dialect,
            lists,
            minus: Vec::new(),
        }
    }

    /// Whether the client of a request is in the set; its daemon does not matter.
    pub fn contains(&self, request: &Request) -> Answer {
        let world = Blank(self.dialect);
        let matcher = Matcher::new(request, &world);
        let is_in = alternate(&self.lists, |text| {
            let pattern = ClientPattern::read_in(text, self.dialect);
            let is_user = |user| text_matches(user, &request.user);
            let mut is_open = false;
            atoms(pattern.host, &mut |atom| {
                is_open |= matches!(
                    atom,
                    Atom::Netgroup(_) | Atom::ListFile(_) | Atom::Zoned(..)
                );
            });
            if !is_open {
                matcher.client(text).map_or(Answer::Unknown, Answer::from)
            } else if pattern.user.is_none_or(is_user) {
                Answer::Unknown
            } else {
                Answer::No
            }
        });
        self.minus
            .iter()
            .fold(is_in, |is_in, set| is_in.and(!set.contains(request)))
    }

    /// The clients of this set that are not in `other`.
    #[must_use]
    pub fn minus(&self, other: &Self) -> Self {
        let mut rest = self.clone();
        rest.minus.push(other.clone());
        rest
    }

    /// The groups whose clients are the set, if it has no exceptions.
    pub(super) fn groups(&self) -> Option<Vec<ClientGroup<'_>>> {
        match (&*self.lists, &*self.minus) {
            ([list], []) => {
                let group = |text| ClientGroup::of(text, self.dialect);
                Some(list.iter().map(|text| group(text)).collect())
            }
            _ => None,
        }
    }
}

/// What a chain of lists says: a − (b − (c − d)).
pub(super) fn alternate<T>(lists: &[Vec<T>], matches: impl Fn(&T) -> Answer) -> Answer {
    lists.iter().rev().fold(Answer::No, |rest, list| {
        Answer::any(list.iter().map(&matches)).and(!rest)
    })
}

/// A machine of which nothing is known but its build of the library.
struct Blank(&'static Dialect);

impl Surroundings for Blank {
    fn list_file(&self, _path: &[u8]) -> ListFile {
        ListFile::Absent
    }
    fn in_netgroup(&self, _group: &[u8], _name: &[u8]) -> bool {
        false
    }
    fn has_interface(&self, _name: &[u8]) -> bool {
        // A client with a zone came through an interface.
        true
    }
    fn has_account(&self, _account: Account, _name: &[u8]) -> bool {
        false
    }
    fn aclexec(&self, _command: &[u8]) -> Option<bool> {
        None
    }
    fn dialect(&self) -> &'static Dialect {
        self.0
    }
}
