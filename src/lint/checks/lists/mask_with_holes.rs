//! A mask whose bits are not one run: it takes addresses that are not one network (F-V4-05).

use crate::lint::sink::Sink;
use crate::lint::view::ClientView;
use crate::lint::words::quote;
use crate::policy::HostPattern;
use std::net::Ipv4Addr;

rows! {
    /// The ones of a mask are not all at its left.
    ///
    /// Such a mask takes addresses from many networks; often it is written the other way round, as
    /// some routers write it.
    ///
    /// Repair: by hand
    /// Facts: F-V4-05
    CHECK = Row::new("TW208", "mask-with-holes", Warning, Either, Run::Client(check));
}

/// Whether the bits of a mask are not those of a network.
pub(in crate::lint) fn has_holes(mask: u32) -> bool {
    mask.leading_ones() + mask.trailing_zeros() != u32::BITS && mask != 0
}

/// What can be said about such a mask: nobody knows whether it is meant.
pub(in crate::lint::checks) fn question(net: u32, mask: u32) -> String {
    let hosts = !mask;
    if has_holes(hosts) {
        return "check the mask: a network has all its ones at the left, as 255.255.255.0 has"
            .to_owned();
    }
    // As some routers write masks.
    let network = Ipv4Addr::from_bits(net & hosts);
    let mask = Ipv4Addr::from_bits(hosts);
    format!("if the mask is written the other way round, write `{network}/{mask}`")
}

fn check(client: &ClientView<'_, '_>, sink: &mut Sink) {
    let HostPattern::Ipv4Net { net, mask } = client.pattern.host else {
        return;
    };
    if !has_holes(mask) || net & !mask != 0 {
        return;
    }
    sink.report(client.span, || {
        (
            format!(
                "the mask of {} has holes: it matches addresses from many networks",
                quote(client.text)
            ),
            question(net, mask),
        )
    });
}
