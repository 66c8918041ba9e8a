//! A command of `aclexec` is a call of the gate or none.
//! See `bodies/gate_call.rs`.
#![no_main]

#[path = "../bodies/gate_call.rs"]
mod gate_call;

libfuzzer_sys::fuzz_target!(|input: &[u8]| gate_call::run(input));
