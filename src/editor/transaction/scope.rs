//! Whose access a change is asked to change, and what happens if it changes that of others.

use crate::editor::change::asks::Asks;
use crate::editor::change::worked_out::{Change, Refusal};
use crate::editor::client::daemon::Daemon;
use crate::editor::transaction::fault::{Recourse, TransactionFault};
use crate::editor::trial::asked::{Asked, Wish};
use crate::editor::trial::effect::Effect;
use crate::editor::trial::table_pair::Ground;
use crate::engine::TableName;

/// Whose access a change is asked to change.
#[derive(Debug, Clone, Copy)]
pub enum Scope<'a> {
    /// That of these clients alone. It is refused if others gain or lose; the recourse is what the
    /// operator can do then.
    Only(Asks<'a>, Recourse),
    /// That of these clients, and of whoever else it is.
    Forced(Asks<'a>),
    /// It is to change nobody's, or `verify` judges what it changes.
    Untold,
}

impl<'a> Scope<'a> {
    /// The scope of a command that goes on with `--force`.
    pub fn new(asks: Asks<'a>, is_forced: bool) -> Self {
        if is_forced {
            Self::Forced(asks)
        } else {
            Self::Only(asks, Recourse::Force)
        }
    }

    /// The table by which clients are exceptions from what is wished.
    pub(super) fn opposed(self) -> Option<TableName> {
        Some(match self.list()?.wish() {
            Wish::Grant => TableName::Deny,
            Wish::Refuse => TableName::Allow,
        })
    }

    /// Who gains and who loses; refuses if it is somebody of whom nothing was asked.
    pub(super) fn effect<E>(
        self,
        [before, after]: [&Ground<'_>; 2],
        change: &Change,
        is_preview: bool,
    ) -> Result<Option<Effect>, TransactionFault<E>> {
        if matches!(self, Self::Untold) && !is_preview {
            return Ok(None);
        }
        let daemons: &[Daemon] = self.list().map_or(&[], Asked::daemons);
        let mut found = Effect::between(before, after, daemons);
        if let Self::Only(asks, recourse) = self {
            let (others, asked) = asks.split(found.parts);
            if !others.is_empty() {
                return Err(match change.repaired() {
                    Some(place) => TransactionFault::Refused(Refusal::Unterminated(place.clone())),
                    None => TransactionFault::Unasked { others, recourse },
                });
            }
            found.parts = asked;
        }
        Ok(Some(found))
    }

    /// The list that clients are put on, if they are.
    fn list(self) -> Option<&'a Asked> {
        let (Self::Only(asks, _) | Self::Forced(asks)) = self else {
            return None;
        };
        if let Asks::Clients(asked) = asks {
            Some(asked)
        } else {
            None
        }
    }
}
