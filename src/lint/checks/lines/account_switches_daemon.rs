//! `user` and `group` where they really switch, in a daemon that goes on to serve others
//! (F-OPT-13).

use crate::lint::sink::Sink;
use crate::lint::view::RuleView;
use crate::lint::words::quote;
use crate::policy::OptionKind;

rows! {
    /// The option user or group stands in a build of libwrap where it really switches, and whose
    /// sshd accepts all connections in the process that asks.
    ///
    /// From the first match on the daemon lacks the rights of root, and serves nobody properly.
    ///
    /// Repair: by hand
    /// Facts: F-OPT-13
    CHECK = Row::new("TW117", "account-switches-daemon", Warning, Breaks, Run::Rule(check))
        .only_where(|dialect| dialect.accounts_switch && dialect.is_resident);
}

fn check(rule: &RuleView<'_, '_>, sink: &mut Sink) {
    let title = sink.dialect().title;
    for option in &rule.options {
        let kind = option.spec().map(|spec| spec.kind);
        if !matches!(kind, Some(OptionKind::User | OptionKind::Group)) || option.value.is_none() {
            continue;
        }
        sink.report(option.name_span.cover(option.value_span), || {
            (
                format!(
                    "on {title} the option {} really switches, and sshd asks in the process that \
                     accepts all connections: from the first match on it lacks the rights of root",
                    quote(&option.name)
                ),
                "let the command itself change its user, and remove the option".to_owned(),
            )
        });
    }
}
