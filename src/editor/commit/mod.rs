//! Tables on disk: opened, locked, planned, previewed, replaced, and recorded.

pub(super) mod commit_terms;
pub(super) mod common_ends;
pub(super) mod companion;
pub(super) mod delta;
pub(super) mod digest;
pub(super) mod entry;
pub(super) mod error;
pub(super) mod exchange;
pub(super) mod in_place;
pub(super) mod lock;
pub(super) mod plan;
pub(super) mod planned_list;
pub(super) mod preview;
pub(super) mod provisional;
pub(super) mod record;
pub(super) mod recover;
pub(super) mod replace;
pub(super) mod state;
pub(super) mod table;
pub(super) mod unnamed_lists;
