//! A mask that stands apart from its network: to libwrap these are two words (F-FIELD-02).

use crate::lint::check::Harm;
use crate::lint::checks::lists::spaced_slash;
use crate::lint::finding::{About, Rating};
use crate::lint::foreign::network;
use crate::lint::sink::Sink;
use crate::lint::view::{RuleView, patterns};
use crate::lint::words::{plain, quote};
use crate::policy::plain_quad;
use crate::span::Span;

rows! {
    /// A mask stands apart from its network.
    ///
    /// A space ends a word: libwrap reads the address and the mask as two single clients, and the
    /// rule misses the rest of the network.
    ///
    /// Repair: by hand
    /// Facts: F-FIELD-02 F-V4-05
    CHECK = Row::new("TW317", "mask-apart", Error, Missed, Run::Rule(check))
        .ends(Ends::Word, 2).is_no_pattern();
}

fn check(rule: &RuleView<'_, '_>, sink: &mut Sink) {
    // Most rules have one client.
    if rule.clients.len() < 2 {
        return;
    }
    let words: Vec<_> = patterns(&rule.clients).collect();
    // Those have a check of their own.
    let spaced = spaced_slash::networks(&rule.clients, rule.source());
    for (at, &(text, span, excepted)) in words.iter().enumerate() {
        let following = |step: usize| {
            let word = words.get(at + step).filter(|word| word.2 == excepted);
            word.map(|&(text, span, _)| (text, span))
        };
        let Some((end, net)) = apart(text, following) else {
            continue;
        };
        let whole = Span::new(span.start, end.end);
        if spaced.contains(&whole) {
            continue;
        }
        let rating = Rating {
            harm: Harm::Missed,
            about: About::Meant(net.clone().into_bytes()),
        };
        sink.report_rated(whole, rating, || {
            (
                format!(
                    "the mask stands apart from its network: libwrap reads {} as single words, and \
                     the rule misses the rest of the network",
                    quote(whole.of(rule.source()))
                ),
                format!("write `{}`", plain(net.as_bytes())),
            )
        });
    }
}

/// Where the mask that belongs to `text` ends, and the network.
fn apart<'v>(
    text: &[u8],
    following: impl Fn(usize) -> Option<(&'v [u8], Span)>,
) -> Option<(Span, String)> {
    let (bare, is_open) = match text.strip_suffix(b"/") {
        Some(bare) => (bare, true),
        None => (text, false),
    };
    let is_ipv6 = bare.starts_with(b"[") && bare.ends_with(b"]");
    if !is_ipv6 && plain_quad(bare).is_none() {
        return None;
    }
    let (first, first_span) = following(1)?;
    let is_word = [&b"netmask"[..], b"mask", b"/"]
        .iter()
        .any(|word| first.eq_ignore_ascii_case(word));
    let (mask, span) = if is_word && !is_open {
        following(2)?
    } else {
        (first, first_span)
    };
    let is_announced = is_open || is_word;
    let slashed = mask.strip_prefix(b"/");
    let mask = slashed.unwrap_or(mask);
    let length: Option<u32> = str::from_utf8(mask).ok().and_then(|mask| mask.parse().ok());
    if let Some(length) = length.filter(|_| is_announced || slashed.is_some()) {
        let most = if is_ipv6 { 128 } else { 32 };
        return (length <= most && length > 0).then(|| (span, with_length(bare, length)));
    }
    if is_ipv6 {
        return None;
    }
    // An address that is not a mask is a client of its own.
    let is_mask = mask.starts_with(b"255.") || mask.starts_with(b"0.");
    if !is_announced && !is_mask {
        return None;
    }
    Some((span, network(bare, mask)?))
}

/// `192.0.2.7` and 24 as `192.0.2.0/24`.
fn with_length(bare: &[u8], length: u32) -> String {
    let quad = plain_quad(bare).filter(|_| length <= 32);
    match quad {
        Some(address) => {
            let mask = u32::MAX.checked_shl(32 - length).unwrap_or(0);
            let net = std::net::Ipv4Addr::from_bits(u32::from(address) & mask);
            format!("{net}/{length}")
        }
        None => format!("{}/{length}", plain(bare)),
    }
}
