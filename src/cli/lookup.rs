//! Looking a client's name up for `match --dns`, and saying what was found.

use super::Context;
use super::failure::Failure;
use crate::engine::HostName;
use crate::escape::visible;
use crate::system::{Found, Resolver as _, SystemResolver};
use std::ffi::OsStr;
use std::net::IpAddr;
use std::os::unix::ffi::OsStrExt as _;
use std::time::Instant;

/// The client's name as libwrap would find it; printed with the time it took.
pub(super) fn look_up(client: &OsStr, context: &mut Context) -> Result<HostName, Failure> {
    let address: IpAddr = client
        .to_str()
        .and_then(|text| text.parse().ok())
        .ok_or_else(|| {
            let client = visible(client.as_bytes());
            Failure::new(format_args!(
                "`{client}` is not an address, so its name cannot be looked up"
            ))
            .hint("give an IPv4 or IPv6 address, or leave --dns out")
        })?;
    let start = Instant::now();
    let found = SystemResolver.name_of(address);
    let took = start.elapsed().as_millis();
    let (name, what) = match found {
        Ok(Found::Name(name)) => (
            HostName::new(&name),
            format!("is {}", visible(name.as_bytes())),
        ),
        Ok(Found::Nothing) => (HostName::unknown(), "has no name".to_owned()),
        Ok(Found::Doubtful { name, why }) => {
            let name = visible(name.as_bytes());
            let what = format!("is paranoid: its name {name} {}", why.as_str());
            (HostName::paranoid(), what)
        }
        Err(error) => {
            let error = visible(error.as_bytes());
            (
                HostName::unknown(),
                format!("has no name: the name service says {error}"),
            )
        }
    };
    context.out.note(&format!("{address} {what} ({took} ms)"))?;
    Ok(name)
}
