//! The names that clients have now, asked of the name service in a short time.

use crate::engine::HostName;
use crate::system::{NameAnswer, Resolver as _, SystemResolver};
use std::net::IpAddr;
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

/// How long all answers together may take.
const PATIENCE: Duration = Duration::from_secs(1);
/// As many addresses are asked about; a name service is not to be flooded.
const LIMIT: usize = 64;

/// The names that are believed, of those addresses that have one; what is not answered in a second
/// is left out, and what is not an address.
pub(crate) fn real_names(addresses: &[&str]) -> Vec<Option<HostName>> {
    let (sender, receiver) = mpsc::channel();
    for (at, address) in addresses.iter().take(LIMIT).enumerate() {
        let Ok(address) = address.parse::<IpAddr>() else {
            continue;
        };
        let sender = sender.clone();
        // Not joined: a name service that does not answer is left behind.
        let asked = thread::Builder::new().spawn(move || {
            if let Ok(NameAnswer::Name(name)) = SystemResolver.name_of(address) {
                // Fails only when nobody waits any more.
                drop(sender.send((at, HostName::new(name))));
            }
        });
        if asked.is_err() {
            break;
        }
    }
    drop(sender);
    let mut names = vec![None; addresses.len()];
    let deadline = Instant::now() + PATIENCE;
    while let Ok((at, name)) =
        receiver.recv_timeout(deadline.saturating_duration_since(Instant::now()))
    {
        if let Some(slot) = names.get_mut(at) {
            *slot = Some(name);
        }
    }
    names
}
