//! The compiled tables decide as the linear matcher does, and so does an excerpt. See
//! `bodies/index_linear.rs`.
#![no_main]

#[path = "../bodies/index_linear.rs"]
mod index_linear;

libfuzzer_sys::fuzz_target!(|input: &[u8]| index_linear::run(input));
