//! `tcpw-fleet read`: what `tcpw report --from` and `tcpw events --from` ask.

use super::failure::Failure;
use crate::read::answer;
use std::env;
use std::io;

/// Where libpq looks for a password that is in no URL.
const PASSWORD: &str = "PGPASSWORD";

pub(super) fn run() -> Result<(), Failure> {
    let mut out = io::BufWriter::new(io::stdout().lock());
    let password = env::var_os(PASSWORD).and_then(|word| word.into_string().ok());
    Ok(answer(
        &mut io::stdin().lock(),
        &mut out,
        password.as_deref(),
    )?)
}
