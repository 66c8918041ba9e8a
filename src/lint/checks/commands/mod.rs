//! Checks of the commands that rules run (codes `TW6xx`).

pub(in crate::lint) mod client_waits;
pub(in crate::lint) mod percent_option;
pub(in crate::lint) mod percent_vanishes;
pub(in crate::lint) mod programs;
pub(in crate::lint) mod resident;
