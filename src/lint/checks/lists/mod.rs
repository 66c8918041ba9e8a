//! Checks of the lists of a rule and of its colons (codes `TW2xx`).

pub(in crate::lint) mod all_beside_others;
pub(in crate::lint) mod backslash_in_list;
pub(in crate::lint) mod bare_ipv6;
pub(in crate::lint) mod empty_list;
pub(in crate::lint) mod except_all;
pub(in crate::lint) mod except_doubled;
pub(in crate::lint) mod except_first;
pub(in crate::lint) mod except_last;
pub(in crate::lint) mod except_nothing;
pub(in crate::lint) mod mask_with_holes;
pub(in crate::lint) mod missing_second_colon;
pub(in crate::lint) mod never_matches;
pub(in crate::lint) mod spaced_slash;
pub(in crate::lint) mod swapped_lists;
pub(in crate::lint) mod unbalanced_bracket;
pub(in crate::lint) mod verdict_as_client;
