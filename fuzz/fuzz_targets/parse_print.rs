//! Every input is a table, and printing its tree gives the input. See `bodies/parse_print.rs`.
#![no_main]

#[path = "../bodies/parse_print.rs"]
mod parse_print;

libfuzzer_sys::fuzz_target!(|input: &[u8]| parse_print::run(input));
