//! An IPv4 network with bits set that its mask takes away matches no address (F-V4-06).

use crate::lint::checks::lists::{except_all, mask_with_holes};
use crate::lint::sink::Sink;
use crate::lint::view::ClientView;
use crate::lint::words::{plain, quote};
use crate::policy::{ClientPattern, Element, HostPattern};
use std::net::Ipv4Addr;

rows! {
    /// An IPv4 network has bits set that its mask takes away.
    ///
    /// libwrap compares all bits of the network with the masked address, so such a pattern matches
    /// no address at all.
    ///
    /// Repair: --unsafe-fixes
    /// Facts: F-V4-06
    CHECK = Row::new("TW301", "host-bits-set", Error, Missed, Run::Client(check))
        .ends(Ends::Word, 13).fixed(Repair::Word(meant)).shown(claims::missed_by_word);
}

fn check(client: &ClientView<'_, '_>, sink: &mut Sink) {
    let HostPattern::Ipv4Net { net, mask } = client.pattern.host else {
        return;
    };
    if net & !mask == 0 {
        return;
    }
    sink.report(client.span, || {
        let slash = memchr::memchr(b'/', client.host).unwrap_or_default();
        let ending = client.host.get(slash..).unwrap_or_default();
        let network = Ipv4Addr::from_bits(net & mask);
        (
            format!(
                "{} has bits set that its mask takes away: it matches no address and {}",
                quote(client.text),
                client.nobody()
            ),
            if mask_with_holes::has_holes(mask) {
                mask_with_holes::question(net, mask)
            } else if mask == 0 {
                "write `ALL`, if everybody is meant".to_owned()
            } else if except_all::excepts_all(
                &with_network(client, net & mask, ending),
                client.rule,
            ) {
                format!(
                    "write `{}`, if the one host is meant",
                    Ipv4Addr::from_bits(net)
                )
            } else {
                format!("write `{network}{}`", plain(ending))
            },
        )
    });
}

/// The clients of the rule with the network in place of the word.
fn with_network<'v>(client: &'v ClientView<'_, '_>, net: u32, ending: &[u8]) -> Vec<Element<'v>> {
    let network = Ipv4Addr::from_bits(net).to_string();
    let word = [network.as_bytes(), ending].concat();
    let is_it = |element: &Element<'_>| element.span() == client.span;
    let elements = client.rule.clients.iter().map(|element| {
        if is_it(element) {
            Element::Pattern {
                text: word.clone().into(),
                span: client.span,
            }
        } else {
            element.clone()
        }
    });
    elements.collect()
}

/// What the word was meant to be.
fn meant(text: &[u8]) -> Option<Vec<u8>> {
    let HostPattern::Ipv4Net { net, mask } = ClientPattern::read(text).host else {
        return None;
    };
    // A mask with holes is a question, and nobody's answer.
    let is_plain = mask != 0 && !mask_with_holes::has_holes(mask);
    let slash = memchr::memchr(b'/', text).filter(|_| is_plain)?;
    let network = Ipv4Addr::from_bits(net & mask).to_string();
    Some([network.as_bytes(), text.get(slash..)?].concat())
}
