//! Rules by name, and what they cost: DNS decides who gets in, and every client waits for it
//! (F-NAME-07, F-NAME-09, F-USER-02).

use crate::lint::checks::clients::address_range;
use crate::lint::checks::list_words::{is_all, is_ipv4_text};
use crate::lint::policy::Policy;
use crate::lint::sink::Sink;
use crate::lint::view::RuleView;
use crate::lint::words::quote;
use crate::policy::{ClientPattern, Dialect, Element, HostPattern, TextPattern, rules};
use crate::span::Span;

rows! {
    /// Clients are let in by their names.
    ///
    /// Whoever controls the DNS of the domain decides who that is; and when DNS fails, they are
    /// locked out.
    ///
    /// Repair: by hand
    /// Facts: F-NAME-07
    NAMES = Row::new("TW708", "names-decide", Info, LetsIn, Run::Policy(names))
        .shown(claims::matched_by_word);

    /// A look-up is made for every connection.
    ///
    /// Names and users are looked up before the verdict, and the client waits: DNS for seconds,
    /// ident for up to ten.
    ///
    /// Repair: by hand
    /// Facts: F-NAME-09 F-USER-02
    EVERY_CONNECTION = Row::new("TW709", "look-up-for-everybody", Info, Slow, Run::Policy(every_connection));
}

/// What a pattern makes the library look up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum LookUp {
    Name,
    User,
}

fn look_up(text: &[u8], dialect: &Dialect) -> Option<LookUp> {
    // A range of addresses is looked up as a name too, but that is not its mistake.
    if is_ipv4_text(text) || address_range::is_range(text) {
        return None;
    }
    let pattern = ClientPattern::read_in(text, dialect);
    if pattern.user.is_some() {
        // Nobody is asked whose host part matches nobody (F-USER-02).
        let is_alone = text.ends_with(b"@");
        return (!is_alone).then_some(LookUp::User);
    }
    match pattern.host {
        HostPattern::Known | HostPattern::Local => Some(LookUp::Name),
        HostPattern::Netgroup(_) => dialect.netgroups.then_some(LookUp::Name),
        HostPattern::Text {
            also_name: true,
            pattern,
        } => (pattern != TextPattern::All && text != b"*").then_some(LookUp::Name),
        HostPattern::Text { .. }
        | HostPattern::ListFile(_)
        | HostPattern::Ipv4Net { .. }
        | HostPattern::Ipv6Net { .. }
        | HostPattern::BadNet(_) => None,
    }
}

/// Whether a pattern is the name of a host or a domain.
fn is_name(text: &[u8]) -> bool {
    if is_ipv4_text(text) {
        return false;
    }
    let has_dot = memchr::memchr(b'.', text).is_some();
    let has_letter = text.iter().any(u8::is_ascii_alphabetic);
    if !has_dot || !has_letter {
        return false;
    }
    let pattern = ClientPattern::read(text);
    let is_text = |pattern| {
        matches!(
            pattern,
            TextPattern::Exact(_) | TextPattern::Suffix(_) | TextPattern::Wildcard(_)
        )
    };
    matches!(pattern.host, HostPattern::Text { pattern, also_name: true } if is_text(pattern))
}

fn names(policy: &Policy<'_>, sink: &mut Sink) {
    let Some(tree) = policy.allow else {
        return;
    };
    sink.turn_to(crate::engine::TableName::Allow);
    let mut first: Option<(Span, Vec<u8>)> = None;
    let mut count = 0_usize;
    for rule in rules(tree) {
        // Nobody gets in by the name of an exception.
        let base = rule
            .clients()
            .elements()
            .map_while(|element| match element {
                Element::Pattern { text, span } => Some((span, text)),
                Element::Except { .. } => None,
            });
        let named =
            { base }.find_map(|(span, text)| is_name(&text).then(|| (span, text.into_owned())));
        let Some(named) = named else {
            continue;
        };
        if !RuleView::new(crate::engine::TableName::Allow, rule).grants() {
            continue;
        }
        count += 1;
        first.get_or_insert(named);
    }
    let Some((span, text)) = first else {
        return;
    };
    sink.report(span, || {
        let others = match count {
            1 => String::new(),
            _ => format!(" (rules like this: {count})"),
        };
        (
            format!(
                "whoever controls the DNS of {} decides who gets in{others}",
                quote(&text)
            ),
            "list addresses where you can; without DNS these clients are locked out".to_owned(),
        )
    });
}

fn every_connection(policy: &Policy<'_>, sink: &mut Sink) {
    for (table, tree) in policy.tables() {
        let mut elements = rules(tree).flat_map(|rule| {
            // What was meant as a comment is reported as such.
            let is_meant = |element: &Element<'_>| !matches!(element, Element::Pattern { text, .. } if text.starts_with(b"#"));
            let elements: Vec<Element<'_>> =
                rule.clients().elements().take_while(is_meant).collect();
            elements
        });
        while let Some(element) = elements.next() {
            let Element::Pattern { text, span } = element else {
                continue;
            };
            let Some(kind) = look_up(&text, sink.dialect()) else {
                continue;
            };
            // What follows by address could come first; else there is nothing to be done.
            if !elements.any(|element| is_by_address(&element, sink.dialect())) {
                break;
            }
            sink.turn_to(table);
            sink.report(span, || {
                let what = match kind {
                    LookUp::Name => {
                        "the name of every client that comes this far is looked up in DNS"
                    }
                    LookUp::User => "the user of every client that matches is asked for by ident",
                };
                (
                    format!("from {} on, {what} before the verdict", quote(&text)),
                    "put the rules by address first".to_owned(),
                )
            });
            return;
        }
    }
}

/// Whether a pattern names clients, and by their address.
fn is_by_address(element: &Element<'_>, dialect: &Dialect) -> bool {
    match element {
        Element::Pattern { text, .. } => look_up(text, dialect).is_none() && !is_all(text),
        Element::Except { .. } => false,
    }
}
