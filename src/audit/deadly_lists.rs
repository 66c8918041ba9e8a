//! List files at which libwrap dies (F-FILE-06): of what it does then nothing is proven.

use super::trees::Trees;
use crate::engine::{ListFile, Surroundings, TableName};
use crate::escape::visible;
use crate::policy::{ClientPattern, DaemonPattern, Element, HostPattern, rules};
use std::collections::HashSet;

/// libwrap dies at a longer word, in bytes.
const WORD_LIMIT: usize = 8192;
/// As many lists in lists are followed.
const NESTING: usize = 64;

/// Why libwrap dies at a list that the tables name, for each such list, in the order of the tables.
pub(super) fn deadly_lists(trees: &Trees<'_>, world: &dyn Surroundings) -> Vec<String> {
    let mut walk = Walk {
        world,
        open: Vec::new(),
        known: HashSet::new(),
        found: Vec::new(),
    };
    let dialect = world.dialect();
    let tables = [TableName::Allow, TableName::Deny].map(|table| trees.of(table));
    for rule in tables.into_iter().flatten().flat_map(rules) {
        let source = rule.line().span().of(rule.line().tree().source());
        // Most rules of long tables name no list.
        if memchr::memchr(b'/', source).is_none() {
            continue;
        }
        for (list, is_client) in [(rule.daemons(), false), (rule.clients(), true)] {
            for element in list.elements() {
                let Element::Pattern { text, .. } = element else {
                    continue;
                };
                let host = if is_client {
                    Some(ClientPattern::read_in(&text, dialect).host)
                } else {
                    DaemonPattern::read_in(&text, dialect).host
                };
                if let Some(HostPattern::ListFile(path)) = host {
                    walk.list(path);
                }
            }
        }
    }
    walk.found
}

struct Walk<'w> {
    world: &'w dyn Surroundings,
    /// The lists on the way to this one.
    open: Vec<Vec<u8>>,
    known: HashSet<Vec<u8>>,
    found: Vec<String>,
}

impl Walk<'_> {
    fn list(&mut self, path: &[u8]) {
        let shown = || visible(path);
        if self.open.iter().any(|open| open == path) {
            self.found.push(format!(
                "the list file {} names itself, and libwrap dies when it reads it",
                shown()
            ));
            return;
        }
        if !self.known.insert(path.to_vec()) {
            return;
        }
        if self.open.len() >= NESTING {
            self.found
                .push(format!("the list file {} is too deeply nested", shown()));
            return;
        }
        let ListFile::Read(bytes) = self.world.list_file(path) else {
            return;
        };
        self.open.push(path.to_vec());
        let is_white = |byte: &u8| byte.is_ascii_whitespace() || *byte == 0x0b;
        for word in bytes.split(is_white) {
            if word.len() > WORD_LIMIT {
                self.found.push(format!(
                    "the list file {} has a word over {WORD_LIMIT} bytes, and libwrap dies when it reads it",
                    shown()
                ));
                break;
            }
            if let HostPattern::ListFile(path) = HostPattern::read_in(word, self.world.dialect()) {
                self.list(path);
            }
        }
        self.open.pop();
    }
}
