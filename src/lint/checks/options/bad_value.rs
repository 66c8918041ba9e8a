//! A value that its option does not take (F-SEV-02, F-OPT-08 to F-OPT-12).

use super::traps::{Trap, first_trap};
use crate::lint::sink::Sink;
use crate::lint::view::RuleView;
use crate::lint::words::{REFUSES, quote};
use crate::policy::{Dialect, OptionKind, OptionProblem};

rows! {
    /// An option does not take this value.
    ///
    /// Everybody whom the rule matches is refused.
    ///
    /// Repair: by hand
    /// Facts: F-SEV-02 F-OPT-08 F-OPT-09 F-OPT-10 F-OPT-11 F-OPT-12
    CHECK = Row::new("TW508", "bad-value", Error, LocksOut, Run::Rule(check))
        .shown(claims::refused).harm(harms::of_broken_option);
}

fn check(rule: &RuleView<'_, '_>, sink: &mut Sink) {
    let Some((Trap::Plain(OptionProblem::BadValue), option)) = first_trap(rule) else {
        return;
    };
    sink.report(option.value_span, || {
        let value = option.value.as_deref().unwrap_or_default();
        (
            format!(
                "the option {} does not take {}: {REFUSES}",
                quote(&option.name),
                quote(value)
            ),
            remedy(option.spec().map(|spec| spec.kind), rule.dialect),
        )
    });
}

/// What each option does take.
fn remedy(kind: Option<OptionKind>, dialect: &Dialect) -> String {
    let help = match kind {
        Some(OptionKind::Setenv) => "write a space between name and value: `setenv NAME value`",
        Some(OptionKind::Severity) => {
            let help = "write a level (emerg alert crit err warning notice info debug), or \
                        facility.level such as `auth.info`";
            let is_debian = dialect.facilities.is_empty();
            let more = if is_debian {
                "; authpriv and ftp are not known to libwrap"
            } else {
                ""
            };
            return format!("{help}{more}");
        }
        Some(OptionKind::Umask) => "write an octal number from 0 to 777",
        Some(OptionKind::Rfc931) => "write a number of seconds greater than 0, or no value",
        Some(OptionKind::Linger) => "write a number of seconds, 0 or greater",
        _ => "write a whole decimal number",
    };
    help.to_owned()
}
