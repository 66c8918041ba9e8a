//! The command line of `tcpw-fleet`.

#![expect(
    clippy::disallowed_methods,
    reason = "only the command line reads the environment"
)]

mod args;
mod configured;
mod failure;
mod hosts;
mod init;
mod mail;
mod output;
mod program;
mod prune;
mod push;
mod read;
mod sum;

pub use program::{definition, run};
