//! The daemons that the rules of both tables name: plainly, each with the first place, or by any
//! pattern.

use crate::cli::machine::tables::TableFiles;
use crate::engine::{Access, Bare, Host, HostName, Request, Table, Tables, decide};
use crate::policy::{Element, List, rules};
use crate::syntax::parse;
use std::collections::{BTreeMap, BTreeSet};

/// Words that stand for other daemons (F-DAEMON-02, F-DAEMON-03).
const WORDS: [&str; 2] = ["ALL", "KNOWN"];

/// What the rules say about daemons.
#[derive(Debug, Default)]
pub(crate) struct NamedDaemons {
    /// Plain names, each with the first place.
    names: BTreeMap<String, String>,
    /// The lists, each once.
    lists: BTreeSet<Vec<u8>>,
}

impl NamedDaemons {
    /// Those of both tables.
    pub(crate) fn of(files: &TableFiles) -> Self {
        let mut found = Self::default();
        for file in [&files.allow, &files.deny] {
            let tree = file.tree();
            for rule in rules(&tree) {
                for element in rule.daemons().elements() {
                    // What stands after it is left alone by the rule.
                    let Element::Pattern { text, .. } = element else {
                        break;
                    };
                    if let Some(name) = plain(&text) {
                        let place = || format!("{}:{}", file.shown, rule.number());
                        found.names.entry(name).or_insert_with(place);
                    }
                }
                found.lists.insert(text_of(rule.daemons()));
            }
        }
        found
    }

    /// Plain names in the order of the alphabet, each with its first place: no wildcard, no part of a
    /// name, no word that stands for others and no port; a host after `@` is left out (F-DAEMON-07).
    pub(crate) fn names(&self) -> impl Iterator<Item = (&str, &str)> {
        let pairs = self.names.iter();
        pairs.map(|(name, place)| (name.as_str(), place.as_str()))
    }

    /// Whether some rule is about the daemon of this name.
    pub(crate) fn mention(&self, daemon: &str) -> bool {
        self.lists.iter().any(|list| matches(list, daemon))
    }
}

/// The list as one line of text, without the hosts after `@`.
fn text_of(list: List<'_, '_>) -> Vec<u8> {
    let mut text = Vec::new();
    for element in list.elements() {
        match element {
            Element::Pattern { text: word, .. } => text.extend_from_slice(without_host(&word)),
            Element::Except { .. } => text.extend(b"EXCEPT"),
        }
        text.push(b' ');
    }
    text
}

/// A pattern without the server's host (F-DAEMON-07).
fn without_host(pattern: &[u8]) -> &[u8] {
    let rest = pattern.get(1..).unwrap_or_default();
    let at = memchr::memchr(b'@', rest);
    at.and_then(|at| pattern.get(..=at)).unwrap_or(pattern)
}

/// Whether a list of daemons is about a daemon, whatever the server's address.
fn matches(list: &[u8], daemon: &str) -> bool {
    // Everybody is refused whom the list is about, and nobody else.
    let text = [list, b": ALL\n"].concat();
    let (allow, deny) = (parse(b""), parse(&text));
    let tables = Tables {
        allow: Table::Read(&allow),
        deny: Table::Read(&deny),
    };
    let client = Host::new("192.0.2.1", HostName::new(b""));
    let request = Request::new(daemon, client);
    decide(&tables, &request, &Bare).access == Access::Denied
}

/// The name that a pattern is, if it is one.
fn plain(pattern: &[u8]) -> Option<String> {
    let name = str::from_utf8(without_host(pattern)).ok()?;
    let is_vague = name.contains(['*', '?'])
        || name.starts_with('.')
        || name.ends_with('.')
        || name.bytes().all(|byte| byte.is_ascii_digit())
        || WORDS.iter().any(|word| name.eq_ignore_ascii_case(word));
    (!is_vague && !name.is_empty()).then(|| name.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_plain_names_are_names() {
        for (pattern, name) in [
            ("sshd", Some("sshd")),
            ("vsftpd@192.0.2.1", Some("vsftpd")),
            ("@sshd", Some("@sshd")),
            ("ALL", None),
            ("known", None),
            ("ss*", None),
            ("in.", None),
            (".d", None),
            ("22", None),
            ("22@ALL", None),
            ("in.tftpd", Some("in.tftpd")),
        ] {
            assert_eq!(plain(pattern.as_bytes()).as_deref(), name, "{pattern}");
        }
    }

    #[test]
    fn lists_match_as_libwrap_matches_them() {
        for (list, daemon, is_match) in [
            ("ALL ", "sshd", true),
            ("sshd vsftpd ", "vsftpd", true),
            ("ALL EXCEPT sshd ", "sshd", false),
            ("ALL EXCEPT sshd ", "nrpe", true),
            ("in. ", "in.tftpd", true),
            ("sshd ", "nrpe", false),
        ] {
            assert_eq!(matches(list.as_bytes(), daemon), is_match, "{list}{daemon}");
        }
    }
}
