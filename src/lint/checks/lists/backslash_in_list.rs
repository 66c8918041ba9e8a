//! A backslash means nothing in the lists of a rule: it stays part of the word (F-FIELD-06).

use crate::lint::sink::Sink;
use crate::lint::view::ClientView;
use crate::lint::words::quote;

rows! {
    /// A backslash stands in a list.
    ///
    /// Only options know `\:`. In a list the backslash is part of the word, and the colon
    /// separates.
    ///
    /// Repair: by hand
    /// Facts: F-FIELD-06
    CHECK = Row::new("TW205", "backslash-in-list", Error, Missed, Run::Client(check))
        .ends(Ends::Word, 3).shown(claims::missed_by_word);
}

fn check(client: &ClientView<'_, '_>, sink: &mut Sink) {
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
            "remove it; only options know `\\:`, and IPv6 addresses stand in brackets".to_owned(),
        )
    });
}
