//! The gate: whether an address may come in, by its country, by the network that owns it and by
//! compiled lists. What `tcpw-gate` decides when a rule asks it, and what `tcpw` says of such a rule.

#![deny(unsafe_code)]
#![cfg_attr(not(test), deny(clippy::disallowed_methods))]

mod admitted;
mod asked;
mod call;
mod call_edit;
mod call_error;
mod command;
pub mod compiled;
mod country;
mod database;
mod decide;
mod door;
mod fault;
mod help;
mod label;
mod legacy;
pub mod map;
mod mmdb;
mod named_places;
mod network;
mod own;
mod policy;
mod question;
mod quiet;
mod ranges;
mod records;
pub mod set;
mod settings;
mod sources;
mod tell;
mod value;
mod why;
mod words;

pub use admitted::admitted;
pub use asked::asked;
pub use call::{Call, Client, Exception};
pub use call_error::{CallError, CallProblem};
pub use command::{program_of, without_exec};
pub use country::Country;
pub use decide::decide;
pub use door::{
    DOOR_HELP, DoorCall, DoorError, DoorOptions, PamItems, TablePath, TablePaths, exec, pam,
};
pub use fault::Fault;
pub use help::{HELP, help_of};
pub use label::{Edition, Label};
pub use named_places::NamedPlaces;
pub use network::{Network, NetworkError};
pub use own::OwnAddresses;
pub use policy::Policy;
pub use quiet::silence;
pub use settings::Settings;
pub use sources::Sources;
pub use tell::{Logbook, guarded, tell};
pub use why::{Decision, Evidence, Exemption, Why};
pub use words::broken_in;
