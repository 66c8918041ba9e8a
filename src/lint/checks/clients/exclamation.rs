//! `!` excepts nothing: it is an ordinary character (F-EXCEPT-02).

use crate::lint::sink::Sink;
use crate::lint::view::ClientView;
use crate::lint::words::quote;

pub(in crate::lint) fn check(client: &ClientView<'_, '_>, sink: &mut Sink) {
    if !client.text.starts_with(b"!") {
        return;
    }
    sink.report(client.span, || {
        (
            format!(
                "the `!` of {} means nothing to libwrap: nobody is excepted",
                quote(client.text)
            ),
            "write `EXCEPT` and the clients behind it at the end of the list".to_owned(),
        )
    });
}
