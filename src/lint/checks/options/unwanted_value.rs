//! `allow`, `deny` and `keepalive` take no value (F-OPT-05).

use super::traps::{Trap, first_trap};
use crate::diagnostic::Fix;
use crate::lint::fix::{Broken, replace};
use crate::lint::sink::Sink;
use crate::lint::view::RuleView;
use crate::lint::words::{REFUSES, quote};
use crate::policy::OptionProblem;
use crate::span::{Span, offset};

rows! {
    /// An option has a value that it does not take.
    ///
    /// Everybody whom the rule matches is refused.
    ///
    /// Repair: --unsafe-fixes
    /// Facts: F-OPT-05
    CHECK = Row::new("TW506", "unwanted-value", Error, LocksOut, Run::Rule(check))
        .fixed(Repair::Line(fix)).shown(claims::refused).harm(harms::of_broken_option);
}

fn check(rule: &RuleView<'_, '_>, sink: &mut Sink) {
    let Some((Trap::Plain(OptionProblem::UnwantedValue), option)) = first_trap(rule) else {
        return;
    };
    sink.report(option.value_span, || {
        (
            format!(
                "the option {} takes no value: {REFUSES}",
                quote(&option.name)
            ),
            "remove the value; another option needs a colon before it".to_owned(),
        )
    });
}

/// An option without the value that it does not take, if the value says what the option says.
fn fix(broken: &Broken<'_, '_>) -> Option<Fix> {
    let source = broken.source();
    let idle: [&[u8]; 6] = [b"all", b"yes", b"true", b"on", b"1", b"access"];
    let value = broken.span.of(source);
    if !idle.iter().any(|word| value.eq_ignore_ascii_case(word)) {
        return None;
    }
    let start = broken.line.span().start;
    let before = Span::new(start, broken.span.start).of(source);
    let is_between = |byte: &u8| byte.is_ascii_whitespace() || *byte == b'=';
    let blanks = before
        .iter()
        .rev()
        .take_while(|byte| is_between(byte))
        .count();
    let gone = Span::new(broken.span.start - offset(blanks), broken.span.end);
    Some(replace("remove the value", gone, ""))
}
