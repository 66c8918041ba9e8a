//! What a decision is about: the tables, a request, the machine, and the verdict.

pub(super) mod actor;
pub(super) mod assumed;
pub(super) mod request;
pub(super) mod surroundings;
pub(super) mod tables;
pub(super) mod text;
pub(super) mod verdict;
