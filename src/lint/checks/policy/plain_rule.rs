//! Rules that can be meant only as they are read: one that is idle may go.

use crate::lint::view::RuleView;
use crate::policy::{ClientPattern, Element, HostPattern, TextPattern};

/// Whether a rule can be meant only as it is read: daemons and clients without exceptions, and no
/// word among them that may be a mistake.
pub(super) fn is_plain_rule(rule: &RuleView<'_, '_>) -> bool {
    let is_all = |text: &[u8]| text.eq_ignore_ascii_case(b"ALL");
    let is_client = |text: &[u8]| match ClientPattern::read(text).host {
        HostPattern::Known
        | HostPattern::Local
        | HostPattern::Ipv4Net { .. }
        | HostPattern::Ipv6Net { .. } => true,
        HostPattern::Text { pattern, also_name } => match pattern {
            TextPattern::All | TextPattern::Ipv6(_) => true,
            TextPattern::Exact(_) | TextPattern::Prefix(_) if !also_name => true,
            TextPattern::Exact(text) => text.contains(&b'.') || is_word(text),
            TextPattern::Suffix(text) => text.iter().any(u8::is_ascii_alphabetic),
            TextPattern::Prefix(_)
            | TextPattern::Wildcard(_)
            | TextPattern::Known
            | TextPattern::BadIpv6(_) => false,
        },
        HostPattern::Netgroup(_) | HostPattern::ListFile(_) | HostPattern::BadNet(_) => false,
    };
    let is_daemon = |text: &[u8]| {
        let is_name = |byte: &u8| byte.is_ascii_alphanumeric() || b"._-*?".contains(byte);
        text.iter().all(is_name)
    };
    let all = |elements: &[Element<'_>], is: &dyn Fn(&[u8]) -> bool| {
        elements.iter().all(|element| match element {
            Element::Pattern { text, .. } => is(text),
            Element::Except { .. } => false,
        })
    };
    let beside_all = rule.clients.len() > 1
        && rule
            .clients
            .iter()
            .any(|element| matches!(element, Element::Pattern { text, .. } if is_all(text)));
    all(&rule.daemons, &is_daemon) && all(&rule.clients, &is_client) && !beside_all
}

fn is_word(text: &[u8]) -> bool {
    let words: [&[u8]; 2] = [b"UNKNOWN", b"PARANOID"];
    words.iter().any(|word| text.eq_ignore_ascii_case(word))
}
