//! A hostile export is checked or refused.
//! See `bodies/export_check.rs`.
#![no_main]

#[path = "../bodies/export_check.rs"]
mod export_check;

libfuzzer_sys::fuzz_target!(|input: &[u8]| export_check::run(input));
