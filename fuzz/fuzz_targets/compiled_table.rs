//! A compiled table settles a request by the line that settles it, or says that it cannot. See
//! `bodies/compiled_table.rs`.
#![no_main]

#[path = "../bodies/compiled_table.rs"]
mod compiled_table;

libfuzzer_sys::fuzz_target!(|input: &[u8]| compiled_table::run(input));
