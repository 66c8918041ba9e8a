//! The only way to a commit: open, plan, verify, guard, preview, commit, look again.

pub(super) mod fault;
pub(super) mod guard;
pub(super) mod intent;
pub(super) mod outcome;
mod planned_gates;
pub(super) mod run;
pub(super) mod scope;
mod view;
mod with_lists;
