//! `allow` or `deny` where a client should stand is the name of a host (F-FIELD-08).

use super::bare_ipv6::in_brackets;
use crate::diagnostic::Fix;
use crate::lint::check::Harm;
use crate::lint::checks::list_words::is_all;
use crate::lint::finding::{About, Rating};
use crate::lint::fix::{Broken, replace};
use crate::lint::foreign::is_address_like;
use crate::lint::harms::Place;
use crate::lint::sink::Sink;
use crate::lint::view::{ClientView, RuleView};
use crate::lint::words::{plain, quote};
use crate::policy::ipv6;
use crate::span::{Span, offset};

rows! {
    /// The word allow or deny stands in the client list.
    ///
    /// There it is the name of a host; the verdict is that of the table.
    ///
    /// Repair: --unsafe-fixes
    /// Facts: F-FIELD-08
    CHECK = Row::new("TW203", "verdict-as-client", Error, Either, Run::Client(check))
        .ends(Ends::Word, 11).fixed(Repair::Line(fix)).shown(claims::of_line).harm(harm);

    /// The verdict stands before the clients.
    ///
    /// In that place it is the name of a host, and the clients are read as an option that does not
    /// exist. So the rule is about none of them.
    ///
    /// Repair: by hand
    /// Facts: F-FIELD-08 F-OPT-04
    SWAPPED = Row::new("TW219", "verdict-before-clients", Error, Missed, Run::Elsewhere)
        .ends(Ends::Rest, 3)
        .shown(|shown| {
            let is_refused = shown.word.eq_ignore_ascii_case(b"allow");
            let missed = claim(Some(!is_refused), Decider::Other, Reach::MissedByList);
            vec![(missed, &[Group::Marked])]
        });
}

fn check(client: &ClientView<'_, '_>, sink: &mut Sink) {
    let text = client.text;
    if !text.eq_ignore_ascii_case(b"deny") && !text.eq_ignore_ascii_case(b"allow") {
        return;
    }
    if let Some(clients) = clients_after(client.rule) {
        before_clients(client, &clients, sink);
        return;
    }
    sink.report(client.span, || {
        let rule = if client.rule.grants() {
            "grants"
        } else {
            "denies"
        };
        (
            format!(
                "{} stands in the client list, where it is the name of a host: the rule {rule}",
                quote(text)
            ),
            format!("put a colon before it: `: {}`", plain(text)),
        )
    });
}

/// The clients that stand where options do, after a verdict that stands where clients do.
fn clients_after(rule: &RuleView<'_, '_>) -> Option<Vec<u8>> {
    let first = rule.options.first()?;
    if rule.clients.len() != 1 || first.spec().is_some() {
        return None;
    }
    let end = rule.span().end.max(first.name_span.start);
    let text = Span::new(first.name_span.start, end).of(rule.source());
    let is_end = |byte: &u8| byte.is_ascii_whitespace() || *byte == b',';
    let word = text.split(is_end).next()?;
    let is_client = is_all(word) || is_address_like(word) || ipv6(word).is_some();
    let is_name = word.contains(&b'.') && !word.contains(&b'/');
    (is_client || is_name).then(|| match ipv6(text) {
        Some(_) => in_brackets(text),
        None => text.to_vec(),
    })
}

fn before_clients(client: &ClientView<'_, '_>, clients: &[u8], sink: &mut Sink) {
    let (rule, verdict) = (client.rule, client.text);
    let harm = if verdict.eq_ignore_ascii_case(b"allow") {
        Harm::LocksOut
    } else {
        Harm::LetsIn
    };
    let about = About::Meant(clients.to_vec());
    sink.report_rated_as(&SWAPPED.check, client.span, Rating { harm, about }, || {
        let daemons = rule.rule.daemons().span().of(rule.source());
        (
            format!(
                "the verdict stands before the clients: {} is taken for the name of a host, and {} \
                 for an option, which libwrap rejects",
                quote(verdict),
                quote(clients)
            ),
            format!(
                "write `{}: {} : {}`",
                plain(daemons.trim_ascii()),
                plain(clients),
                plain(verdict)
            ),
        )
    });
}

/// `ALL deny` as `ALL: deny`, at the end of a rule.
fn fix(broken: &Broken<'_, '_>) -> Option<Fix> {
    let source = broken.source();
    let (rule, end) = broken.content()?;
    let is_last = Span::new(broken.span.end, end)
        .of(source)
        .trim_ascii()
        .is_empty();
    let before = Span::new(rule.start, broken.span.start).of(source);
    let clients = without_separators(before);
    // Nothing is left to grant to, or to refuse.
    if clients.ends_with(b":") {
        return None;
    }
    is_last.then(|| {
        let start = rule.start + offset(clients.len());
        let gap = Span::new(start, broken.span.start);
        replace("put a colon before it", gap, ": ")
    })
}

/// A text without what was meant to separate it from the verdict: blanks, commas, and signs that stand
/// by themselves or separate elsewhere.
fn without_separators(text: &[u8]) -> &[u8] {
    let is_blank = |byte: &u8| byte.is_ascii_whitespace() || *byte == b',';
    let cut = |text: &'_ [u8], is_cut: &dyn Fn(&u8) -> bool| {
        let count = text.iter().rev().take_while(|byte| is_cut(byte)).count();
        text.len() - count
    };
    let mut kept = text;
    loop {
        let text = kept.get(..cut(kept, &is_blank)).unwrap_or_default();
        let head = text.get(..cut(text, &|byte| b";|/=-&>".contains(byte)));
        let head = head.unwrap_or_default();
        let signs = text.get(head.len()..).unwrap_or_default();
        let is_alone = head
            .last()
            .is_none_or(|byte| is_blank(byte) || *byte == b':');
        let is_separator = is_alone || signs.iter().all(|byte| b";|".contains(byte));
        if signs.is_empty() || !is_separator {
            return text;
        }
        kept = head;
    }
}

#[expect(clippy::unnecessary_wraps, reason = "the shape that the row takes")]
fn harm(place: &Place<'_, '_>) -> Option<Harm> {
    Some(if place.text().eq_ignore_ascii_case(b"deny") {
        place.by_effect(Harm::LetsIn, Harm::Dead)
    } else {
        place.by_effect(Harm::Dead, Harm::LocksOut)
    })
}
