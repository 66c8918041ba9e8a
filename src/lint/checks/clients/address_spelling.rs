//! An address that no client is ever spelt like: leading zeros, numbers over 255 (F-V4-01).

use crate::lint::sink::Sink;
use crate::lint::view::ClientView;
use crate::lint::words::quote;
use crate::policy::{HostPattern, TextPattern};
use std::net::Ipv4Addr;

rows! {
    /// No IPv4 address is spelt like this.
    ///
    /// Addresses are compared as text; leading zeros, one number, or parts beyond 255 never occur.
    ///
    /// Repair: by hand
    /// Facts: F-V4-01
    CHECK = Row::new("TW313", "address-spelling", Error, Missed, Run::Client(check))
        .ends(Ends::Word, 18).shown(claims::missed_by_word);
}

fn check(client: &ClientView<'_, '_>, sink: &mut Sink) {
    let HostPattern::Text {
        pattern: TextPattern::Exact(text),
        also_name: false,
    } = client.pattern.host
    else {
        return;
    };
    let is_address = str::from_utf8(text).is_ok_and(|text| text.parse::<Ipv4Addr>().is_ok());
    if is_address || text.split(|&byte| byte == b'.').count() < 4 {
        return;
    }
    sink.report(client.span, || {
        (
            format!(
                "no address is spelt {}: addresses are compared as text, so it {}",
                quote(client.text),
                client.nobody()
            ),
            "write four numbers from 0 to 255 without leading zeros".to_owned(),
        )
    });
}
