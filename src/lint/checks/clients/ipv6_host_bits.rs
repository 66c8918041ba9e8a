//! Host bits of an IPv6 network are ignored, other than those of an IPv4 network (F-V6-02).

use crate::lint::sink::Sink;
use crate::lint::view::ClientView;
use crate::lint::words::quote;
use crate::policy::HostPattern;
use std::net::Ipv6Addr;

pub(in crate::lint) fn check(client: &ClientView<'_, '_>, sink: &mut Sink) {
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
                "{} has bits set behind its prefix, which libwrap ignores: it matches the whole \
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
