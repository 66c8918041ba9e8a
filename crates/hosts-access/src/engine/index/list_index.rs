//! List files, compiled like tables: a query looks at the few words that can match, in their order.
//! Every one of them is then put to the linear matcher.

use crate::engine::index::buckets::{Buckets, Merged};
use crate::engine::index::key::{Key, KeyHasher, Kind, Lengths, Scope};
use crate::engine::model::request::Host;
use crate::engine::model::surroundings::{ListFile, Surroundings};
use crate::engine::model::text::{LIST_WORD_LIMIT, words};
use crate::policy::HostPattern;
use crate::span::{index, offset};
use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

/// The list files that were asked for so far.
#[derive(Debug, Default)]
pub(crate) struct ListIndexes {
    hasher: KeyHasher,
    lists: RefCell<HashMap<Vec<u8>, Compiled>>,
}

impl ListIndexes {
    /// The list at `path`, compiled when it is first asked for.
    pub(crate) fn get(&self, path: &[u8], world: &dyn Surroundings) -> Compiled {
        if let Some(known) = self.lists.borrow().get(path) {
            return known.clone();
        }
        let list = match world.list_file(path) {
            ListFile::Absent => Compiled::Absent,
            ListFile::Unread(why) => Compiled::Unread(why),
            ListFile::Read(bytes) => Compiled::Read(Rc::new(ListIndex::new(bytes, &self.hasher))),
        };
        self.lists.borrow_mut().insert(path.to_vec(), list.clone());
        list
    }

    /// The words of `list` that can match `host`, in the order of the file, and those that the
    /// matcher must see for another reason.
    pub(crate) fn candidates<'l>(
        &self,
        list: &'l ListIndex,
        host: &Host,
    ) -> impl Iterator<Item = &'l [u8]> + use<'l> {
        let mut places = Merged::new();
        Key::of_host(host, &list.used, |key| {
            places.add(list.words.get(self.hasher.hash(Scope::All, &key)));
        });
        places.filter_map(|place| {
            words(list.bytes.get(index(place)..)?)
                .next()
                .map(|(_, word)| word)
        })
    }
}

/// A list file as it is asked.
#[derive(Debug, Clone)]
pub(crate) enum Compiled {
    /// There is none.
    Absent,
    /// It cannot be read here, for this reason.
    Unread(String),
    /// Its words.
    Read(Rc<ListIndex>),
}

/// The compiled form of one list file.
#[derive(Debug)]
pub(crate) struct ListIndex {
    bytes: Rc<Vec<u8>>,
    /// Where words begin.
    words: Buckets,
    used: Lengths,
}

impl ListIndex {
    fn new(bytes: Rc<Vec<u8>>, hasher: &KeyHasher) -> Self {
        let mut used = Lengths::default();
        let mut pairs = Vec::new();
        for (place, word) in words(&bytes) {
            // One that is too long makes libwrap crash when it comes to it.
            let key = if word.len() > LIST_WORD_LIMIT {
                Some(Key::plain(Kind::Rest))
            } else {
                Key::of_pattern(HostPattern::read(word))
            };
            if let Some(key) = key {
                let key = used.admit(key);
                pairs.push((hasher.hash(Scope::All, &key), offset(place)));
            }
        }
        Self {
            words: Buckets::new(&pairs),
            bytes,
            used,
        }
    }
}
