//! An IPv4 address with fewer than four numbers and no dot at its end never matches (F-V4-03).

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
    if parts >= 4 || text.is_empty() || super::bare_ipv6::address(client.rule).is_some() {
        return;
    }
    sink.report(client.span, || {
        (
            format!(
                "{} is compared with whole addresses only: it matches nobody and {}",
                quote(client.text),
                client.nobody()
            ),
            remedy(text),
        )
    });
}

/// What can be written instead. A single number is a length, a port or half of a network as often
/// as the beginning of an address.
fn remedy(text: &[u8]) -> String {
    let mut parts = text.split(|&byte| byte == b'.');
    let is_byte = |part: &[u8]| str::from_utf8(part).is_ok_and(|part| part.parse::<u8>().is_ok());
    let all = "write the whole address, or a network such as `10.1.2.0/24`";
    if !parts.all(is_byte) {
        return format!("{all}: no IPv4 address begins with {}", plain(text));
    }
    if text.contains(&b'.') {
        return format!(
            "write `{0}.` for all addresses that begin with {0}",
            plain(text)
        );
    }
    format!(
        "{all}; all addresses that begin with {0} are `{0}.0.0.0/8`",
        plain(text)
    )
}
