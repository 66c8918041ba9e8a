//! What every wing of the alert speaks of: letters, outcomes, faults, the rule that fired.

pub(super) mod answer;
pub(super) mod channel_note;
pub(super) mod fault;
pub(super) mod fleet_notice;
pub(super) mod found;
pub(super) mod grouping;
pub(super) mod letter;
pub(super) mod outcome;
pub(super) mod pushed;
pub(super) mod reporter;
pub(super) mod rule_finder;
pub(super) mod system_letter;
pub(super) mod texts;
