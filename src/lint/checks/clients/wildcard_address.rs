//! A wildcard for addresses is compared with names too, and their owners choose them (F-V4-18).

use crate::lint::sink::Sink;
use crate::lint::view::ClientView;
use crate::lint::words::quote;
use crate::policy::{HostPattern, TextPattern};

pub(in crate::lint) fn check(client: &ClientView<'_, '_>, sink: &mut Sink) {
    let HostPattern::Text {
        pattern: TextPattern::Wildcard(text),
        also_name: true,
    } = client.pattern.host
    else {
        return;
    };
    let is_address = text.first().is_some_and(u8::is_ascii_digit)
        && text.contains(&b'.')
        && text
            .iter()
            .all(|byte| byte.is_ascii_digit() || b".*?".contains(byte));
    if !is_address {
        return;
    }
    sink.report(client.span, || {
        (
            format!(
                "{} matches names as well as addresses: whoever runs the DNS of a client can name \
                 it so",
                quote(client.text)
            ),
            "write a prefix (`10.1.`) or a network (`10.1.0.0/16`)".to_owned(),
        )
    });
}
