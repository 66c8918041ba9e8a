//! Words that are not a form of a client pattern: no client can have such a name (F-FIELD-02,
//! F-LINE-11).

use super::address_range;
use crate::lint::checks::list_words::is_ipv4_text;
use crate::lint::finding::{About, Rating};
use crate::lint::foreign::{Oddity, is_placeholder, letters_for_numbers, meant, oddity};
use crate::lint::sink::Sink;
use crate::lint::view::{ClientView, RuleView, is_balanced, patterns};
use crate::lint::words::quote;
use crate::policy::{ClientPattern, HostPattern, NetworkProblem, TextPattern};
use crate::span::Span;

rows! {
    /// A word holds a character that no name of a client holds.
    ///
    /// Names of hosts hold ASCII letters, digits, `-`, `_` and `.` only, and the resolver drops
    /// every other answer. Quotes, `;`, `|`, full-width and invisible characters are part of the
    /// word, which then matches nobody.
    ///
    /// Repair: by hand
    /// Facts: F-FIELD-02 F-LINE-11 F-LINE-20
    CHECK = Row::new("TW315", "impossible-name", Error, Missed, Run::Rule(check))
        .ends(Ends::Word, 7).is_no_pattern();

    /// A place to fill in stands where a client should be, such as `$IP`, `<IP>` or `192.0.2.x`.
    ///
    /// libwrap fills in nothing: it takes the word for the name of a host, and no client has it.
    ///
    /// Repair: by hand
    /// Facts: F-NAME-01 F-V4-03
    PLACEHOLDER = Row::new("TW316", "placeholder", Error, Missed, Run::Elsewhere)
        .ends(Ends::Word, 6).is_no_pattern();

    /// A user has no host after its `@`.
    ///
    /// The pattern of a user is `user@host`. An empty host matches nobody.
    ///
    /// Repair: by hand
    /// Facts: F-USER-01
    NO_HOST = Row::new("TW328", "user-without-host", Error, Missed, Run::Elsewhere)
        .ends(Ends::Word, 9).is_no_pattern();
}

fn check(rule: &RuleView<'_, '_>, sink: &mut Sink) {
    let mut words = patterns(&rule.clients);
    let mut previous: Option<Span> = None;
    while let Some((text, span, excepted)) = words.next() {
        let before = previous.take();
        if is_ipv4_text(text) {
            previous = Some(span);
            continue;
        }
        if let (Some(before), Some((last, end, _))) = (before, words.clone().next())
            && is_dash(text)
            && is_ipv4_text(last)
        {
            range(rule, Span::new(before.start, end.end), sink);
            continue;
        }
        if text.ends_with(b"@") && !text.starts_with(b"@") && oddity(text, b"@").is_none() {
            no_host(rule, text, span, excepted, sink);
            continue;
        }
        if let Some((close, is_place)) = closer(text) {
            // `{{ ip }}`, `<your address>` and `"192.0.2.7 192.0.2.8"` are several words.
            let mut rest = words.clone();
            let end = rest.find(|(word, ..)| word.ends_with(close));
            let end = end.map(|(_, end, _)| end.end);
            if end.is_some() {
                words = rest;
            }
            let whole = Span::new(span.start, end.unwrap_or(span.end));
            if is_place {
                placeholder(rule, whole, excepted, sink);
                continue;
            }
            if end.is_some()
                && let Some(odd) = oddity(text, b"/:%[]*?")
            {
                let text = whole.of(rule.source());
                impossible(rule, text, whole, odd, excepted, sink);
                continue;
            }
        }
        if !is_balanced(text) {
            return;
        }
        word(rule, text, span, excepted, sink);
    }
}

/// Whether a word between two addresses makes a range of them.
fn is_dash(text: &[u8]) -> bool {
    [&b"-"[..], b"to", b"..", b"...", b"through", "–".as_bytes()]
        .iter()
        .any(|dash| text.eq_ignore_ascii_case(dash))
}

fn range(rule: &RuleView<'_, '_>, span: Span, sink: &mut Sink) {
    let text = span.of(rule.source());
    sink.report_as(&address_range::CHECK.check, span, || {
        (
            format!(
                "{} looks like a range, which libwrap does not know: it matches the two ends only",
                quote(text)
            ),
            "write networks (`10.1.2.0/28`), a prefix (`10.1.2.`) or the single addresses"
                .to_owned(),
        )
    });
}

