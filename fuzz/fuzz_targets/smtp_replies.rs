//! Whatever a mail server says, the conversation ends, says nothing in the clear that must not be,
//! and claims no mail that was not taken. See `bodies/smtp_replies.rs`.
#![no_main]

#[path = "../bodies/smtp_replies.rs"]
mod smtp_replies;

libfuzzer_sys::fuzz_target!(|input: &[u8]| smtp_replies::run(input));
