//! Host bits of an IPv6 network are ignored, other than those of an IPv4 network (F-V6-02).

use crate::diagnostic::Fix;
use crate::lint::fix::{Broken, replace};
use crate::lint::sink::Sink;
use crate::lint::trial::Client;
use crate::lint::view::ClientView;
use crate::lint::words::quote;
use crate::policy::{ClientPattern, HostPattern};
use std::net::Ipv6Addr;

rows! {
    /// An IPv6 network has bits set after its prefix.
    ///
    /// libwrap ignores them, so whoever means one host has let in its whole network. In an IPv4
    /// network the same mistake matches nobody.
    ///
    /// Repair: --unsafe-fixes
    /// Facts: F-V6-02
    CHECK = Row::new("TW325", "ipv6-host-bits", Warning, Broad, Run::Client(check))
        .fixed(Repair::Line(fix)).shown(claims::matched_by_word)
        .also_tried(|text| Some(Client::at(&last_of_network(text)?)));
}

fn check(client: &ClientView<'_, '_>, sink: &mut Sink) {
    // All of IPv6 is reported as such.
    let HostPattern::Ipv6Net {
        net,
        length: length @ 1..=127,
    } = client.pattern.host
    else {
        return;
    };
    let bits = net.address.to_bits();
    let mask = u128::MAX << (128 - u32::from(length));
    if bits & !mask == 0 {
        return;
    }
    sink.report(client.span, || {
        let network = Ipv6Addr::from_bits(bits & mask);
        (
            format!(
                "{} has bits set after its prefix, which libwrap ignores: it matches the whole \
                 network",
                quote(client.text)
            ),
            format!(
                "write `[{network}]/{length}` for the network, `[{}]` for one host",
                net.address
            ),
        )
    });
}

fn fix(broken: &Broken<'_, '_>) -> Option<Fix> {
    let network = network(broken.text())?;
    Some(replace("write the network", broken.span, network))
}

/// `[2001:db8::1]/32` as `[2001:db8::]/32`.
fn network(text: &[u8]) -> Option<Vec<u8>> {
    let HostPattern::Ipv6Net { net, length } = ClientPattern::read(text).host else {
        return None;
    };
    let is_plain = text.starts_with(b"[") && net.zone.is_none();
    let mask = u128::MAX.checked_shl(128_u32.checked_sub(length.into())?)?;
    let address = Ipv6Addr::from_bits(net.address.to_bits() & mask);
    is_plain.then(|| format!("[{address}]/{length}").into_bytes())
}

/// The last address of `[net]/length`.
fn last_of_network(text: &str) -> Option<Ipv6Addr> {
    let (net, length) = text.strip_prefix('[')?.split_once("]/")?;
    let net: Ipv6Addr = net.parse().ok()?;
    let hosts = u128::MAX.checked_shr(length.parse().ok()?).unwrap_or(0);
    Some(Ipv6Addr::from_bits(net.to_bits() | hosts))
}
