//! Netgroups that the database of the machine does not know (F-NETGR-01).

use crate::lint::check::Harm;
use crate::lint::finding::{About, Rating};
use crate::lint::machine_files::Site;
use crate::lint::policy::Policy;
use crate::lint::sink::Sink;
use crate::lint::view::{ClientView, RuleView, patterns};
use crate::lint::words::quote;
use crate::policy::HostPattern;
use std::collections::HashMap;

rows! {
    /// A netgroup is not in the netgroup database of this machine.
    ///
    /// An unknown group has no members: the pattern matches nobody.
    ///
    /// Repair: by hand
    /// Facts: F-NETGR-01
    CHECK = Row::new("TW326", "unknown-netgroup", Warning, Missed, Run::Site(check));
}

/// As many groups as are asked for: a database may be on another machine.
const GROUPS: usize = 100;

fn check(policy: &Policy<'_>, site: &Site<'_>, sink: &mut Sink) {
    if !site.world.dialect().netgroups {
        return;
    }
    let mut known: HashMap<Vec<u8>, Option<bool>> = HashMap::new();
    for (table, tree) in policy.tables() {
        if memchr::memchr(b'@', tree.source()).is_none() {
            continue;
        }
        sink.turn_to(table);
        for rule in crate::policy::rules(tree) {
            let view = RuleView::new_in(table, rule, site.world.dialect());
            for (text, span, excepted) in patterns(&view.clients) {
                let client = ClientView::new(&view, text, span, excepted);
                let HostPattern::Netgroup(group) = client.pattern.host else {
                    continue;
                };
                let is_known = match known.get(group) {
                    Some(is_known) => *is_known,
                    None if known.len() == GROUPS => continue,
                    None => {
                        let is_known = site.world.netgroup(group);
                        known.insert(group.to_vec(), is_known);
                        is_known
                    }
                };
                if is_known != Some(false) {
                    continue;
                }
                // Its members cannot be named: everybody else stands for them.
                let rating = Rating {
                    harm: Harm::Missed,
                    about: About::Clients(b"ALL".to_vec()),
                };
                sink.report_rated(span, rating, || {
                    (
                        format!(
                            "the netgroup database of this machine has no group {}: {} matches \
                             nobody and {}",
                            quote(group),
                            quote(text),
                            client.nobody()
                        ),
                        "correct the name, or define the group: `getent netgroup NAME` asks for it"
                            .to_owned(),
                    )
                });
            }
        }
    }
}
