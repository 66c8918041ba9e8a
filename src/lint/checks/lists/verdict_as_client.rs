//! `allow` or `deny` where a client should stand is the name of a host (F-FIELD-08).

use crate::diagnostic::Fix;
use crate::lint::check::Harm;
use crate::lint::fix::{Broken, replace};
use crate::lint::harms::Place;
use crate::lint::sink::Sink;
use crate::lint::view::ClientView;
use crate::lint::words::{plain, quote};
use crate::span::{Span, offset};

rows! {
    /// The word allow or deny stands in the client list.
    ///
    /// There it is the name of a host; the verdict is that of the table.
    ///
    /// Repair: --unsafe-fixes
    /// Facts: F-FIELD-08
    CHECK = Row::new("TW203", "verdict-as-client", Error, Either, Run::Client(check))
        .ends(Ends::Word, 11).fixed(Repair::Line(fix)).shown(claims::of_line).harm(harm);
}

fn check(client: &ClientView<'_, '_>, sink: &mut Sink) {
    let text = client.text;
    if !text.eq_ignore_ascii_case(b"deny") && !text.eq_ignore_ascii_case(b"allow") {
        return;
    }
    sink.report(client.span, || {
        let rule = if client.rule.grants() {
            "grants"
        } else {
            "denies"
        };
        (
            format!(
                "{} stands in the client list, where it is the name of a host: the rule {rule}",
                quote(text)
            ),
            format!("put a colon before it: `: {}`", plain(text)),
        )
    });
}

/// `ALL deny` as `ALL: deny`, at the end of a rule.
fn fix(broken: &Broken<'_, '_>) -> Option<Fix> {
    let source = broken.source();
    let (rule, end) = broken.content()?;
    let is_last = Span::new(broken.span.end, end)
        .of(source)
        .trim_ascii()
        .is_empty();
    let before = Span::new(rule.start, broken.span.start).of(source);
    let is_blank = |byte: &u8| byte.is_ascii_whitespace() || *byte == b',';
    let blanks = before
        .iter()
        .rev()
        .take_while(|byte| is_blank(byte))
        .count();
    let start = broken.span.start - offset(blanks);
    is_last.then(|| {
        let gap = Span::new(start, broken.span.start);
        replace("put a colon before it", gap, ": ")
    })
}

#[expect(clippy::unnecessary_wraps, reason = "the shape that the row takes")]
fn harm(place: &Place<'_, '_>) -> Option<Harm> {
    Some(if place.text().eq_ignore_ascii_case(b"deny") {
        place.by_effect(Harm::LetsIn, Harm::Dead)
    } else {
        place.by_effect(Harm::Dead, Harm::LocksOut)
    })
}
