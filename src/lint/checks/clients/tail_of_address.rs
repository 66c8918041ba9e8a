//! A pattern of a dot and numbers matches the tail of addresses (F-V4-04).

use crate::lint::checks::torn;
use crate::lint::sink::Sink;
use crate::lint::view::ClientView;
use crate::lint::words::plain;
use crate::policy::{HostPattern, TextPattern};

rows! {
    /// A pattern of digits begins with a dot.
    ///
    /// It matches every address that ends so, all over the world.
    ///
    /// Repair: by hand
    /// Facts: F-V4-04
    CHECK = Row::new("TW323", "tail-of-address", Warning, Broad, Run::Client(check))
        .shown(claims::matched_by_word);
}

fn check(client: &ClientView<'_, '_>, sink: &mut Sink) {
    let HostPattern::Text {
        pattern: TextPattern::Suffix(text),
        also_name: false,
    } = client.pattern.host
    else {
        return;
    };
    if !text.last().is_some_and(u8::is_ascii_digit) {
        return;
    }
    sink.report(client.span, || {
        let whole = torn::whole(&client.rule.clients, client.span, client.text);
        let text = plain(text);
        (
            format!("`{text}` is not a network: it matches every IPv4 address that ends like this"),
            whole.map_or_else(
                || "write a prefix with the dot at its end (`10.1.`), or a network".to_owned(),
                |address| torn::help(&address),
            ),
        )
    });
}
