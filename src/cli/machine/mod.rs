//! This machine as the commands see it: its tables, files, names, journal, configuration and units.

pub(super) mod credentials;
pub(super) mod daemons;
pub(super) mod deliverer_user;
pub(super) mod dialect;
pub(super) mod event_log;
pub(super) mod fleet_program;
pub(super) mod follow_lookup;
pub(super) mod follow_state;
pub(super) mod gate;
pub(super) mod hardening;
pub(super) mod machine_files;
pub(super) mod named;
pub(super) mod open_journal;
pub(super) mod other_names;
pub(super) mod own_program;
pub(super) mod real_name;
pub(super) mod rule_finder;
pub(super) mod schedule;
pub(super) mod schedule_state;
pub(super) mod set_file;
pub(super) mod settings;
pub(super) mod surroundings;
pub(super) mod tables;
pub(super) mod unit_files;
pub(super) mod unit_removal;
pub(super) mod waiting;
