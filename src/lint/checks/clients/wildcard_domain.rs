//! `*foo.com` matches every name that ends so, `xfoo.com` too (F-NAME-04).

use crate::lint::sink::Sink;
use crate::lint::trial::Client;
use crate::lint::view::ClientView;
use crate::lint::words::{plain, quote};
use crate::policy::{HostPattern, TextPattern};

rows! {
    /// A wildcard stands directly before a domain.
    ///
    /// `*foo.com` matches xfoo.com, which anybody can own.
    ///
    /// Repair: --unsafe-fixes
    /// Facts: F-NAME-04
    CHECK = Row::new("TW322", "wildcard-domain", Warning, Broad, Run::Client(check))
        .fixed(Repair::Word(domain)).shown(claims::matched_by_word)
        .also_tried(|text| Some(Client::named(text.replace('*', "evil"))));
}

fn check(client: &ClientView<'_, '_>, sink: &mut Sink) {
    let HostPattern::Text {
        pattern: TextPattern::Wildcard(text),
        also_name: true,
    } = client.pattern.host
    else {
        return;
    };
    let Some(domain) = text.strip_prefix(b"*") else {
        return;
    };
    let is_domain = domain.first().is_some_and(u8::is_ascii_alphanumeric)
        && domain.iter().any(u8::is_ascii_alphabetic)
        && domain.contains(&b'.')
        && !domain.contains(&b'*')
        && !domain.contains(&b'?');
    if !is_domain {
        return;
    }
    sink.report(client.span, || {
        let domain = plain(domain);
        (
            format!(
                "{} matches every name that ends like this, also in a stranger's domain: \
                 `x{domain}`",
                quote(client.text)
            ),
            format!("write `.{domain}`, and `{domain}` if the host itself is meant too"),
        )
    });
}

/// The domain that `*example.org` was meant to be.
pub(super) fn domain(text: &[u8]) -> Option<Vec<u8>> {
    let tail = text
        .strip_prefix(b"*")
        .filter(|tail| !tail.contains(&b'*'))?;
    Some([b".", tail].concat())
}
