//! A name with a dot at its end is a prefix: it matches other people's names (F-NAME-03).

use super::address_range;
use crate::lint::sink::Sink;
use crate::lint::trial::Client;
use crate::lint::view::ClientView;
use crate::lint::words::plain;
use crate::policy::{HostPattern, TextPattern};

rows! {
    /// A host name ends in a dot.
    ///
    /// Then it is the beginning of a name: it does not match the host, but any longer name, which
    /// anybody can own.
    ///
    /// Repair: --unsafe-fixes
    /// Facts: F-NAME-03
    CHECK = Row::new("TW324", "trailing-dot-name", Error, Broad, Run::Client(check))
        .fixed(Repair::Word(|text| text.strip_suffix(b".").map(<[u8]>::to_vec)))
        .shown(claims::matched_by_word)
        .also_tried(|text| Some(Client::named(format!("{text}example.org"))));
}

fn check(client: &ClientView<'_, '_>, sink: &mut Sink) {
    let HostPattern::Text {
        pattern: TextPattern::Prefix(text),
        also_name: true,
    } = client.pattern.host
    else {
        return;
    };
    // A range of addresses is not a name, whatever it ends in.
    if address_range::is_range(client.host) {
        return;
    }
    sink.report(client.span, || {
        let text = plain(text);
        let name = text.trim_end_matches('.');
        (
            format!(
                "`{text}` is the beginning of a name: it does not match `{name}`, but \
                 `{text}example.org`, which anybody can own"
            ),
            format!("write `{name}`"),
        )
    });
}
