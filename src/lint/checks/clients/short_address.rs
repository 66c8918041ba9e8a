//! An IPv4 address with fewer than four numbers and no dot at its end never matches (F-V4-03).

use crate::lint::checks::lists::bare_ipv6;
use crate::lint::sink::Sink;
use crate::lint::view::ClientView;
use crate::lint::words::{plain, quote};
use crate::policy::{HostPattern, TextPattern};

pub(in crate::lint) fn check(client: &ClientView<'_, '_>, sink: &mut Sink) {
    let HostPattern::Text {
        pattern: TextPattern::Exact(text),
        also_name: false,
    } = client.pattern.host
    else {
        return;
    };
    let parts = text.split(|&byte| byte == b'.').count();
    // The head of an IPv6 address without brackets is reported as such, and so is a user alone.
    if parts >= 4 || text.is_empty() || bare_ipv6::address(client.rule).is_some() {
        return;
    }
    sink.report(client.span, || {
        (
            format!(
                "{} is compared with whole addresses only: it matches nobody and {}",
                quote(client.text),
                client.nobody()
            ),
            if parts > 1 {
                format!(
                    "write `{0}.` for all addresses that begin with {0}",
                    plain(text)
                )
            } else {
                // A port, the rest of a mask, the head of an IPv6 address: all but a network.
                "write the whole address, or a network such as `192.0.2.0/24`".to_owned()
            },
        )
    });
}
