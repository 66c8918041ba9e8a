//! `/0` after an IPv4 network is an error to libwrap: it matches no address (F-V4-08).

use crate::diagnostic::Fix;
use crate::lint::fix::{Broken, replace};
use crate::lint::sink::Sink;
use crate::lint::view::{ClientView, base, has_except};
use crate::lint::words::quote;
use crate::policy::{HostPattern, NetworkProblem};
use crate::span::Span;

rows! {
    /// An IPv4 network has the prefix length 0.
    ///
    /// libwrap rejects the length 0 and the pattern matches no address: `ALL: 0.0.0.0/0` in the
    /// deny table keeps nobody out.
    ///
    /// Repair: --unsafe-fixes
    /// Facts: F-V4-08
    CHECK = Row::new("TW302", "zero-prefix", Error, Missed, Run::Client(check))
        .ends(Ends::Word, 14)
        .fixed(Repair::Line(fix))
        .shown(claims::missed_by_word);
}

fn check(client: &ClientView<'_, '_>, sink: &mut Sink) {
    let is_zero = client.host.ends_with(b"/0") || client.host.ends_with(b"/00");
    let is_bad = matches!(
        client.pattern.host,
        HostPattern::BadNet(NetworkProblem::Mask | NetworkProblem::Net)
    );
    if !is_zero || !is_bad || client.host.starts_with(b"[") {
        return;
    }
    sink.report(client.span, || {
        (
            format!(
                "{} matches no address: libwrap rejects the prefix length 0, so it {}",
                quote(client.text),
                client.nobody()
            ),
            "write `ALL` for everybody; `0.0.0.0/0.0.0.0` is every IPv4 address, `[::]/0` every \
             IPv6 address"
                .to_owned(),
        )
    });
}

/// Everybody where more are refused by it, and nobody but the family that is named where they get in.
fn fix(broken: &Broken<'_, '_>) -> Option<Fix> {
    if !is_everything(broken.text()) {
        return None;
    }
    let rule = broken.rule()?;
    let is_word = |(_, span): &(&[u8], Span)| *span == broken.span;
    let is_base = base(&rule.clients).any(|word| is_word(&word));
    let is_refused = is_base && !has_except(&rule.clients) && !rule.is_to_grant();
    let meant = if is_refused { &b"ALL"[..] } else { ALL_OF_IPV4 };
    Some(replace("write what is meant", broken.span, meant))
}

/// Every IPv4 address, as libwrap reads it.
pub(in crate::lint) const ALL_OF_IPV4: &[u8] = b"0.0.0.0/0.0.0.0";

/// Whether a word means everybody, or every address of a family.
pub(in crate::lint) fn is_everything(text: &[u8]) -> bool {
    let all: [&[u8]; 9] = [
        b"ALL",
        b"ANY",
        b"*",
        b"0/0",
        b"0.0.0.0/0",
        b"0.0.0.0/0.0.0.0",
        b"::/0",
        b"[::]/0",
        b"[::/0]",
    ];
    let text = text
        .strip_suffix(b"/00")
        .map(|net| [net, b"/0"].concat())
        .unwrap_or(text.to_vec());
    all.iter().any(|other| text.eq_ignore_ascii_case(other))
}
