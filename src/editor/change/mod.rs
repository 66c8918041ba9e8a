//! From what is asked for to edits: each kind of change, and whether it holds afterwards.

pub(super) mod alert_rules;
pub(super) mod alerts_found;
pub(super) mod allow_deny;
pub(super) mod apply;
pub(super) mod asks;
pub(super) mod callers;
pub(super) mod concern;
pub(super) mod deciding;
pub(super) mod deny_all;
pub(super) mod expire;
pub(super) mod extend;
pub(super) mod layout;
pub(super) mod line;
pub(super) mod merge;
pub(super) mod named_clients;
pub(super) mod old_alerts;
pub(super) mod only;
pub(super) mod open;
pub(super) mod rebind;
pub(super) mod revoke;
pub(super) mod steps;
pub(super) mod survey;
pub(super) mod take_back;
pub(super) mod undo;
pub(super) mod verify;
pub(super) mod worked_out;
