//! Checks of the daemons of a rule (codes `TW4xx`).

pub(in crate::lint) mod daemon_list;
pub(in crate::lint) mod daemon_name;
pub(in crate::lint) mod impossible_daemon;
pub(in crate::lint) mod never_asks;
pub(in crate::lint) mod reserved_daemon;
