//! An event file is decoded or refused, and one that is decoded is written and read again
//! unchanged. See `bodies/event_decode.rs`.
#![no_main]

#[path = "../bodies/event_decode.rs"]
mod event_decode;

libfuzzer_sys::fuzz_target!(|input: &[u8]| event_decode::run(input));
