//! What a host sends: the journal is the spool, and a small state says how far it was read.

mod batch;
mod fault;
mod ingest;
mod pace;
mod row;
mod run;
mod spool;
mod state;

pub use fault::PushError;
pub use run::{Push, Pushed};
pub use state::{STATE, succeeded};
