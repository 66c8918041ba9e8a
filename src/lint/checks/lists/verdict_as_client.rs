//! `allow` or `deny` where a client should stand is the name of a host (F-FIELD-08).

use crate::lint::sink::Sink;
use crate::lint::view::ClientView;
use crate::lint::words::{plain, quote};

pub(in crate::lint) fn check(client: &ClientView<'_, '_>, sink: &mut Sink) {
    let text = client.text;
    if !text.eq_ignore_ascii_case(b"deny") && !text.eq_ignore_ascii_case(b"allow") {
        return;
    }
    sink.report(client.span, || {
        let rule = if client.rule.grants() {
            "grants"
        } else {
            "denies"
        };
        (
            format!(
                "{} stands in the client list, where it is the name of a host: the rule {rule}",
                quote(text)
            ),
            format!("put a colon before it: `: {}`", plain(text)),
        )
    });
}
