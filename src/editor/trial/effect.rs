//! Who gains and who loses access by a change, worked out on sets of clients.

use crate::editor::client::daemon::Daemon;
use crate::editor::trial::table_pair::Ground;
use crate::engine::{Claim, Daemons, Differences, differences_of_user};
use std::collections::HashSet;

/// What a change does to the clients.
#[derive(Debug, Default)]
pub struct Effect {
    /// Who gains and who loses, and of whom that cannot be computed.
    pub parts: Vec<Part>,
    /// What the parts say nothing about, in words.
    pub notes: Vec<String>,
}

/// Some clients that gain or lose.
#[derive(Debug)]
pub struct Part {
    /// Who, and what.
    pub claim: Claim,
    /// The user that they tell; none if it does not matter.
    pub user: Option<Vec<u8>>,
}

impl Effect {
    /// Compares the tables; `daemons` are kept apart besides those that rules name.
    pub fn between(before: &Ground<'_>, after: &Ground<'_>, daemons: &[Daemon]) -> Self {
        let (old, new) = (before.tables(), after.tables());
        let daemons: Vec<&[u8]> = daemons
            .iter()
            .filter_map(|daemon| match daemon {
                Daemon::Named(name) => Some(name.as_bytes()),
                Daemon::All => None,
            })
            .collect();
        let mut effect = Self::default();
        let mut seen: HashSet<String> = HashSet::new();
        let mut users: Vec<&Vec<u8>> = Vec::new();
        for user in before
            .mentions()
            .users()
            .iter()
            .chain(after.mentions().users())
        {
            if !users.contains(&user) {
                users.push(user);
            }
        }
        let mut asks_user = false;
        for (number, user) in users.into_iter().enumerate() {
            let found = differences_of_user(&old, &new, &daemons, user, after.world);
            asks_user |= found.asks_user;
            for claim in found.claims {
                // What holds whoever the user is, is reported once.
                if asks_user && !seen.insert(shape(&claim)) {
                    continue;
                }
                let user = (number > 0).then(|| user.clone());
                effect.parts.push(Part { claim, user });
            }
            for note in found.notes {
                if !effect.notes.contains(&note) {
                    effect.notes.push(note);
                }
            }
            if number == 0 && !asks_user {
                break;
            }
        }
        let are_all = before.mentions().are_all_users() && after.mentions().are_all_users();
        if asks_user && !are_all {
            let note = "clients of some users: a rule names users by a wildcard, or many are named";
            effect.notes.push(note.to_owned());
        }
        effect
    }
}

/// What was computed without a user.
impl From<Differences> for Effect {
    fn from(found: Differences) -> Self {
        let parts = found.claims.into_iter();
        Self {
            parts: parts.map(|claim| Part { claim, user: None }).collect(),
            notes: found.notes,
        }
    }
}

/// What a claim says, but for its example.
fn shape(claim: &Claim) -> String {
    let Claim {
        change,
        daemons,
        network,
        names,
        because,
        ..
    } = claim;
    let (words, is_most) = names.words();
    let daemons = names_of(daemons);
    format!("{change:?} {daemons:?} {network:?} {words:?} {is_most} {because:?}")
}

fn names_of(daemons: &Daemons) -> (Vec<&[u8]>, bool) {
    (daemons.names().collect(), daemons.exceptions().is_some())
}
