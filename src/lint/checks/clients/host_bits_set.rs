//! An IPv4 network with bits set that its mask takes away matches no address (F-V4-06).

use crate::lint::checks::lists::mask_with_holes;
use crate::lint::sink::Sink;
use crate::lint::view::ClientView;
use crate::lint::words::{plain, quote};
use crate::policy::HostPattern;
use std::net::Ipv4Addr;

pub(in crate::lint) fn check(client: &ClientView<'_, '_>, sink: &mut Sink) {
    let HostPattern::Ipv4Net { net, mask } = client.pattern.host else {
        return;
    };
    if net & !mask == 0 {
        return;
    }
    sink.report(client.span, || {
        let slash = memchr::memchr(b'/', client.host).unwrap_or_default();
        let behind = client.host.get(slash..).unwrap_or_default();
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
            } else {
                format!("write `{network}{}`", plain(behind))
            },
        )
    });
}
