//! Netgroups in a build of libwrap that does not look them up.

use crate::lint::Policy;
use crate::lint::sink::Sink;
use crate::lint::site::Site;
use crate::lint::view::RuleView;
use crate::lint::words::quote;
use crate::policy::{ClientPattern, Element, HostPattern, rules};

pub(in crate::lint) fn check(policy: &Policy<'_>, site: &Site<'_>, sink: &mut Sink) {
    let dialect = site.world.dialect();
    if dialect.netgroups {
        return;
    }
    for (table, tree) in policy.tables() {
        sink.turn_to(table);
        for rule in rules(tree) {
            let mut view = None;
            for element in rule.clients().elements() {
                let Element::Pattern { text, span } = element else {
                    continue;
                };
                if !matches!(ClientPattern::read(&text).host, HostPattern::Netgroup(_)) {
                    continue;
                }
                let view = view.get_or_insert_with(|| RuleView::new(table, rule));
                sink.report(span, || {
                    (
                        format!(
                            "{} has no netgroups: {} matches nobody there and {}",
                            dialect.title,
                            quote(&text),
                            view.nobody()
                        ),
                        "write the hosts of the group into the rule, or into a file that the rule \
                         names by its path"
                            .to_owned(),
                    )
                });
            }
        }
    }
}
