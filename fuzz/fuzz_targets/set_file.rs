//! Whatever a compiled set holds, it is read or refused, and one that is whole answers as its networks
//! do. See `bodies/set_file.rs`.
#![no_main]

#[path = "../bodies/set_file.rs"]
mod set_file;

libfuzzer_sys::fuzz_target!(|input: &[u8]| set_file::run(input));
