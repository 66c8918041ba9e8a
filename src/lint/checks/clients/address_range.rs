//! There are no address ranges (F-V4-17).

use crate::lint::sink::Sink;
use crate::lint::view::ClientView;
use crate::lint::words::quote;
use crate::policy::HostPattern;

pub(in crate::lint) fn check(client: &ClientView<'_, '_>, sink: &mut Sink) {
    if !is_range(client.host) || !matches!(client.pattern.host, HostPattern::Text { .. }) {
        return;
    }
    sink.report(client.span, || {
        (
            format!(
                "{} looks like a range, which libwrap does not know: it {}",
                quote(client.text),
                client.nobody()
            ),
            "write networks (`10.1.2.0/28`), a prefix (`10.1.2.`) or the single addresses"
                .to_owned(),
        )
    });
}

/// Whether a word is made of what ranges of addresses are made of.
pub(in crate::lint::checks) fn is_range(text: &[u8]) -> bool {
    text.contains(&b'-')
        && text.contains(&b'.')
        && text.first().is_some_and(u8::is_ascii_digit)
        && text
            .iter()
            .all(|byte| byte.is_ascii_digit() || b".-[]".contains(byte))
}
