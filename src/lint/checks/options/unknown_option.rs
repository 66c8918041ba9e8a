//! A keyword that libwrap does not know (F-OPT-04).

use super::traps::{Trap, first_trap};
use crate::lint::sink::Sink;
use crate::lint::suggest::closest;
use crate::lint::view::RuleView;
use crate::lint::words::{REFUSES, quote};
use crate::policy::{OPTIONS, OptionProblem};

rows! {
    /// There is no such option.
    ///
    /// A broken option refuses everybody whom the rule matches, in both tables.
    ///
    /// Repair: --unsafe-fixes
    /// Facts: F-OPT-04
    CHECK = Row::new("TW501", "unknown-option", Error, LocksOut, Run::Rule(check))
        .fixed(Repair::Word(meant)).shown(claims::refused).harm(harms::of_broken_option);
}

fn check(rule: &RuleView<'_, '_>, sink: &mut Sink) {
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

/// What the word was meant to be.
fn meant(text: &[u8]) -> Option<Vec<u8>> {
    let name = closest(text, OPTIONS.iter().map(|option| option.name))?;
    let first = (text.first()?.to_ascii_lowercase(), name.as_bytes().first()?);
    let is_close = text.len() > 3 && first.0 == *first.1;
    is_close.then(|| name.as_bytes().to_vec())
}
