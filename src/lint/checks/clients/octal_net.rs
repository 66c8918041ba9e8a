//! In a network a leading zero means octal (F-V4-12).

use crate::lint::sink::Sink;
use crate::lint::view::ClientView;
use crate::lint::words::quote;
use crate::policy::HostPattern;
use std::net::Ipv4Addr;

rows! {
    /// A part of a network begins with 0 and is read as octal.
    ///
    /// `010.0.0.0/8` is the network 8.0.0.0/8.
    ///
    /// Repair: by hand
    /// Facts: F-V4-12
    CHECK = Row::new("TW308", "octal-network", Error, Missed, Run::Client(check))
        .shown(claims::missed_by_word);
}

fn check(client: &ClientView<'_, '_>, sink: &mut Sink) {
    let HostPattern::Ipv4Net { net, .. } = client.pattern.host else {
        return;
    };
    let slash = memchr::memchr(b'/', client.host).unwrap_or_default();
    let written = client.host.get(..slash).unwrap_or_default();
    let has_zero = |part: &[u8]| part.len() > 1 && part.starts_with(b"0");
    if !written.split(|&byte| byte == b'.').any(has_zero) {
        return;
    }
    sink.report(client.span, || {
        let net = Ipv4Addr::from_bits(net);
        (
            format!(
                "a number with a leading zero is octal or hexadecimal here: {} is the network {net}",
                quote(client.text)
            ),
            "write the numbers without leading zeros".to_owned(),
        )
    });
}
