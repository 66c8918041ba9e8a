//! Networks in as few rules as they fit into.

use crate::policy::{Network, formatted};
use crate::syntax::{LINE_LIMIT, parse};
use std::fmt::Write as _;

/// As few bytes of a line must be left for clients that packing is worth it.
const LEAST_ROOM: usize = 64;

/// What stands in rules around their clients.
#[derive(Debug, Clone, Copy)]
pub(crate) struct RuleFrame<'a> {
    /// The daemons as text.
    pub(crate) head: &'a str,
    /// The options as text, without the colon before them; empty if there are none.
    pub(crate) tail: &'a str,
    /// How the lines of the table end.
    pub(crate) ends_in_cr: bool,
}

impl RuleFrame<'_> {
    /// A rule, its newline included.
    pub(crate) fn rule(self, clients: &str) -> Vec<u8> {
        let Self { head, tail, .. } = self;
        let newline = if self.ends_in_cr { "\r\n" } else { "\n" };
        let colon = if tail.is_empty() { "" } else { " : " };
        format!("{head}: {clients}{colon}{tail}{newline}").into_bytes()
    }

    /// The networks in as few rules as they fit into; nothing if there is no room for them.
    pub(crate) fn rules(self, networks: &[Network]) -> Option<Vec<Vec<u8>>> {
        let frame = self.rule("").len() - "\n".len();
        let room = LINE_LIMIT
            .checked_sub(frame)
            .filter(|room| *room >= LEAST_ROOM)?;
        let mut rules = Vec::new();
        let (mut text, mut word) = (String::new(), String::new());
        let mut end = |text: &mut String| {
            if !text.is_empty() {
                rules.push(self.rule(text));
                text.clear();
            }
        };
        for network in networks {
            word.clear();
            // Writing to a String cannot fail.
            _ = write!(word, "{network}");
            if !text.is_empty() && text.len() + 1 + word.len() > room {
                end(&mut text);
            }
            if !text.is_empty() {
                text.push(' ');
            }
            text.push_str(&word);
        }
        end(&mut text);
        // Rules are folded as `tcpw fmt` folds them.
        let style = |rule: Vec<u8>| {
            if self.ends_in_cr {
                rule
            } else {
                formatted(&parse(&rule))
            }
        };
        Some(rules.into_iter().map(style).collect())
    }
}
