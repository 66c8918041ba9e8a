//! Whose access a command is asked to change, and what happens if it changes that of others.

use super::effect;
use super::refusal::refused;
use crate::cli::base::{Failure, Paths};
use crate::editor::{Asked, Asks, Change, Daemon, Effect, Ground, Refusal, Wish};
use crate::engine::TableName;

/// Whose access a change is asked to change.
#[derive(Clone, Copy)]
pub(crate) enum Scope<'a> {
    /// Theirs; and what to do if others gain or lose.
    Only(Asks<'a>, &'a str),
    /// Theirs, and that of others, too.
    Forced(Asks<'a>),
    /// It is to change nobody's, or what it changes is told elsewhere.
    Untold,
}

/// What to do about others that gain or lose, where --force goes on.
pub(crate) const FORCE: &str = "repeat with --force if that is meant";
/// The same for a command without --force.
pub(crate) const BY_HAND: &str = "make this change with `tcpw edit` if that is meant";

impl<'a> Scope<'a> {
    /// The scope of a command that --force makes go on.
    pub(crate) fn new(asks: Asks<'a>, is_forced: bool) -> Self {
        if is_forced {
            Self::Forced(asks)
        } else {
            Self::Only(asks, FORCE)
        }
    }

    /// The table by which clients are exceptions from what is wished.
    pub(crate) fn opposed(self) -> Option<TableName> {
        Some(match self.list()?.wish() {
            Wish::Grant => TableName::Deny,
            Wish::Refuse => TableName::Allow,
        })
    }

    /// Who gains and who loses; refuses if it is somebody of whom nothing was asked.
    pub(crate) fn effect(
        self,
        paths: &Paths,
        [before, after]: [&Ground<'_>; 2],
        change: &Change,
        is_dry_run: bool,
    ) -> Result<Option<Effect>, Failure> {
        if matches!(self, Scope::Untold) && !is_dry_run {
            return Ok(None);
        }
        let daemons: &[Daemon] = self.list().map_or(&[], Asked::daemons);
        let found = Effect::between(before, after, daemons);
        if let Scope::Only(asks, help) = &self {
            match (effect::check(&found, asks, help), change.repaired()) {
                (Err(_), Some(place)) => {
                    return Err(refused(paths, &Refusal::Unterminated(place.clone())));
                }
                (checked, _) => checked?,
            }
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
