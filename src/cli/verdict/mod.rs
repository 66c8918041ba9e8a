//! Commands that ask who may connect and change nothing.

pub(super) mod batch;
pub(super) mod diff;
pub(super) mod expectation;
pub(super) mod explain;
pub(super) mod explain_text;
mod gate_text;
mod json_parts;
pub(super) mod lookup;
pub(super) mod match_;
pub(super) mod parse;
pub(super) mod test;
pub(super) mod verdict_json;
pub(super) mod verdict_text;
pub(super) mod ways;
mod words;
