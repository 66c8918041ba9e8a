//! The `tcpw` program: arguments in, exit code out.

use std::process::ExitCode;

fn main() -> ExitCode {
    tcpw::cli::run(std::env::args_os())
}
