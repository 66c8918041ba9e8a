//! Patterns and options that mean something else in the build of libwrap that the tables are for.

use crate::lint::Policy;
use crate::lint::sink::Sink;
use crate::lint::site::Site;
use crate::lint::view::RuleView;
use crate::lint::words::quote;
use crate::policy::{
    ClientPattern, DEBIAN_12, DaemonPattern, Dialect, Element, HostPattern, rules,
};

/// The code of options where there are none; it shares the walk with this check.
const OPTIONS: &str = "TW514";

pub(in crate::lint) fn check(policy: &Policy<'_>, site: &Site<'_>, sink: &mut Sink) {
    let dialect = site.world.dialect();
    if dialect.has_debian_patterns() {
        return;
    }
    for (table, tree) in policy.tables() {
        sink.turn_to(table);
        for rule in rules(tree) {
            let view = RuleView::new(table, rule);
            for element in &view.daemons {
                daemon(element, &view, dialect, sink);
            }
            for element in &view.clients {
                client(element, &view, dialect, sink);
            }
            let first = view.options.first().filter(|_| !dialect.options);
            if let Some(option) = first {
                sink.report_as(OPTIONS, option.name_span, || {
                    (
                        format!(
                            "{} has no options: it takes all behind the second colon for one shell \
                             command, and the verdict is the table's",
                            dialect.title
                        ),
                        "put what grants into the allow table and what refuses into the deny table"
                            .to_owned(),
                    )
                });
            }
        }
    }
}

fn daemon(element: &Element<'_>, rule: &RuleView<'_, '_>, dialect: &Dialect, sink: &mut Sink) {
    let Element::Pattern { text, span } = element else {
        return;
    };
    if DaemonPattern::read_in(text, dialect) != DaemonPattern::read_in(text, &DEBIAN_12) {
        sink.report(*span, || {
            let help = "write the names of the daemons, or ALL";
            words("wildcards", text, rule, dialect, help)
        });
    }
}

fn client(element: &Element<'_>, rule: &RuleView<'_, '_>, dialect: &Dialect, sink: &mut Sink) {
    let Element::Pattern { text, span } = element else {
        return;
    };
    let usual = ClientPattern::read_in(text, &DEBIAN_12);
    if ClientPattern::read_in(text, dialect) == usual {
        return;
    }
    sink.report(*span, || match usual.host {
        HostPattern::ListFile(_) => {
            let help = "write the clients into the rule";
            words("list files", text, rule, dialect, help)
        }
        HostPattern::Ipv4Net { .. } => {
            let help = "write the mask as four numbers: `10.0.0.0/255.0.0.0`";
            words("prefix lengths", text, rule, dialect, help)
        }
        HostPattern::BadNet(_)
        | HostPattern::Ipv6Net { .. }
        | HostPattern::Netgroup(_)
        | HostPattern::Known
        | HostPattern::Local
        | HostPattern::Text { .. } => {
            let help = "write a domain (`.example.org`) or a prefix (`10.1.`)";
            words("wildcards", text, rule, dialect, help)
        }
    });
}

fn words(
    what: &str,
    text: &[u8],
    rule: &RuleView<'_, '_>,
    dialect: &Dialect,
    help: &str,
) -> (String, String) {
    let (title, text) = (dialect.title, quote(text));
    let message = format!(
        "{title} has no {what}: {text} matches nobody there, so the rule {}",
        rule.nobody()
    );
    (message, help.to_owned())
}
