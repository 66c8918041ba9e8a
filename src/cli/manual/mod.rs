//! What the help and the manual pages say beside the options: groups of commands, examples, exit
//! codes, and which command a word that people type means.

mod describe;
mod groups;
mod inspect_pages;
mod mail_pages;
mod page;
mod rule_pages;
mod setup_pages;
mod words;

pub(super) use describe::{described, usage_error};
pub use groups::GROUPS;
