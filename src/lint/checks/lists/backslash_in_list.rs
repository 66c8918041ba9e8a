//! A backslash means nothing in the lists of a rule: it stays part of the word (F-FIELD-06).

use crate::lint::sink::Sink;
use crate::lint::view::ClientView;
use crate::lint::words::quote;

pub(in crate::lint) fn check(client: &ClientView<'_, '_>, sink: &mut Sink) {
    // A backslash that stands alone is a continuation gone wrong, which has its own check.
    if client.text == b"\\" || !client.text.contains(&b'\\') {
        return;
    }
    sink.report(client.span, || {
        (
            format!(
                "the backslash in {} is an ordinary character here, so the pattern {}",
                quote(client.text),
                client.nobody()
            ),
            "take it out; only options know `\\:`, and IPv6 addresses stand in brackets".to_owned(),
        )
    });
}
