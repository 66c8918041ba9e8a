//! What this machine is called.

use dns_lookup::{AddrInfoHints, getaddrinfo};
use nix::libc;
use nix::unistd::gethostname;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

/// A name service has this long to say what this machine is called in full.
const PATIENCE: Duration = Duration::from_secs(2);

/// The machine's own name, as `gethostname(2)` gives it; `localhost` where there is none.
pub fn host_name() -> String {
    gethostname()
        .ok()
        .map(|name| name.to_string_lossy().into_owned())
        .filter(|name| !name.is_empty())
        .unwrap_or_else(|| "localhost".to_owned())
}

/// The full name of the machine that is called `host`, as `hostname -f` finds it: `host` itself
/// where it has a dot, else what the name service says; nothing when that has no dot either, or
/// does not answer in time.
pub fn full_host_name(host: &str) -> Option<String> {
    if host.contains('.') {
        return Some(host.to_owned());
    }
    let (sender, receiver) = mpsc::channel();
    let host = host.to_owned();
    let asked = thread::Builder::new().spawn(move || {
        let hints = AddrInfoHints {
            flags: libc::AI_CANONNAME,
            socktype: libc::SOCK_STREAM,
            ..AddrInfoHints::default()
        };
        let found = getaddrinfo(Some(&host), None, Some(hints)).ok();
        let name = found.and_then(|mut all| all.next()?.ok()?.canonname);
        // Nobody listens any more when it took too long.
        drop(sender.send(name));
    });
    asked.ok()?;
    let name = receiver.recv_timeout(PATIENCE).ok()??;
    name.contains('.').then_some(name)
}
