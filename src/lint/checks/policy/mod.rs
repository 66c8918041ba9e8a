//! Checks of both tables together (codes `TW7xx`).

pub(in crate::lint) mod alert_before_allow;
pub(in crate::lint) mod default_words;
pub(in crate::lint) mod look_ups;
pub(in crate::lint) mod nearly_everybody;
pub(in crate::lint) mod no_default_deny;
pub(in crate::lint) mod one_family_default;
mod plain_rule;
pub(in crate::lint) mod unreachable_rule;
