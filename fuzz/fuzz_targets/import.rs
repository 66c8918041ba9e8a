//! A hostile file is imported or refused.
//! See `bodies/import.rs`.
#![no_main]

#[path = "../bodies/import.rs"]
mod import;

libfuzzer_sys::fuzz_target!(|input: &[u8]| import::run(input));
