//! `[::ffff:1.2.3.4]` matches neither the IPv4 client nor its mapped form (F-V6-08).

use crate::lint::sink::Sink;
use crate::lint::view::ClientView;
use crate::lint::words::quote;
use crate::policy::{HostPattern, TextPattern};

pub(in crate::lint) fn check(client: &ClientView<'_, '_>, sink: &mut Sink) {
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
