//! The names that clients have now, asked of the name service in a short time.

use crate::engine::{HostName, TableName};
use crate::policy::rules;
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

/// Whether a verdict of these tables can depend on a client's name: whether a client list holds a
/// letter outside of brackets, other than `ALL` and `EXCEPT`, or a list file.
pub(crate) fn depend_on_names(ground: &crate::editor::Ground<'_>) -> bool {
    use crate::policy::Element;
    [TableName::Allow, TableName::Deny]
        .into_iter()
        .any(|table| {
            rules(ground.tree(table)).any(|rule| {
                rule.clients().elements().any(|element| match element {
                    Element::Except { .. } => false,
                    Element::Pattern { text, .. } => {
                        let is_address =
                            text.starts_with(b"[") || text.eq_ignore_ascii_case(b"all");
                        !is_address
                            && text
                                .iter()
                                .any(|byte| byte.is_ascii_alphabetic() || b"*?".contains(byte))
                    }
                })
            })
        })
}
