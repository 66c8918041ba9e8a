//! Netgroups in a build of libwrap that does not look them up (F-NETGR-02).

use crate::lint::machine_files::Site;
use crate::lint::policy::Policy;
use crate::lint::sink::Sink;
use crate::lint::view::RuleView;
use crate::lint::words::quote;
use crate::policy::{ClientPattern, DaemonPattern, Element, HostPattern, rules};

rows! {
    /// A netgroup stands in a build of libwrap without netgroups.
    ///
    /// There `@group` matches nobody, and each visit logs a warning: friends are locked out, in the
    /// deny table nobody is kept out, and after EXCEPT nobody is excepted. Debian switched
    /// netgroups off in 7.6.q-33.
    ///
    /// Repair: by hand
    /// Facts: F-NETGR-01 F-NETGR-02
    CHECK = Row::new("TW336", "netgroup-switched-off", Error, Missed, Run::Site(check))
        .shown(claims::nothing);
}

/// What to do instead.
pub(super) const REMEDY: &str =
    "write the hosts of the group into the rule, or into a file that the rule names by its path";

fn check(policy: &Policy<'_>, site: &Site<'_>, sink: &mut Sink) {
    let dialect = site.world.dialect();
    if dialect.netgroups {
        return;
    }
    let is_netgroup =
        |host: Option<HostPattern<'_>>| matches!(host, Some(HostPattern::Netgroup(_)));
    for (table, tree) in policy.tables() {
        sink.turn_to(table);
        // Most tables have none.
        if memchr::memchr(b'@', tree.source()).is_none() {
            continue;
        }
        for rule in rules(tree) {
            let mut view = None;
            let mut report = |text: &[u8], span, excepted: bool| {
                let view = view.get_or_insert_with(|| RuleView::new_in(table, rule, dialect));
                sink.report(span, || {
                    let what = match (excepted, view.grants()) {
                        (false, _) => view.nobody(),
                        (true, true) => "excepts nobody: the rule lets the group in",
                        (true, false) => "excepts nobody: the rule keeps the group out",
                    };
                    let (title, text) = (dialect.title, quote(text));
                    (
                        format!("{title} has no netgroups: {text} matches nobody there and {what}"),
                        REMEDY.to_owned(),
                    )
                });
            };
            let mut excepted = false;
            for element in rule.daemons().elements() {
                match element {
                    Element::Except { .. } => excepted = !excepted,
                    Element::Pattern { text, span } => {
                        if is_netgroup(DaemonPattern::read(&text).host) {
                            report(&text, span, excepted);
                        }
                    }
                }
            }
            excepted = false;
            for element in rule.clients().elements() {
                match element {
                    Element::Except { .. } => excepted = !excepted,
                    Element::Pattern { text, span } => {
                        if is_netgroup(Some(ClientPattern::read(&text).host)) {
                            report(&text, span, excepted);
                        }
                    }
                }
            }
        }
    }
}
