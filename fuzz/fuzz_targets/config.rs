//! A configuration is read or refused with a sentence; muting a client in it and unmuting it leave
//! it readable, and no password is shown. See `bodies/config.rs`.
#![no_main]

#[path = "../bodies/config.rs"]
mod config;

libfuzzer_sys::fuzz_target!(|input: &[u8]| config::run(input));
