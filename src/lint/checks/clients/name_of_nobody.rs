//! Rules by a host name that no client has: the addresses of the name are called otherwise
//! (F-NAME-07).

use crate::lint::check::Harm;
use crate::lint::finding::{About, Rating};
use crate::lint::machine_files::{OtherNames, Site};
use crate::lint::policy::Policy;
use crate::lint::sink::Sink;
use crate::lint::view::{ClientView, RuleView, patterns};
use crate::lint::words::quote;
use crate::policy::{HostPattern, TextPattern};
use std::collections::HashMap;

rows! {
    /// The addresses of a host name have other names, or none.
    ///
    /// libwrap does not look up the name of a rule: it looks up the name of the client's address, which its provider has
    /// chosen. A name that an address does not lead back to matches nobody. Only `tcpw lint --dns` looks.
    ///
    /// Repair: by hand
    /// Facts: F-NAME-07
    CHECK = Row::new("TW329", "name-of-nobody", Warning, Missed, Run::Site(check));
}

/// As many names are looked up: each may take seconds.
const NAMES: usize = 50;

fn check(policy: &Policy<'_>, site: &Site<'_>, sink: &mut Sink) {
    if !site.files.asks_names() {
        return;
    }
    let mut known: HashMap<Vec<u8>, Option<OtherNames>> = HashMap::new();
    for (table, tree) in policy.tables() {
        sink.turn_to(table);
        for rule in crate::policy::rules(tree) {
            let view = RuleView::new_in(table, rule, site.world.dialect());
            for (text, span, excepted) in patterns(&view.clients) {
                let client = ClientView::new(&view, text, span, excepted);
                let Some(name) = host_name(client.pattern.host) else {
                    continue;
                };
                let key = name.to_ascii_lowercase();
                if !known.contains_key(&key) {
                    if known.len() == NAMES {
                        continue;
                    }
                    known.insert(key.clone(), site.files.other_names(name));
                }
                let Some(Some(found)) = known.get(&key) else {
                    continue;
                };
                let rating = Rating {
                    harm: Harm::Missed,
                    about: About::Clients(found.address.clone().into_bytes()),
                };
                sink.report_rated(span, rating, || {
                    (
                        format!(
                            "{}: {} matches nobody and {}",
                            found.why,
                            quote(name),
                            client.nobody()
                        ),
                        format!(
                            "write what the address is called; for a name that moves, `tcpw allow \
                             --follow {}` keeps its addresses in a rule",
                            quote(name).trim_matches('`')
                        ),
                    )
                });
            }
        }
    }
}

/// The name of a pattern that can be nothing but a whole host name.
fn host_name(host: HostPattern<'_>) -> Option<&[u8]> {
    let HostPattern::Text {
        pattern: TextPattern::Exact(name),
        also_name: true,
    } = host
    else {
        return None;
    };
    let is_plain = |byte: &u8| byte.is_ascii_alphanumeric() || b".-_".contains(byte);
    let is_name = name.contains(&b'.')
        && name.iter().any(u8::is_ascii_alphabetic)
        && name.iter().all(is_plain);
    is_name.then_some(name)
}
