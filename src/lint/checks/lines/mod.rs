//! Checks of lines: how a table is cut into rules, and its comments (codes `TW1xx`).

pub(in crate::lint) mod account_switches_daemon;
pub(in crate::lint) mod broken_continuation;
pub(in crate::lint) mod byte_order_mark;
pub(in crate::lint) mod comment_in_command;
pub(in crate::lint) mod comment_swallows;
pub(in crate::lint) mod encoding;
pub(in crate::lint) mod idle_suppression;
pub(in crate::lint) mod indented_comment;
pub(in crate::lint) mod line_hangs;
pub(in crate::lint) mod line_too_long;
pub(in crate::lint) mod long_line_cut;
pub(in crate::lint) mod missing_colon;
pub(in crate::lint) mod no_final_newline;
pub(in crate::lint) mod nul_byte;
pub(in crate::lint) mod open_brackets;
pub(in crate::lint) mod rule_comment;
pub(in crate::lint) mod skipped_last_line;
pub(in crate::lint) mod trailing_comment;
pub(in crate::lint) mod trailing_comment_matches;
