//! A keyword that libwrap does not know (F-OPT-04).

use super::traps::{Trap, first_trap};
use crate::lint::sink::Sink;
use crate::lint::suggest::closest;
use crate::lint::view::RuleView;
use crate::lint::words::{REFUSES, quote};
use crate::policy::{OPTIONS, OptionProblem};

pub(in crate::lint) fn check(rule: &RuleView<'_, '_>, sink: &mut Sink) {
    let Some((Trap::Plain(OptionProblem::UnknownName), option)) = first_trap(rule) else {
        return;
    };
    // An option of other builds has a code of its own.
    if option.spec().is_some() {
        return;
    }
    sink.report(option.name_span, || {
        let help = if let Some(name) = closest(&option.name, OPTIONS.iter().map(|spec| spec.name)) {
            format!("write `{name}`, if that is meant")
        } else if option.name.starts_with(b"/") || option.name.starts_with(b"(") {
            "a command needs the word `spawn` before it".to_owned()
        } else {
            "see hosts_options(5) for the options there are".to_owned()
        };
        (
            format!("there is no option {}: {REFUSES}", quote(&option.name)),
            help,
        )
    });
}
