//! `[::ffff:1.2.3.4]` matches neither the IPv4 client nor its mapped form (F-V6-08).

use crate::lint::sink::Sink;
use crate::lint::view::ClientView;
use crate::lint::words::quote;
use crate::policy::{HostPattern, TextPattern};
use std::net::Ipv6Addr;

rows! {
    /// An IPv4 address is written in its mapped IPv6 form.
    ///
    /// libwrap takes mapped clients for IPv4 clients, so the pattern never meets one.
    ///
    /// Repair: --unsafe-fixes
    /// Facts: F-V6-08
    CHECK = Row::new("TW312", "mapped-ipv6", Error, Missed, Run::Client(check))
        .ends(Ends::Word, 17).fixed(Repair::Word(meant)).shown(claims::missed_by_word);
}

fn check(client: &ClientView<'_, '_>, sink: &mut Sink) {
    let address = match client.pattern.host {
        HostPattern::Ipv6Net { net, length } if length >= 96 => net.address,
        HostPattern::Text {
            pattern: TextPattern::Ipv6(net),
            ..
        } => net.address,
        HostPattern::Netgroup(_)
        | HostPattern::ListFile(_)
        | HostPattern::Known
        | HostPattern::Local
        | HostPattern::Ipv4Net { .. }
        | HostPattern::Ipv6Net { .. }
        | HostPattern::BadNet(_)
        | HostPattern::Text { .. } => return,
    };
    let Some(address) = address.to_ipv4_mapped() else {
        return;
    };
    sink.report(client.span, || {
        (
            format!(
                "{} does not match IPv4 clients, not even those that arrive on an IPv6 socket: it {}",
                quote(client.text),
                client.nobody()
            ),
            format!("write the IPv4 address or network, such as `{address}`"),
        )
    });
}

/// What the word was meant to be.
fn meant(text: &[u8]) -> Option<Vec<u8>> {
    let inner = text.strip_prefix(b"[")?.strip_suffix(b"]")?;
    let address: Ipv6Addr = str::from_utf8(inner).ok()?.parse().ok()?;
    Some(address.to_ipv4_mapped()?.to_string().into_bytes())
}
