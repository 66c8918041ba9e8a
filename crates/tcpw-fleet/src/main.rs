//! The program `tcpw-fleet`: arguments in, exit code out.

#![forbid(unsafe_code)]

use std::process::ExitCode;

fn main() -> ExitCode {
    tcpw_fleet::cli::run(std::env::args_os())
}
