//! Clients where daemons are listed, and daemons where clients are listed: neither name is ever
//! borne there (F-DAEMON-01, F-NAME-01).

use crate::lint::check::Harm;
use crate::lint::checks::list_words::is_ipv4_text;
use crate::lint::finding::{About, Rating};
use crate::lint::foreign::is_address_like;
use crate::lint::sink::Sink;
use crate::lint::suggest::{daemon_meant, is_certain_daemon};
use crate::lint::view::{RuleView, patterns};
use crate::lint::words::{plain, quote};
use crate::policy::{Element, ipv6};
use crate::span::{Span, offset};

rows! {
    /// Clients stand where daemons are listed.
    ///
    /// A rule is `DAEMONS: CLIENTS`. No daemon has an address for a name, so the rule matches
    /// nobody: in the allow table it lets nobody in, in the deny table it keeps nobody out.
    ///
    /// Repair: by hand
    /// Facts: F-DAEMON-01 F-FIELD-01
    CHECK = Row::new("TW217", "swapped-lists", Error, Missed, Run::Rule(check))
        .ends(Ends::Rule, 4).shown(claims::not_read);

    /// A daemon stands where clients are listed.
    ///
    /// After the colon a word is the name of a client, and no client is called like a daemon: the
    /// rule matches nobody by it.
    ///
    /// Repair: by hand
    /// Facts: F-NAME-01
    DAEMON = Row::new("TW318", "daemon-as-client", Error, Missed, Run::Elsewhere)
        .ends(Ends::Word, 8).is_no_pattern();
}

/// The code of a daemon among clients; it shares the walk with this check.
/// More words are not written out.
const WORDS: usize = 8;

fn check(rule: &RuleView<'_, '_>, sink: &mut Sink) {
    if let Some((span, address)) = bare_ipv6(rule) {
        let clients = format!("[{address}]");
        swapped(rule, span, clients.as_bytes(), "sshd", &clients, sink);
        return;
    }
    let daemon = client_is_daemon(rule);
    let address = patterns(&rule.daemons).find(|&(text, ..)| {
        let is_domain = || {
            let dots = || memchr::memchr_iter(b'.', text).count();
            let is_word = [&b"LOCAL"[..], b"UNKNOWN", b"PARANOID"]
                .iter()
                .any(|word| text.eq_ignore_ascii_case(word));
            daemon.is_some() && (is_word || text.starts_with(b".") || dots() > 1)
        };
        let is_alike = text
            .first()
            .is_some_and(|b| b.is_ascii_digit() || *b == b'[');
        (is_alike && is_address_like(text)) || (is_domain() && !is_certain_daemon(text))
    });
    if let Some((text, span, _)) = address {
        let (daemons, clients) = rewritten(rule);
        swapped(rule, span, text, &daemons, &clients, sink);
        return;
    }
    let Some((text, span)) = daemon else {
        return;
    };
    let others: Vec<_> = patterns(&rule.clients)
        .filter(|word| !is_certain_daemon(word.0))
        .map(|word| plain(word.0))
        .take(WORDS)
        .collect();
    let clients = if others.is_empty() {
        "ALL".to_owned()
    } else {
        others.join(", ")
    };
    let meant = format!("{}: {clients}", plain(text));
    let (harm, what) = rule.rating(false);
    let about = About::Rule(rule.with_lists(&meant));
    sink.report_rated_as(&DAEMON.check, span, Rating { harm, about }, || {
        (
            format!(
                "the daemon {} stands where clients are listed, and no client has that name; {what}",
                quote(text)
            ),
            format!("write the daemon before the colon: `{meant}`"),
        )
    });
}

/// The first client that is the name of a daemon and of no host.
fn client_is_daemon<'v>(rule: &'v RuleView<'_, '_>) -> Option<(&'v [u8], Span)> {
    let mut words = patterns(&rule.clients).filter(|word| !is_ipv4_text(word.0));
    let found = words.find(|word| is_certain_daemon(word.0))?;
    Some((found.0, found.1))
}

/// The rule begins with an IPv6 address without brackets.
fn bare_ipv6(rule: &RuleView<'_, '_>) -> Option<(Span, String)> {
    let [Element::Pattern { text, span }] = rule.daemons.as_slice() else {
        return None;
    };
    let is_hex = text.len() <= 4 && text.iter().all(u8::is_ascii_hexdigit);
    if !is_hex || rule.options.is_empty() {
        return None;
    }
    let whole = Span::new(span.start, rule.span().end).of(rule.source());
    let end = whole
        .iter()
        .position(|byte| byte.is_ascii_whitespace() || *byte == b',')?;
    let word = whole.get(..end)?.strip_suffix(b":")?;
    ipv6(word)?;
    let span = Span::new(span.start, span.start + offset(word.len()));
    Some((span, plain(word)))
}

/// The lists as they were meant: daemons, clients.
fn rewritten(rule: &RuleView<'_, '_>) -> (String, String) {
    let (mut daemons, mut clients) = (Vec::new(), Vec::new());
    for (text, ..) in patterns(&rule.daemons).take(WORDS) {
        let is_word = text.eq_ignore_ascii_case(b"LOCAL")
            || text.eq_ignore_ascii_case(b"UNKNOWN")
            || text.eq_ignore_ascii_case(b"PARANOID");
        if is_word || text.contains(&b'.') || text.starts_with(b"[") {
            clients.push(plain(text));
        } else {
            daemons.push(plain(text));
        }
    }
    for (text, ..) in patterns(&rule.clients).take(WORDS) {
        let is_verdict = text.eq_ignore_ascii_case(b"allow") || text.eq_ignore_ascii_case(b"deny");
        let is_client = text.contains(&b'.') || text.starts_with(b"[");
        if is_client && !is_certain_daemon(text) {
            clients.push(plain(text));
        } else if text.eq_ignore_ascii_case(b"ssh") {
            daemons.push("sshd".to_owned());
        } else if !is_verdict && !text.iter().all(u8::is_ascii_digit) {
            daemons.push(daemon_meant(text).map_or_else(|| plain(text), str::to_owned));
        }
    }
    daemons.dedup();
    let daemons = if daemons.is_empty() {
        "sshd".to_owned()
    } else {
        daemons.join(", ")
    };
    (daemons, clients.join(", "))
}

fn swapped(
    rule: &RuleView<'_, '_>,
    span: Span,
    text: &[u8],
    daemons: &str,
    clients: &str,
    sink: &mut Sink,
) {
    let meant = format!("{daemons}: {clients}");
    let rating = Rating {
        harm: Harm::Missed,
        about: About::Rule(rule.with_lists(&meant)),
    };
    sink.report_rated(span, rating, || {
        (
            format!(
                "the client {} stands where daemons are listed, before the colon: no daemon has \
                 that name, and the rule {}",
                quote(text),
                rule.nobody()
            ),
            format!("write `DAEMONS: CLIENTS`, such as `{meant}`"),
        )
    });
}
