//! The only writer of tables: an intended change to a plan, its preview, and its commit.
//!
//! What a change comes to is worked out on the trees ([`list`], [`deny_all`], [`install_alert`])
//! and tried on requests before and after. [`Transaction::run`] is the only way to a commit:
//! open (lock, read), plan, verify, guard, preview, commit, look again.

pub use change::alert_rules::{Triggers, alert_command, install_alert, verify_alert};
pub use change::alerts_found::{FoundAlert, FoundAlerts, found_alerts};
pub use change::allow_deny::list;
pub use change::apply::{Declared, Keeps, declare, replace, verify_alerts_kept};
pub use change::asks::Asks;
pub use change::batches::Untouched;
pub use change::callers::callers;
pub use change::compact::{Compacted, PackForm, Packed, compact, verify_compact};
pub use change::compact_gate::GatePlace;
pub use change::concern::{Concern, Treatment, concerning, treatment, treatment_of_others};
pub use change::deny_all::deny_all;
pub use change::expire::{Listed, expire, listed, stray_notes, verify_expire};
pub use change::follow::{
    FollowedRule, NewAddresses, follow, follow_new, followed, overruled, verify_follow,
};
pub use change::gate::{AskedGate, gate};
pub use change::gate_verify::verify_gate;
pub use change::gate_words::{RevokedGate, revoke_gate};
pub use change::old_alerts::{OldAlert, old_alerts, replace_alerts};
pub use change::only::only;
pub use change::open::{drop_alerts, open_again, remove_alert};
pub use change::own_alert::FAST_NAME;
pub use change::rebind::rebound;
pub use change::revoke::{Revocation, remaining, revoke};
pub use change::steps::{ApplyStep, Make, Verify, in_steps};
pub use change::take_back::{take_back, verify_take_back};
pub use change::unalerted::{Unalerted, unalerted};
pub use change::undo::{check_tables, own_lists, undo, verify_undo};
pub use change::verify::{
    verify_default, verify_deny_all, verify_list, verify_open, verify_revoke,
};
pub use change::worked_out::{Change, GateConflict, Note, Refusal, Through};
pub use client::daemon::Daemon;
pub use client::pattern::Client;
pub use client::range::clients;
pub use client::word_error::WordError;
pub use commit::companion::Companion;
pub use commit::digest::digest;
pub use commit::entry::{Author, HistoryEntry, Reversal, Side};
pub use commit::error::EditError;
pub use commit::lock::{Lock, lock_for_edit};
pub use commit::plan::{Editor, Files, Purpose};
pub use commit::planned_list::{LISTS, ListPlace, PlannedList};
pub use commit::preview::{DiffKind, DiffLine, unified};
pub use commit::provisional::{Fate, Provisional};
pub use commit::recover::Repair;
pub use commit::state::History;
pub use commit::table::TableFile;
pub use commit::unnamed_lists::unnamed_lists;
pub use history::fate::confirm;
pub use history::timeline::{ChangeState, Timeline};
pub use history::written::Written;
pub use transaction::fault::{Recourse, TransactionFault};
pub use transaction::guard::{Blocker, Guard, Kept, KeptReason, Lockout, OpeningNotice};
pub use transaction::intent::{DIFF_LINES, Intent, Outlook, ShownCompanion};
pub use transaction::outcome::{Committed, TransactionOutcome};
pub use transaction::run::Transaction;
pub use transaction::scope::Scope;
pub use trial::asked::{Asked, Wish};
pub use trial::edits::Edits;
pub use trial::effect::{Effect, Part};
pub use trial::large_tables::{Focus, Seen};
pub use trial::order::order;
pub use trial::table_pair::{Ground, Place};

pub use crate::metadata::Label;
mod change;
mod client;
mod commit;
mod history;
mod transaction;
mod trial;
