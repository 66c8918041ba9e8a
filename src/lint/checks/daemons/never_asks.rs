//! Daemons that are installed here and do not ask libwrap, or ask under another name (F-DAEMON-01).

use crate::lint::machine_files::Site;
use crate::lint::policy::Policy;
use crate::lint::sink::Sink;
use crate::lint::view::base;
use crate::lint::words::quote;
use crate::policy::{DaemonPattern, Element, Process, TextPattern, rules};
use std::collections::HashSet;

rows! {
    /// A daemon of this machine does not ask libwrap, or asks under another name.
    ///
    /// A rule binds only who asks under the name it names: others serve everybody. `tcpw doctor NAME --explain` says what the
    /// finding rests on, and which switch there is.
    ///
    /// Repair: by hand
    /// Facts: F-DAEMON-01
    CHECK = Row::new("TW408", "daemon-never-asks", Warning, LetsIn, Run::Site(check))
        .shown(claims::nothing);
}

/// As many names are looked up; no machine has more daemons.
const MOST: usize = 100;

fn check(policy: &Policy<'_>, site: &Site<'_>, sink: &mut Sink) {
    if site.tables.iter().all(Option::is_none) {
        return;
    }
    let mut done: HashSet<Vec<u8>> = HashSet::new();
    for (table, tree) in policy.tables() {
        sink.turn_to(table);
        for rule in rules(tree) {
            let daemons: Vec<Element<'_>> = rule.daemons().elements().collect();
            for (text, span) in base(&daemons) {
                let Process::Name(TextPattern::Exact(name)) = DaemonPattern::read(text).process
                else {
                    continue;
                };
                let is_new = done.len() < MOST && done.insert(name.to_ascii_lowercase());
                if let Some(why) = is_new.then(|| site.files.why_nobody_asks(name)).flatten() {
                    sink.report(span, || {
                        let help = format!(
                            "see `tcpw doctor {} --explain`; if it is meant for later, accept it with a \
                             comment",
                            quote(name).trim_matches('`')
                        );
                        (format!("{why}: the rule binds nobody"), help)
                    });
                }
            }
        }
    }
}
