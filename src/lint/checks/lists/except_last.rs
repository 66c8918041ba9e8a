//! Nothing stands after `EXCEPT`: there is no exception (F-EXCEPT-03).

use super::bare_ipv6;
use crate::diagnostic::Fix;
use crate::lint::fix::{Broken, replace};
use crate::lint::sink::Sink;
use crate::lint::view::RuleView;
use crate::lint::words::plain;
use crate::policy::Element;
use crate::span::{Span, index, offset};

rows! {
    /// Nothing stands after EXCEPT.
    ///
    /// Nobody is excepted; often the exceptions were on a line that is not joined.
    ///
    /// Repair: by hand
    /// Facts: F-EXCEPT-03
    CHECK = Row::new("TW212", "except-last", Warning, Either, Run::Rule(check))
        .fixed(Repair::Line(fix)).shown(claims::of_line);
}

fn check(rule: &RuleView<'_, '_>, sink: &mut Sink) {
    let cut = colon(rule);
    for list in [&rule.daemons, &rule.clients] {
        let (Some(Element::Except { span }), true) = (list.last(), list.len() > 1) else {
            continue;
        };
        // Something stands after it: an address that is cut.
        let is_before_address = |at: Span| {
            let between = Span::new(span.end, at.start.max(span.end)).of(rule.source());
            between.trim_ascii().is_empty()
        };
        if bare_ipv6::address(rule).is_some_and(is_before_address) {
            continue;
        }
        if let Some(colon) = cut {
            sink.report(span.cover(colon), || {
                let option = rule.options.first();
                let name = option.map_or_else(String::new, |option| plain(&option.name));
                (
                    format!(
                        "the colon after EXCEPT ends the list of clients: nobody is excepted, and \
                         `{name}` is taken for an option, so everybody the rule matches is refused"
                    ),
                    format!("remove the colon: `EXCEPT {name}`"),
                )
            });
            continue;
        }
        sink.report(*span, || {
            (
                "nothing stands after EXCEPT: nobody is excepted".to_owned(),
                "name the exceptions on the same line; if there are none, remove EXCEPT".to_owned(),
            )
        });
    }
}

/// The colon that stands between `EXCEPT` and the clients that are meant as its exceptions.
pub(in crate::lint) fn colon(rule: &RuleView<'_, '_>) -> Option<Span> {
    let (first, rest) = rule.options.split_first()?;
    let Some(Element::Except { span }) = rule.clients.last() else {
        return None;
    };
    let is_word = !first.name.is_empty() && first.spec().is_none();
    // What follows a further colon may be an option, but nothing before it is one.
    if !is_word || rest.iter().any(|option| option.spec().is_none()) {
        return None;
    }
    let before = Span::new(span.end, first.name_span.start).of(rule.source());
    let at = span.end + offset(memchr::memchr(b':', before)?);
    let is_only = memchr::memrchr(b':', before) == Some(index(at - span.end));
    is_only.then_some(Span::new(at, at + 1))
}

fn fix(broken: &Broken<'_, '_>) -> Option<Fix> {
    let colon = colon(&broken.rule()?)?;
    let next = broken.source().get(index(colon.end));
    let space = if next.is_some_and(u8::is_ascii_whitespace) {
        ""
    } else {
        " "
    };
    Some(replace("remove the colon after EXCEPT", colon, space))
}
