//! All codes, one a line.

use crate::cli::base::{Exit, Failure, Output};
use crate::lint::{CHECKS, docs};

pub(super) fn print(out: &mut Output) -> Result<Exit, Failure> {
    for check in CHECKS {
        out.line(format!(
            "{}  {:<7}  {:<34}  {:<26}  {}",
            check.code,
            check.severity.as_str(),
            check.harm.as_str(),
            check.name,
            docs::of(check.code).what
        ))?;
    }
    Ok(Exit::Done)
}
