//! What a change is tried on: two tables in memory, requests that stand for many, and the effect.

pub(super) mod asked;
pub(super) mod cover;
pub(super) mod edits;
pub(super) mod effect;
pub(super) mod large_tables;
pub(super) mod mentions;
pub(super) mod order;
pub(super) mod rule_parts;
pub(super) mod sample;
pub(super) mod table_pair;
pub(super) mod tried_daemons;
