//! Safe repairs change no verdict, and leave nothing to repair safely. See `bodies/repair.rs`.
#![no_main]

#[path = "../bodies/repair.rs"]
mod repair;

libfuzzer_sys::fuzz_target!(|input: &[u8]| repair::run(input));
