//! The gate: whether an address may come in, by its country, by the network that owns it and by
//! compiled lists. What `tcpw-gate` decides when a rule asks it, and what `tcpw` says of such a rule.

#![deny(unsafe_code)]
#![cfg_attr(not(test), deny(clippy::disallowed_methods))]

mod admitted;
mod call;
mod call_error;
mod country;
mod decide;
mod fault;
mod label;
pub mod map;
mod network;
mod policy;
pub mod set;
mod settings;
mod sources;
mod why;

pub use admitted::admitted;
pub use call::{Call, Client, Exception};
pub use call_error::{CallError, CallProblem};
pub use country::Country;
pub use decide::decide;
pub use fault::Fault;
pub use label::{Edition, Label};
pub use network::{Network, NetworkError};
pub use policy::Policy;
pub use settings::{OwnAddresses, Settings};
pub use sources::Sources;
pub use why::{Decision, Evidence, Exemption, Why};
