//! Whether the session in which a policy is exported could log in again under it.

use super::args::Program;
use crate::cli::base::{Context, Failure};
use crate::cli::change::guard::{own_session, spelling};
use crate::escape::visible;
use crate::export::AddressPolicy;
use std::net::IpAddr;

/// The daemon of ssh logins.
const SSHD: &str = "sshd";

/// Refuses policies that lock out the own session, or says so if it is forced.
///
/// # Errors
/// If it would be refused.
pub(super) fn check_own_login(
    program: Program,
    policies: &[AddressPolicy],
    is_forced: bool,
    context: &mut Context,
) -> Result<(), Failure> {
    let Some(session) = own_session() else {
        return Ok(());
    };
    let bare = session.client.split('%').next().unwrap_or_default();
    let Ok(address) = bare.parse::<IpAddr>() else {
        return Ok(());
    };
    let mut of_sshd = policies
        .iter()
        .filter(|policy| program == Program::Sshd || policy.daemon.name == SSHD);
    let Some(policy) = of_sshd.find(|policy| !policy.admits(address.to_canonical())) else {
        return Ok(());
    };
    let daemon = &policy.daemon.name;
    let client = visible(session.client.as_bytes());
    let what = format!("your own session from {client} would be refused by {daemon} under this");
    if is_forced {
        return context.out.note(&what);
    }
    Err(Failure::new(what).hint(format_args!(
        "first run `tcpw allow {} --daemon {daemon}`, or repeat with --force; nothing was written",
        spelling(&session.client)
    )))
}
