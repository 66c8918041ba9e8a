//! The checks: a file for each, in a folder for each first digit of their codes.

pub(in crate::lint) mod clients;
pub(in crate::lint) mod commands;
pub(in crate::lint) mod daemons;
pub(in crate::lint) mod files;
pub(in crate::lint) mod lines;
mod list_words;
pub(in crate::lint) mod lists;
pub(in crate::lint) mod options;
pub(in crate::lint) mod policy;
pub(in crate::lint) mod torn;
