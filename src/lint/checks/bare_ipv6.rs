//! An IPv6 address without brackets is cut at its first colon (F-FIELD-07).

use crate::lint::sink::Sink;
use crate::lint::view::RuleView;
use crate::lint::words::{plain, quote};
use crate::policy::ipv6;
use crate::span::{Span, offset};

/// Longer than any spelling of an IPv6 address with zone and prefix length.
const SPELLING_LIMIT: usize = 80;

/// The address that begins at the last client and goes on behind its colon.
pub(super) fn address(rule: &RuleView<'_, '_>) -> Option<Span> {
    let field = rule.options.first()?.name_span.start;
    let start = match rule.clients.last() {
        Some(last) => last.span().start,
        // `sshd: ::1`: the client list is empty; the colon before the first option is its second.
        None => field.checked_sub(1)?,
    };
    let end = rule.span().end;
    let source = rule.source();
    let text = Span::new(start, end).of(source);
    let length = text
        .iter()
        .take(SPELLING_LIMIT)
        .position(|byte| matches!(byte, b' ' | b'\t' | b'\r' | b'\n' | b','))
        .unwrap_or(text.len());
    let word = text.get(..length)?;
    let is_address = |word: &[u8]| {
        let net = memchr::memchr(b'/', word).and_then(|at| word.get(..at));
        word.contains(&b':') && ipv6(net.unwrap_or(word)).is_some()
    };
    let word = [word, word.strip_suffix(b":").unwrap_or(word)]
        .into_iter()
        .find(|word| is_address(word))?;
    Some(Span::new(start, start + offset(word.len())))
}

pub(in crate::lint) fn check(rule: &RuleView<'_, '_>, sink: &mut Sink) {
    let Some(span) = address(rule) else {
        return;
    };
    let text = span.of(rule.source());
    sink.report(span, || {
        let (net, length) = text.split_at(memchr::memchr(b'/', text).unwrap_or(text.len()));
        (
            format!(
                "the IPv6 address {} has no brackets: it is cut at its first colon, matches \
                 nobody, and the rest of it is read as options",
                quote(text)
            ),
            format!("write `[{}]{}`", plain(net), plain(length)),
        )
    });
}
