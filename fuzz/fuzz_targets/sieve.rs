//! Tables without the lines that cannot matter to a client decide about it as the whole tables do.
//! See `bodies/sieve.rs`.
#![no_main]

#[path = "../bodies/sieve.rs"]
mod sieve;

libfuzzer_sys::fuzz_target!(|input: &[u8]| sieve::run(input));
