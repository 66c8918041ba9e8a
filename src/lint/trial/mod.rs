//! Asking the engine about single clients: whom the words of a table mean, and what it decides
//! about them with these very tables.

mod clients;
mod lines;
mod questions;
mod witness;

pub(super) use clients::{
    Client, OTHER_DAEMONS, SOME_DAEMON, STRANGER6, daemon, daemons_of, fields, meant, meant_by,
    others_of, words,
};
pub(super) use lines::{line_at, lists};
pub(super) use questions::{Question, Trial};
pub use witness::Witness;
