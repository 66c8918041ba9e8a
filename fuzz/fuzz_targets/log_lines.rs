//! Each line of a log is counted once, whatever is in it. See `bodies/log_lines.rs`.
#![no_main]

#[path = "../bodies/log_lines.rs"]
mod log_lines;

libfuzzer_sys::fuzz_target!(|input: &[u8]| log_lines::run(input));
