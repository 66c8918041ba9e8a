//! `!` excepts nothing: it is an ordinary character (F-EXCEPT-02).

use crate::diagnostic::Fix;
use crate::lint::fix::{Broken, replace};
use crate::lint::sink::Sink;
use crate::lint::view::ClientView;
use crate::lint::words::quote;
use crate::policy::{Element, Rule};
use crate::span::Span;

rows! {
    /// An exclamation mark stands before a pattern.
    ///
    /// libwrap knows no `!`; the word matches nobody and excepts nobody.
    ///
    /// Repair: --unsafe-fixes
    /// Facts: F-EXCEPT-02
    CHECK = Row::new("TW311", "exclamation-mark", Error, Missed, Run::Client(check))
        .ends(Ends::Word, 4).is_no_pattern().fixed(Repair::Line(fix)).shown(claims::missed_by_word);
}

fn check(client: &ClientView<'_, '_>, sink: &mut Sink) {
    if !client.text.starts_with(b"!") {
        return;
    }
    sink.report(client.span, || {
        (
            format!(
                "the `!` of {} means nothing to libwrap: nobody is excepted",
                quote(client.text)
            ),
            "write `EXCEPT` and the clients after it at the end of the list".to_owned(),
        )
    });
}

/// `!x` as `x` after EXCEPT, and as `EXCEPT x` at the end of a list.
fn fix(broken: &Broken<'_, '_>) -> Option<Fix> {
    let rule = Rule::of(broken.line)?;
    let mut elements = rule.clients().elements();
    let is_excepted = elements
        .by_ref()
        .take_while(|element| element.span() != broken.span)
        .any(|element| matches!(element, Element::Except { .. }));
    let is_last = elements.next().is_none();
    let mark = Span::new(broken.span.start, broken.span.start + 1);
    if is_excepted {
        return Some(replace("remove the !", mark, ""));
    }
    let is_whole = rule.clients().elements().next()?.span() != broken.span;
    (is_last && is_whole).then(|| replace("write EXCEPT", mark, "EXCEPT "))
}
