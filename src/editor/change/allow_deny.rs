//! `allow` and `deny`: putting clients on a list, where the rule takes effect.
//!
//! The new rule goes before the first rule that would decide one of the clients otherwise,
//! else to the end. A rule about the same clients, or about some of them, is never overruled.

use crate::editor::change::deciding::{Deciding, Found};
use crate::editor::change::extend::extend;
use crate::editor::change::lasting::Lasting;
use crate::editor::change::layout::Layout;
use crate::editor::change::line::{put, rules_for, with_deny_ended};
use crate::editor::change::merge::merged;
use crate::editor::change::named_clients::Elements;
use crate::editor::change::survey::{END, Position, Survey};
use crate::editor::change::worked_out::{Change, Refusal};
use crate::editor::client::daemon::Daemon;
use crate::editor::client::label::{in_style, labelled};
use crate::editor::client::pattern::Client;
use crate::editor::trial::asked::Asked;
use crate::editor::trial::table_pair::Ground;
use crate::engine::TableName;
use crate::syntax::parse;
use std::cell::OnceCell;
use std::collections::BTreeMap;

/// The option that makes a rule of the allow table refuse.
const REFUSING: &str = " : deny";

/// The edits that put `asked` on their list.
///
/// # Errors
/// When a rule contradicts, or the table cannot be added to.
pub fn list(ground: &Ground<'_>, asked: &Asked) -> Result<Change, Refusal> {
    let change = listed(ground, asked)?;
    if change.edits.deny.is_empty() || ground.deny.broken_line().is_none() {
        return Ok(change);
    }
    // Once the last line has its newline, it may say all that is asked for.
    with_deny_ended(ground, |ground| listed(ground, asked))
}

fn listed(ground: &Ground<'_>, asked: &Asked) -> Result<Change, Refusal> {
    let mut change = Change::default();
    let mut groups = Groups::new();
    let count = asked.clients.len();
    let elements = Elements::new(ground, count);
    let mut clients = asked.clients.as_slice();
    if ground.has_no_rules() {
        // Nothing is said about anybody yet.
        let key = (asked.wish.table(), END, asked.daemons.clone());
        groups.insert(key, clients.to_vec());
        clients = &[];
    }
    let deciding = (!clients.is_empty()).then(|| Deciding::of(ground, asked));
    let daemons: Vec<(&Daemon, Layout)> = asked
        .daemons
        .iter()
        .map(|daemon| (daemon, Layout::of(ground, asked.wish, daemon)))
        .collect();
    let lasting = Lasting::of(asked);
    let (sources, trees, later) = (OnceCell::new(), OnceCell::new(), OnceCell::new());
    let later = || {
        later.get_or_init(|| {
            let [allow, deny] = trees.get_or_init(|| {
                let sources: &[Vec<u8>; 2] = sources.get_or_init(|| lasting.left(ground));
                sources.each_ref().map(|source| parse(source))
            });
            Ground::new(allow, deny, ground.world)
        })
    };
    let deciding_later = OnceCell::new();
    for (number, client) in clients.iter().enumerate() {
        let mut missing: BTreeMap<(TableName, Position), Vec<Daemon>> = BTreeMap::new();
        for &of in &daemons {
            let found = deciding.iter().flat_map(|deciding| deciding.about(number));
            let mut survey = surveyed(ground, asked, client, of, found)?;
            survey.check_named(&elements, &mut change.notes)?;
            if lasting.lapses(ground, &survey.held) {
                let deciding = deciding_later.get_or_init(|| Deciding::of(later(), asked));
                let found = deciding.about(number);
                survey.and_later(&surveyed(later(), asked, client, of, found)?);
            }
            if survey.missing.is_none() && lasting.renew(ground, &survey.held, &mut change) {
                survey.held.clear();
            }
            survey.note_exceptions(&mut change.notes);
            if let Some(position) = survey.missing {
                let key = (survey.table, position);
                if survey.table != asked.wish.table() {
                    survey.note_table(&mut change.notes);
                }
                missing.entry(key).or_default().push(of.0.clone());
            } else {
                survey.note_held(&mut change.notes);
            }
        }
        for ((table, position), daemons) in missing {
            let group = groups.entry((table, position, daemons)).or_default();
            group.push(client.clone());
        }
    }
    write(&mut change, ground, asked, groups)?;
    Ok(change)
}

/// What the tables do to one client that asks for a daemon; `found` is what decides about it.
fn surveyed<'a, 'g, 'f>(
    ground: &'a Ground<'g>,
    asked: &Asked,
    client: &'a Client,
    (daemon, layout): (&'a Daemon, Layout),
    found: impl Iterator<Item = &'f Found>,
) -> Result<Survey<'a, 'g>, Refusal> {
    let mut survey = Survey::new(ground, asked.wish, client, daemon, layout);
    survey.ask(asked.clients.len())?;
    survey.ask_deciders(found)?;
    Ok(survey)
}

/// Clients that get a rule, by where it goes and for which daemons.
type Groups = BTreeMap<(TableName, Position, Vec<Daemon>), Vec<Client>>;

/// Writes the rules.
fn write(
    change: &mut Change,
    ground: &Ground<'_>,
    asked: &Asked,
    groups: Groups,
) -> Result<(), Refusal> {
    for ((table, position, daemons), clients) in groups {
        let daemons: Vec<String> = daemons.iter().map(ToString::to_string).collect();
        let line = (position != END).then_some(position);
        let options = if table == asked.wish.table() {
            ""
        } else {
            REFUSING
        };
        let label = asked.label.as_ref();
        let clients = match label.filter(|_| options.is_empty()) {
            Some(label) => extend(change, ground, (table, line), (label, &daemons), clients),
            None => clients,
        };
        if clients.is_empty() {
            continue;
        }
        let rules = rules_for(&daemons, &merged(clients), options);
        let rules = in_style(ground.tree(table), &rules);
        let text = labelled(label, rules);
        put(change, ground, table, line, text)?;
    }
    Ok(())
}
