//! `user@` and `@` alone name no client (F-USER-01).

use crate::lint::sink::{About, Sink};
use crate::lint::view::ClientView;
use crate::lint::words::{plain, quote};

pub(in crate::lint) fn check(client: &ClientView<'_, '_>, sink: &mut Sink) {
    if client.pattern.user.is_none() || !client.host.is_empty() {
        return;
    }
    // The user may come from anywhere.
    let everybody = || About::Clients(b"ALL".to_vec());
    sink.report_about(client.span, everybody, || {
        let text = quote(client.text);
        (
            format!(
                "no client stands after the @ of {text}: it matches nobody and {}",
                client.nobody()
            ),
            format!(
                "write the client after the @: `{0}192.0.2.7`, or `{0}ALL` for the user on every \
                 client; anybody can claim to be that user",
                plain(client.text)
            ),
        )
    });
}
