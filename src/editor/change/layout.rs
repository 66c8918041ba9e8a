//! Where rules that refuse stand: in the deny table, or in the allow table, as on BSD systems
//! and under cPanel.

use crate::editor::change::own_alert::own_alert;
use crate::editor::client::daemon::Daemon;
use crate::editor::trial::asked::Wish;
use crate::editor::trial::rule_parts::ending;
use crate::editor::trial::sample::strangers;
use crate::editor::trial::table_pair::Ground;
use crate::editor::trial::tried_daemons::Daemons;
use crate::engine::{Access, TableName};
use crate::policy::rules;
use crate::syntax::Tree;

/// Where rules that refuse stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Refusals {
    /// In the deny table alone.
    InDeny,
    /// In the allow table, too: one that a grant there would come before goes before the grant.
    AlsoInAllow,
    /// In the allow table, which decides about clients on no list, too: the deny table is not asked.
    OnlyInAllow,
}

/// Where a rule for one daemon goes.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Layout {
    /// The table that it goes to, if no rule there is in its way.
    pub(crate) table: TableName,
    /// Where other rules that refuse stand.
    pub(crate) refusals: Refusals,
}

impl Layout {
    /// Where a rule for the daemon goes: into the table of the wish. A refusal goes into the allow
    /// table if that decides for everybody, or if others stand there and the deny table has none.
    pub(crate) fn of(ground: &Ground<'_>, wish: Wish, daemon: &Daemon) -> Self {
        let refusals = match wish {
            // Without options, `: deny` would be a shell command.
            Wish::Refuse if ground.world.dialect().options => refusals(ground, daemon),
            Wish::Refuse | Wish::Grant => Refusals::InDeny,
        };
        let is_alone = match refusals {
            Refusals::InDeny => false,
            Refusals::AlsoInAllow => !may_have_rules(ground.deny),
            Refusals::OnlyInAllow => true,
        };
        let table = if is_alone {
            TableName::Allow
        } else {
            wish.table()
        };
        Self { table, refusals }
    }
}

/// Where rules that refuse stand, as far as they are about the daemon.
fn refusals(ground: &Ground<'_>, daemon: &Daemon) -> Refusals {
    if decides_alone(ground, daemon) {
        Refusals::OnlyInAllow
    } else if has_refusal(ground) {
        Refusals::AlsoInAllow
    } else {
        Refusals::InDeny
    }
}

/// Whether the allow table decides about clients on no list, so that the deny table is not asked.
fn decides_alone(ground: &Ground<'_>, daemon: &Daemon) -> bool {
    let daemons = Daemons::of(daemon, ground.daemons());
    strangers()
        .iter()
        .flat_map(|host| daemons.requests(host))
        .all(|request| {
            let decider = ground.decider(&ground.decide(&request));
            decider.is_some_and(|rule| rule.table == TableName::Allow)
        })
}

/// Whether somebody wrote a rule into the allow table that refuses. The alert for clients without a
/// name stands there in every layout.
fn has_refusal(ground: &Ground<'_>) -> bool {
    rules(ground.allow).any(|rule| {
        rule.has_options()
            && ending(TableName::Allow, rule) == Access::Denied
            && own_alert(rule).is_none()
    })
}

/// Whether a table has a line that could be a rule. The bytes are asked: of a large table not every
/// line is in the tree.
fn may_have_rules(tree: &Tree<'_>) -> bool {
    tree.source().split(|&byte| byte == b'\n').any(|line| {
        let text = line.trim_ascii();
        !text.is_empty() && !line.starts_with(b"#")
    })
}
