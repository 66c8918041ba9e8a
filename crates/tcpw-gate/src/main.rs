//! The program `tcpw-gate`, which a rule asks through `aclexec`: exit code 0 admits the client, 1 does
//! not, and there is no other.

#![forbid(unsafe_code)]

use std::process::ExitCode;

fn main() -> ExitCode {
    ExitCode::FAILURE
}
