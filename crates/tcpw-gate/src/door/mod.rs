//! The decision itself, where libwrap is not: the same engine on the same two tables, for programs
//! that ask before they serve a client.

mod act;
mod banner;
mod complaints;
mod ends;
mod exec;
mod found;
mod ident;
mod log;
mod name_service;
mod pam;
mod priority;
mod problem_words;
mod search;
mod shell;
mod table_files;
mod words;
mod world;

pub use exec::exec;
pub use pam::{PamItems, pam};
pub use words::{DOOR_HELP, DoorCall, DoorError, DoorOptions, TablePath, TablePaths};
