//! An IPv6 address without brackets is cut at its first colon (F-FIELD-07).

use crate::lint::check::Harm;
use crate::lint::harms::Place;
use crate::lint::sink::Sink;
use crate::lint::view::{RuleView, base};
use crate::lint::words::{plain, quote};
use crate::policy::{Element, Rule, ipv6};
use crate::span::{Span, index, offset};

rows! {
    /// An IPv6 address has no brackets.
    ///
    /// It is cut at its first colon, and the rest is read as options, which libwrap rejects: whom the
    /// words before it match is refused, and the address itself is in no list.
    ///
    /// Repair: --unsafe-fixes
    /// Facts: F-FIELD-07
    CHECK = Row::new("TW204", "bare-ipv6", Error, Missed, Run::Rule(check))
        .ends(Ends::Rest, 2).fixed(Repair::Word(|text| Some(in_brackets(text))))
        .shown(|shown| {
            let mut steps = Vec::new();
            if shown.effect {
                let refused = claim(Some(false), Decider::Own, Reach::Any);
                steps.push((refused, &[Group::Line, Group::Strangers][..]));
            } else if shown.is_excepted {
                let refused = claim(Some(false), Decider::Own, Reach::Any);
                steps.push((refused, &[Group::Marked][..]));
            }
            steps.extend(claims::missed_by_word(shown));
            steps
        }).harm(harm);
}

/// Longer than any spelling of an IPv6 address with zone and prefix length.
const SPELLING_LIMIT: usize = 80;

/// The address that a colon of its own cuts off the client list.
pub(in crate::lint) fn address(rule: &RuleView<'_, '_>) -> Option<Span> {
    let field = rule.options.first()?.name_span.start;
    let source = rule.source();
    let colon = offset(memchr::memrchr(b':', source.get(..index(field))?)?);
    // `2001:db8::1` begins as a client, `::1` with the colon that ends the list.
    let start = match rule.clients.last() {
        Some(Element::Pattern { text, span }) if span.end == colon => {
            let user = text.get(1..).and_then(|rest| memchr::memchr(b'@', rest));
            span.start + user.map_or(0, |at| offset(at) + 2)
        }
        Some(_) | None => colon,
    };
    let end = rule.span().end;
    let text = Span::new(start, end).of(source);
    let length = text
        .iter()
        .take(SPELLING_LIMIT)
        .position(|byte| matches!(byte, b' ' | b'\t' | b'\r' | b'\n' | b','))
        .unwrap_or(text.len());
    let word = text.get(..length)?;
    let is_address = |word: &[u8]| {
        let net = memchr::memchr(b'/', word).and_then(|at| word.get(..at));
        word.contains(&b':') && ipv6(net.unwrap_or(word)).is_some()
    };
    let word = [word, word.strip_suffix(b":").unwrap_or(word)]
        .into_iter()
        .find(|word| is_address(word))?;
    Some(Span::new(start, start + offset(word.len())))
}

/// The address as libwrap reads it: in brackets, the prefix length outside of them.
pub(in crate::lint) fn in_brackets(text: &[u8]) -> Vec<u8> {
    let (net, length) = text.split_at(memchr::memchr(b'/', text).unwrap_or(text.len()));
    // Clients by IPv4 are compared by their IPv4 address (F-V6-08).
    let mapped = ipv6(net).and_then(|net| net.address.to_ipv4_mapped());
    match mapped.filter(|_| length.is_empty()) {
        Some(address) => address.to_string().into_bytes(),
        None => [b"[", net, b"]", length].concat(),
    }
}

/// Whether clients stand before the place at which the list is cut: the rule is about them.
pub(in crate::lint) fn is_left(rule: &RuleView<'_, '_>, cut: Span) -> bool {
    base(&rule.clients).any(|(_, span)| span.end <= cut.start)
}

fn check(rule: &RuleView<'_, '_>, sink: &mut Sink) {
    let Some(span) = address(rule) else {
        return;
    };
    let text = span.of(rule.source());
    let is_refusing = is_left(rule, span) && rule.has_broken_option();
    sink.report(span, || {
        let what = if is_refusing {
            "its first colon, and the rest of it is read as options, which libwrap rejects: whoever \
             the list before it matches is refused"
        } else {
            "its first colon, matches nobody, and the rest of it is read as options"
        };
        (
            format!(
                "the IPv6 address {} has no brackets: it is cut at {what}",
                quote(text)
            ),
            format!("write `{}`", plain(&in_brackets(text))),
        )
    });
}

/// Whoever the rest of the list matches is refused: in a rule that grants all of them, and with an
/// exception the excepted, too.
fn harm(place: &Place<'_, '_>) -> Option<Harm> {
    let rule = RuleView::new(place.table, Rule::of(place.line)?);
    let is_refusing = is_left(&rule, place.span) && rule.has_broken_option();
    let excepts = rule
        .clients
        .iter()
        .filter(|element| matches!(element, Element::Except { .. }));
    let is_excepted = excepts.count() % 2 == 1;
    (is_refusing && (place.effect || is_excepted)).then_some(Harm::LocksOut)
}
