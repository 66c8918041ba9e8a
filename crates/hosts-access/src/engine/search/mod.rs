//! The search itself, and what spares it lines that cannot matter.

mod calm;
pub(super) mod command;
pub(super) mod compare;
pub(super) mod decide;
pub(super) mod expand;
pub(super) mod glance;
pub(super) mod glob;
pub(super) mod list;
pub(super) mod matching;
pub(super) mod options;
pub(super) mod sieve;
pub(super) mod skim;
pub(super) mod trace;
pub(super) mod ways;
pub(super) mod what_if;
