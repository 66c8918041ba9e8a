//! A database of the gate, whatever its bytes, gives answers or faults that agree.
//! See `bodies/gate_database.rs`.
#![no_main]

#[path = "../bodies/gate_database.rs"]
mod gate_database;

libfuzzer_sys::fuzz_target!(|input: &[u8]| gate_database::run(input));
