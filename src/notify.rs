//! The `tcpw-notify` program: `tcpw notify` alone, which a visitor waits for.

#![deny(unsafe_code)]

use std::process::ExitCode;

fn main() -> ExitCode {
    tcpw::cli::run_notify(std::env::args_os())
}
