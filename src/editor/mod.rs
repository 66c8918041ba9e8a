//! The only writer of tables: an intended change to a plan, its preview, and its commit.
//!
//! `open (lock, read) -> plan (edits) -> check -> preview (unified diff) -> commit -> receipt`.
//! What a change comes to is worked out on the trees ([`list`], [`deny_all`], [`install_alarm`])
//! and tried on requests before and after; only [`Editor`], [`Plan`] and [`History`] touch the file
//! system.

mod alarm;
mod change;
mod client;
mod companion;
mod cover;
mod daemon;
mod declare;
mod default;
mod delta;
mod edits;
mod ends;
mod entry;
mod error;
mod expire;
mod extend;
mod focus;
mod ground;
mod in_place;
mod label;
mod line;
mod listing;
mod lock;
mod merge;
mod named;
mod order;
mod plan;
mod preview;
mod provisional;
mod range;
mod reach;
mod rebind;
mod record;
mod recover;
mod replace;
mod reverse;
mod revoke;
mod sample;
mod state;
mod steps;
mod swap;
mod table;
mod take_back;
mod terms;
mod timeline;
mod undo;
mod verify;
mod word;
mod written;

pub use alarm::{FAST_NAME, Triggers, alarm_command, install_alarm, verify_alarm};
pub use change::{Change, Note, Refusal};
pub use client::Client;
pub use companion::Companion;
pub use daemon::Daemon;
pub use declare::{Declared, declare, replace, verify_alarms};
pub use default::deny_all;
pub use edits::Edits;
pub use entry::{Author, Entry, Reversal, Side, digest};
pub use error::EditError;
pub use expire::{Listed, expire, listed, stray_notes, verify_expire};
pub use focus::{Focus, Seen};
pub use ground::{Ground, Place};
pub use listing::{Asked, Wish, list};
pub use order::order;
pub use plan::{Editor, Files, Plan, Purpose, Receipt};
pub use preview::{DiffKind, DiffLine, unified};
pub use provisional::{Fate, Provisional, confirm};
pub use range::clients;
pub use rebind::rebound;
pub use recover::Repair;
pub use reverse::{open_again, remove_alarm};
pub use revoke::{remaining, revoke};
pub use state::History;
pub use steps::{Make, Step, Verify, in_steps};
pub use table::TableFile;
pub use take_back::{take_back, verify_take_back};
pub use terms::{Others, Terms};
pub use timeline::{State, Timeline};
pub use undo::{check_tables, undo, verify_undo};
pub use verify::{verify_default, verify_deny_all, verify_list, verify_open, verify_revoke};
pub use word::WordError;
pub use written::Written;

pub use crate::metadata::Label;