/// What must close a bracket or a quote that `text` opens and leaves open, and whether that makes
/// it a place to fill in.
fn closer(text: &[u8]) -> Option<(&'static [u8], bool)> {
    let pairs: [(&[u8], &[u8], bool); 9] = [
        (b"{{", b"}}", true),
        (b"<", b">", true),
        (b"${", b"}", true),
        (b"$(", b")", true),
        (b"(", b")", false),
        (b"\"", b"\"", false),
        (b"'", b"'", false),
        ("“".as_bytes(), "”".as_bytes(), false),
        ("‘".as_bytes(), "’".as_bytes(), false),
    ];
    let (_, close, is_place) = pairs.into_iter().find(|(open, close, _)| {
        text.starts_with(open) && !(text.ends_with(close) && text.len() > close.len())
    })?;
    Some((close, is_place))
}

fn word(rule: &RuleView<'_, '_>, text: &[u8], span: Span, excepted: bool, sink: &mut Sink) {
    if let Some(prefix) = letters_for_numbers(text) {
        letters(rule, text, span, &prefix, excepted, sink);
        return;
    }
    // What means something else than on Debian has a check of its own.
    let dialect = rule.dialect;
    if !dialect.has_debian_patterns()
        && ClientPattern::read_in(text, dialect) != ClientPattern::read(text)
    {
        return;
    }
    let client = ClientView::new(rule, text, span, excepted);
    // A backslash and a `!` have checks of their own.
    if text.contains(&b'\\') || text.starts_with(b"!") {
        return;
    }
    if is_placeholder(client.host) {
        placeholder(rule, span, excepted, sink);
        return;
    }
    let Some(odd) = odd(&client) else {
        return;
    };
    impossible(rule, client.host, span, odd, excepted, sink);
}

fn impossible(
    rule: &RuleView<'_, '_>,
    text: &[u8],
    span: Span,
    odd: Oddity,
    excepted: bool,
    sink: &mut Sink,
) {
    let (harm, what) = rule.rating(excepted);
    let rating = Rating {
        harm,
        about: About::Meant(meant(text).join(" ").into_bytes()),
    };
    sink.report_rated(span, rating, || {
        (
            format!(
                "no client can have the name {}: {}; {what}",
                quote(text),
                odd.clause()
            ),
            odd.help(text),
        )
    });
}

/// What no client holds of what the pattern compares.
fn odd(client: &ClientView<'_, '_>) -> Option<Oddity> {
    let host = client.host;
    let spared: &[u8] = match client.pattern.host {
        // Wildcards and tails may be about the zone of an address.
        HostPattern::Text {
            pattern: TextPattern::Wildcard(_) | TextPattern::Suffix(_),
            ..
        } => b"*?%:",
        HostPattern::Text {
            pattern: TextPattern::Exact(_) | TextPattern::Prefix(_),
            ..
        } => b"",
        HostPattern::BadNet(NetworkProblem::Net | NetworkProblem::Mask) => b"/:%[]*?~",
        HostPattern::Netgroup(_)
        | HostPattern::ListFile(_)
        | HostPattern::Known
        | HostPattern::Local
        | HostPattern::Ipv4Net { .. }
        | HostPattern::Ipv6Net { .. }
        | HostPattern::Text { .. } => return None,
    };
    oddity(host, spared)
}

fn letters(
    rule: &RuleView<'_, '_>,
    text: &[u8],
    span: Span,
    prefix: &str,
    excepted: bool,
    sink: &mut Sink,
) {
    let (harm, what) = rule.rating(excepted);
    let about = About::Meant(prefix.as_bytes().to_vec());
    let words = || {
        let help = if prefix.is_empty() {
            "write the address that is meant".to_owned()
        } else {
            format!("write `{prefix}` for all addresses that begin so")
        };
        let message = format!(
            "letters do not stand for numbers: libwrap takes {} for the name of a host; {what}",
            quote(text)
        );
        (message, help)
    };
    sink.report_rated_as(&PLACEHOLDER.check, span, Rating { harm, about }, words);
}

fn placeholder(rule: &RuleView<'_, '_>, span: Span, excepted: bool, sink: &mut Sink) {
    let (harm, what) = rule.rating(excepted);
    let rating = Rating {
        harm,
        about: About::Clients(b"ALL".to_vec()),
    };
    sink.report_rated_as(&PLACEHOLDER.check, span, rating, || {
        (
            format!(
                "{} is a place to fill in, which libwrap takes for the name of a host; {what}",
                quote(span.of(rule.source()))
            ),
            "write the address, the network or the name that is meant".to_owned(),
        )
    });
}

fn no_host(rule: &RuleView<'_, '_>, text: &[u8], span: Span, excepted: bool, sink: &mut Sink) {
    let (harm, what) = rule.rating(excepted);
    let rating = Rating {
        harm,
        about: About::Clients(b"ALL".to_vec()),
    };
    sink.report_rated_as(&NO_HOST.check, span, rating, || {
        (
            format!("no host stands after the `@` of {}; {what}", quote(text)),
            "write the host after it, as in `alice@192.0.2.7`".to_owned(),
        )
    });
}
