//! Whom and what a change is about: clients and daemons, as libwrap is asked for them.

pub(super) mod daemon;
pub(super) mod gate_command;
pub(super) mod label;
pub(super) mod pattern;
pub(super) mod range;
pub(super) mod reach;
pub(super) mod word_error;
