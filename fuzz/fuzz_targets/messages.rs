//! Whatever an event says, its mail is one message that says the same when it is read again. See
//! `bodies/messages.rs`.
#![no_main]

#[path = "../bodies/messages.rs"]
mod messages;

libfuzzer_sys::fuzz_target!(|input: &[u8]| messages::run(input));
