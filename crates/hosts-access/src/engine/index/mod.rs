//! What makes queries on long tables fast: rules and words of list files, filed under keys.

pub(super) mod buckets;
pub(super) mod filing;
pub(super) mod key;
pub(super) mod list_index;
pub(super) mod sip;
pub(super) mod table_index;
