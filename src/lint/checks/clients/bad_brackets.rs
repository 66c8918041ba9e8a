//! Brackets that hold no IPv6 address, most often its prefix length too: never matches (F-V6-07).

use crate::lint::sink::Sink;
use crate::lint::view::ClientView;
use crate::lint::words::{plain, quote};
use crate::policy::{HostPattern, NetworkProblem, TextPattern, dotted_quad, ipv6};
use std::net::Ipv6Addr;

rows! {
    /// What stands in brackets is not a plain IPv6 address.
    ///
    /// The prefix length belongs after the brackets, and names or IPv4 addresses in brackets match
    /// nobody.
    ///
    /// Repair: --unsafe-fixes
    /// Facts: F-V6-07
    CHECK = Row::new("TW305", "bad-brackets", Error, Missed, Run::Client(check))
        .ends(Ends::Word, 12).fixed(Repair::Word(meant)).shown(claims::missed_by_word);
}

fn check(client: &ClientView<'_, '_>, sink: &mut Sink) {
    let is_bad = match client.pattern.host {
        HostPattern::Text {
            pattern: TextPattern::BadIpv6(_),
            ..
        } => true,
        HostPattern::BadNet(NetworkProblem::Net) => client.host.starts_with(b"["),
        HostPattern::Netgroup(_)
        | HostPattern::ListFile(_)
        | HostPattern::Known
        | HostPattern::Local
        | HostPattern::Ipv4Net { .. }
        | HostPattern::Ipv6Net { .. }
        | HostPattern::BadNet(_)
        | HostPattern::Text { .. } => false,
    };
    // `1.2.3.[1-9]` is a range, not an address.
    if !is_bad {
        return;
    }
    sink.report(client.span, || {
        let inner = client.host.strip_prefix(b"[").unwrap_or_default();
        let inner = inner.strip_suffix(b"]").unwrap_or(inner);
        let slash = memchr::memchr(b'/', inner).and_then(|at| inner.split_at_checked(at));
        let help = match slash {
            Some((net, length)) if ipv6(net).is_some() => {
                format!("write `[{}]{}`", plain(net), plain(length))
            }
            _ => "only an IPv6 address stands in brackets; write names and IPv4 addresses without"
                .to_owned(),
        };
        (
            format!(
                "{} has no plain IPv6 address in its brackets: it matches nobody and {}",
                quote(client.text),
                client.nobody()
            ),
            help,
        )
    });
}

/// What the word was meant to be.
fn meant(text: &[u8]) -> Option<Vec<u8>> {
    let inner = text.strip_prefix(b"[")?.strip_suffix(b"]")?;
    if dotted_quad(inner).is_some() {
        return Some(inner.to_vec());
    }
    let slash = memchr::memchr(b'/', inner)?;
    let (net, length) = inner.split_at(slash);
    str::from_utf8(net).ok()?.parse::<Ipv6Addr>().ok()?;
    Some([b"[", net, b"]", length].concat())
}
