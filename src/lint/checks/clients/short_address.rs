//! An IPv4 address with fewer than four numbers and no dot at its end never matches (F-V4-03).

use crate::lint::checks::lists::bare_ipv6;
use crate::lint::checks::torn;
use crate::lint::sink::Sink;
use crate::lint::view::ClientView;
use crate::lint::words::{plain, quote};
use crate::policy::{HostPattern, TextPattern};

rows! {
    /// An IPv4 address has fewer than four numbers and no dot at its end.
    ///
    /// Addresses are compared as text, so `10.1.2` matches nobody; `10.1.2.` is the network.
    ///
    /// Repair: --unsafe-fixes
    /// Facts: F-V4-03
    CHECK = Row::new("TW309", "short-address", Error, Missed, Run::Client(check))
        .ends(Ends::Word, 19).fixed(Repair::Word(meant)).shown(claims::missed_by_word);
}

fn check(client: &ClientView<'_, '_>, sink: &mut Sink) {
    let HostPattern::Text {
        pattern: TextPattern::Exact(text),
        also_name: false,
    } = client.pattern.host
    else {
        return;
    };
    let parts = text.split(|&byte| byte == b'.').count();
    // The head of an IPv6 address without brackets is reported as such, and so is a user alone.
    if parts >= 4 || text.is_empty() || bare_ipv6::address(client.rule).is_some() {
        return;
    }
    sink.report(client.span, || {
        let whole = torn::whole(&client.rule.clients, client.span, client.text);
        (
            format!(
                "{} is compared with whole addresses only: it matches nobody and {}",
                quote(client.text),
                client.nobody()
            ),
            if let Some(address) = whole {
                torn::help(&address)
            } else if parts > 1 {
                format!(
                    "write `{0}.` for all addresses that begin with {0}",
                    plain(text)
                )
            } else {
                // A port, the rest of a mask, the head of an IPv6 address: all but a network.
                "write the whole address, or a network such as `192.0.2.0/24`".to_owned()
            },
        )
    });
}

/// What the word was meant to be.
fn meant(text: &[u8]) -> Option<Vec<u8>> {
    // A number alone may be a length, a port or the head of another address.
    let is_head = text.contains(&b'.') && is_prefix(text);
    is_head.then(|| [text, b"."].concat())
}

/// Whether a text is one to three numbers of an IPv4 address, with dots between them.
pub(in crate::lint) fn is_prefix(text: &[u8]) -> bool {
    let parts: Vec<&[u8]> = text.split(|&byte| byte == b'.').collect();
    let is_byte = |part: &&[u8]| {
        let is_short = part.len() == 1 || !part.starts_with(b"0");
        is_short && str::from_utf8(part).is_ok_and(|part| part.parse::<u8>().is_ok())
    };
    parts.len() < 4 && parts.iter().all(is_byte)
}
