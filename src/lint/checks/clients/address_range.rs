//! There are no address ranges (F-V4-17).

use crate::lint::sink::Sink;
use crate::lint::view::ClientView;
use crate::lint::words::quote;
use crate::policy::{HostPattern, networks};
use std::net::{IpAddr, Ipv4Addr};

rows! {
    /// A range of addresses is written with a hyphen.
    ///
    /// libwrap knows no ranges; the pattern is compared as text and matches nobody.
    ///
    /// Repair: --unsafe-fixes
    /// Facts: F-V4-17
    CHECK = Row::new("TW310", "address-range", Error, Missed, Run::Client(check))
        .ends(Ends::Word, 5).fixed(Repair::Word(range)).shown(claims::missed_by_word);
}

fn check(client: &ClientView<'_, '_>, sink: &mut Sink) {
    if !is_range(client.host) || !matches!(client.pattern.host, HostPattern::Text { .. }) {
        return;
    }
    sink.report(client.span, || {
        (
            format!(
                "{} looks like a range, which libwrap does not know: it {}",
                quote(client.text),
                client.nobody()
            ),
            "write networks (`10.1.2.0/28`), a prefix (`10.1.2.`) or the single addresses"
                .to_owned(),
        )
    });
}

/// Whether a word is made of what ranges of addresses are made of.
pub(in crate::lint::checks) fn is_range(text: &[u8]) -> bool {
    text.contains(&b'-')
        && text.contains(&b'.')
        && text.first().is_some_and(u8::is_ascii_digit)
        && text
            .iter()
            .all(|byte| byte.is_ascii_digit() || b".-[]".contains(byte))
}

/// `10.1.2.1-10.1.2.9`, `10.1.2.1-9` or `10.1.2.[1-9]` as the fewest networks.
pub(in crate::lint) fn range(text: &[u8]) -> Option<Vec<u8>> {
    let text = str::from_utf8(text).ok()?;
    let (first, last) = text.split_once('-')?;
    let (first, last) = match (first.split_once('['), last.strip_suffix(']')) {
        (Some((head, first)), Some(last)) => (format!("{head}{first}"), last),
        (None, None) => (first.to_owned(), last),
        _ => return None,
    };
    let (head, _) = first.rsplit_once('.')?;
    let last = if last.contains('.') {
        last.to_owned()
    } else {
        format!("{head}.{last}")
    };
    let ends: (Ipv4Addr, Ipv4Addr) = (first.parse().ok()?, last.parse().ok()?);
    let networks = networks(IpAddr::V4(ends.0), IpAddr::V4(ends.1))?;
    if networks.iter().any(|network| network.length == 0) {
        return None;
    }
    let words: Vec<_> = networks.iter().map(ToString::to_string).collect();
    Some(words.join(" ").into_bytes())
}
