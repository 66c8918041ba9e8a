//! `user` and `group` change nothing in this build of libwrap (F-OPT-13).

use crate::lint::sink::Sink;
use crate::lint::view::RuleView;
use crate::lint::words::quote;
use crate::policy::OptionKind;

rows! {
    /// The options user and group change nothing.
    ///
    /// Debian's libwrap only checks that the account exists; the service and its commands keep the
    /// rights of the daemon, mostly root's. Where the options really switch, as on FreeBSD, this is
    /// not reported.
    ///
    /// Repair: by hand
    /// Facts: F-OPT-13
    CHECK = Row::new("TW509", "user-does-nothing", Warning, Breaks, Run::Rule(check))
        .only_where(|dialect| !dialect.accounts_switch);
}

fn check(rule: &RuleView<'_, '_>, sink: &mut Sink) {
    for option in &rule.options {
        let kind = option.spec().map(|spec| spec.kind);
        if !matches!(kind, Some(OptionKind::User | OptionKind::Group)) || option.value.is_none() {
            continue;
        }
        sink.report(option.name_span.cover(option.value_span), || {
            (
                format!(
                    "the option {} only checks that the account exists: service and commands keep \
                     the rights of the daemon",
                    quote(&option.name)
                ),
                "let the command itself change its user, and remove the option".to_owned(),
            )
        });
    }
}
