//! What a transaction looks at: the whole tables, or of large ones the lines that matter.

use crate::editor::client::pattern::Client;
use crate::editor::transaction::fault::TransactionFault;
use crate::editor::transaction::guard::{Guard, Kept, depends_on_names};
use crate::editor::transaction::intent::Intent;
use crate::editor::trial::large_tables::{Focus, Seen};
use crate::editor::trial::table_pair::Ground;
use crate::engine::{Host, Surroundings};

/// What is looked at of the tables.
pub(super) struct View<'t> {
    pub(super) seen: Seen<'t>,
    /// If it is not all: by what it was chosen, and who must still get in.
    pub(super) focus: Option<(Focus, Vec<Kept>)>,
}

impl<'t> View<'t> {
    /// The whole tables.
    pub(super) fn whole(tables: [&'t [u8]; 2]) -> Self {
        Self {
            seen: Seen::whole(tables),
            focus: None,
        }
    }

    /// The lines that matter to a change about few clients, if the tables are large.
    ///
    /// # Errors
    /// When the guard cannot say who must still get in.
    pub(super) fn focused<E>(
        intent: &Intent<'_>,
        tables: [&'t [u8]; 2],
        guard: &mut dyn Guard<Error = E>,
        world: &dyn Surroundings,
    ) -> Result<Option<Self>, TransactionFault<E>> {
        let Some(mut focus) = Focus::new(tables, intent.about, intent.scope.opposed()) else {
            return Ok(None);
        };
        let mut kept = guard.kept().map_err(TransactionFault::Guard)?;
        let add = |focus: &mut Focus, kept: &[Kept]| {
            for request in kept.iter().flat_map(Kept::requests) {
                focus.add(request.client());
            }
        };
        add(&mut focus, &kept);
        let Some(mut seen) = focus.tables(tables) else {
            return Ok(None);
        };
        let are_names = |client: &Client| matches!(client, Client::Name(_) | Client::Domain(_));
        let [allow, deny] = &seen.trees;
        if intent.about.iter().any(are_names) || depends_on_names(&Ground::new(allow, deny, world))
        {
            guard.name(&mut kept);
        }
        if kept.iter().any(|kept| kept.name.is_some()) {
            add(&mut focus, &kept);
            let Some(wider) = focus.tables(tables) else {
                return Ok(None);
            };
            seen = wider;
        }
        Ok(Some(Self {
            seen,
            focus: Some((focus, kept)),
        }))
    }

    /// The clients that stand for those of the tables, if the tables are not looked at as a whole.
    pub(super) fn samples(&self) -> Option<&[Host]> {
        self.focus.as_ref().map(|(focus, _)| focus.samples())
    }
}
