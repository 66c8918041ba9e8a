//! Users that the rules of both tables ask for, and names by which a pattern can match that is no
//! name: what sets of clients leave out, and is tried besides.

use crate::editor::trial::rule_parts::patterns;
use crate::policy::{ClientPattern, Dialect, HostPattern, TextPattern, rules};
use crate::syntax::Tree;
use std::collections::BTreeSet;

/// A name nobody lists, with a dot.
pub(crate) const SOME_NAME: &str = "host.tcpw.invalid";
/// A user that no rule names.
const SOME_USER: &[u8] = b"tcpw-sample";
/// The word for a user that is not known.
const NO_USER: &[u8] = b"unknown";
/// As many users and as many names are tried.
const LIMIT: usize = 24;

/// What the rules mention.
#[derive(Debug)]
pub(crate) struct Mentions {
    users: Vec<Vec<u8>>,
    are_all_users: bool,
    names: Vec<String>,
}

impl Mentions {
    pub(crate) fn of(trees: [&Tree<'_>; 2], dialect: &Dialect) -> Self {
        let (mut users, mut names) = (BTreeSet::new(), BTreeSet::new());
        let mut are_all_users = true;
        let elements = trees
            .into_iter()
            .flat_map(rules)
            .flat_map(|rule| patterns(rule.clients().elements()));
        for (text, _) in elements {
            if !text.ends_with(b".") && !text.iter().any(|byte| matches!(byte, b'@' | b'*' | b'?'))
            {
                continue;
            }
            let pattern = ClientPattern::read_in(&text, dialect);
            if let Some(user) = pattern.user {
                let is_vague = !matches!(
                    user,
                    TextPattern::All | TextPattern::Known | TextPattern::Exact(_)
                );
                are_all_users &= !is_vague && users.len() < LIMIT;
                let witness = witness(user).filter(|_| users.len() < LIMIT);
                users.extend(witness.map(String::into_bytes));
                users.insert(SOME_USER.to_vec());
            }
            if let HostPattern::Text {
                pattern: pattern @ (TextPattern::Prefix(_) | TextPattern::Wildcard(_)),
                also_name: true,
            } = pattern.host
                && names.len() < LIMIT
            {
                names.extend(witness_name(pattern));
            }
        }
        users.remove(NO_USER);
        let users = [NO_USER.to_vec()].into_iter().chain(users).collect();
        Self {
            users,
            are_all_users,
            names: names.into_iter().collect(),
        }
    }

    /// Users that stand for all of them; the first is that of clients that name none.
    pub(crate) fn users(&self) -> &[Vec<u8>] {
        &self.users
    }

    /// Whether each kind of user that the rules tell apart is among them.
    pub(crate) fn are_all_users(&self) -> bool {
        self.are_all_users
    }

    /// Names that a pattern matches although it is not a name.
    pub(crate) fn names(&self) -> &[String] {
        &self.names
    }
}

/// A text that the pattern matches, in lower case.
pub(crate) fn witness(pattern: TextPattern<'_>) -> Option<String> {
    let text = String::from_utf8(pattern.example()?).ok()?;
    Some(text.to_ascii_lowercase())
}

/// A host name that the pattern matches.
fn witness_name(pattern: TextPattern<'_>) -> Option<String> {
    let text = witness(pattern)?;
    Some(if matches!(pattern, TextPattern::Prefix(_)) {
        format!("{text}.{SOME_NAME}")
    } else {
        text
    })
}
