//! What this machine is called.

use nix::unistd::gethostname;

/// The machine's own name, as `gethostname(2)` gives it; `localhost` where there is none.
pub fn host_name() -> String {
    gethostname()
        .ok()
        .map(|name| name.to_string_lossy().into_owned())
        .filter(|name| !name.is_empty())
        .unwrap_or_else(|| "localhost".to_owned())
}
