//! Checks of the options of a rule (codes `TW5xx`).

pub(in crate::lint) mod aclexec;
pub(in crate::lint) mod aclexec_not_there;
pub(in crate::lint) mod allow_in_deny;
pub(in crate::lint) mod bad_value;
pub(in crate::lint) mod comment_in_options;
pub(in crate::lint) mod country_script;
pub(in crate::lint) mod deny_in_allow;
pub(in crate::lint) mod empty_option;
pub(in crate::lint) mod gate;
pub(in crate::lint) mod missing_value;
pub(in crate::lint) mod option_not_last;
pub(in crate::lint) mod spawn_filter;
pub(in crate::lint) mod traps;
pub(in crate::lint) mod unescaped_colon;
pub(in crate::lint) mod unknown_option;
pub(in crate::lint) mod unwanted_value;
pub(in crate::lint) mod user_option;
