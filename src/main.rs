//! The `tcpw` program: arguments in, exit code out.

#![deny(unsafe_code)]

use std::process::ExitCode;

fn main() -> ExitCode {
    tcpw::cli::run(std::env::args_os())
}
