//! Spaces around the slash of a network make several patterns of it, none of which is the network
//! (F-FIELD-02).

use crate::lint::finding::About;
use crate::lint::sink::Sink;
use crate::lint::view::RuleView;
use crate::lint::words::{plain, quote};
use crate::policy::{ClientPattern, Element, HostPattern, dotted_quad, plain_quad};
use crate::span::Span;

rows! {
    /// Spaces stand around the slash of a network.
    ///
    /// Words end at spaces, so the network becomes an address and two words that match nobody.
    ///
    /// Repair: --unsafe-fixes
    /// Facts: F-FIELD-02 F-FILE-08
    CHECK = Row::new("TW206", "space-around-slash", Error, Missed, Run::Rule(check))
        .ends(Ends::Word, 1).fixed(Repair::Word(|text| Some(joined(text))));
}

fn check(rule: &RuleView<'_, '_>, sink: &mut Sink) {
    for span in networks(&rule.clients, rule.source()) {
        let network = joined(span.of(rule.source()));
        let about = network.clone();
        sink.report_about(
            span,
            || About::Meant(about),
            || {
                (
                    format!(
                        "the spaces around the slash make separate words of {}: the network is not \
                         matched",
                        quote(span.of(rule.source()))
                    ),
                    format!("write `{}`", plain(&network)),
                )
            },
        );
    }
}

/// The networks of the client list that stand in several words, each from its first to its last.
pub(in crate::lint) fn networks(clients: &[Element<'_>], source: &[u8]) -> Vec<Span> {
    // Few lists have a word that begins or ends with a slash.
    let has_edge = |element: &Element<'_>| match element {
        Element::Pattern { text, .. } => text.starts_with(b"/") || text.ends_with(b"/"),
        Element::Except { .. } => false,
    };
    let mut found: Vec<Span> = Vec::new();
    if !clients.iter().any(has_edge) {
        return found;
    }
    for (at, element) in clients.iter().enumerate() {
        let behind = clients.get(at + 1..).unwrap_or_default();
        for count in [1, 2] {
            let last = behind.get(count - 1).map(Element::span);
            let Some(last) = last else { continue };
            let span = element.span().cover(last);
            if is_network(span.of(source)) {
                found.push(span);
                break;
            }
        }
    }
    found
}

/// The words without the spaces between them.
pub(in crate::lint) fn joined(text: &[u8]) -> Vec<u8> {
    let kept = text.iter().filter(|byte| !is_space(**byte));
    kept.copied().collect()
}

fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\r')
}

/// Whether a text with spaces beside its only slash is a network without them.
fn is_network(text: &[u8]) -> bool {
    let Some(slash) = memchr::memchr(b'/', text) else {
        return false;
    };
    let (net, mask) = text.split_at(slash);
    let mask = mask.get(1..).unwrap_or_default();
    let parts = [net.trim_ascii_end(), mask.trim_ascii_start()];
    let has_spaces = text.len() > parts.iter().map(|part| part.len()).sum::<usize>() + 1;
    let [net, mask] = parts;
    let is_length = !mask.is_empty() && mask.iter().all(u8::is_ascii_digit);
    let is_mask = is_length || dotted_quad(mask).is_some();
    let is_net = plain_quad(net).is_some() || (net.starts_with(b"[") && net.ends_with(b"]"));
    let whole = joined(text);
    has_spaces
        && is_net
        && is_mask
        && matches!(
            ClientPattern::read(&whole).host,
            HostPattern::Ipv4Net { .. } | HostPattern::Ipv6Net { .. }
        )
}
