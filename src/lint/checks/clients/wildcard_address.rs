//! A wildcard for addresses is compared with names too, and their owners choose them (F-V4-18).

use crate::lint::sink::Sink;
use crate::lint::trial::Client;
use crate::lint::view::ClientView;
use crate::lint::words::quote;
use crate::policy::{HostPattern, TextPattern};

rows! {
    /// A wildcard over addresses also matches names.
    ///
    /// The owner of a client's reverse DNS chooses its name: `10.*` matches 10.evil.example.
    ///
    /// Repair: --unsafe-fixes
    /// Facts: F-V4-18
    CHECK = Row::new("TW321", "wildcard-address", Warning, Broad, Run::Client(check))
        .fixed(Repair::Word(prefix)).shown(claims::matched_by_word)
        .also_tried(|text| {
            let name = text.replace('*', "evil.example").replace('?', "1");
            Some(Client::named(name))
        });
}

fn check(client: &ClientView<'_, '_>, sink: &mut Sink) {
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

/// The prefix that `192.0.2.*` was meant to be.
pub(super) fn prefix(text: &[u8]) -> Option<Vec<u8>> {
    let head = text.strip_suffix(b"*")?;
    let is_clean = head
        .iter()
        .all(|byte| byte.is_ascii_digit() || *byte == b'.');
    (is_clean && head.ends_with(b".")).then(|| head.to_vec())
}
