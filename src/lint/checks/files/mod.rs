//! Checks of the files that hold the tables (codes `TW8xx`).

pub(in crate::lint) mod table_files;
