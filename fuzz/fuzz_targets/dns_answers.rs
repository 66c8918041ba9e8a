//! Whatever a DNS server sends, it is an answer, a fault or nothing. See `bodies/dns_answers.rs`.
#![no_main]

#[path = "../bodies/dns_answers.rs"]
mod dns_answers;

libfuzzer_sys::fuzz_target!(|input: &[u8]| dns_answers::run(input));
