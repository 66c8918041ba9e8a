//! Keeping what this process knows out of core dumps.

use nix::sys::prctl::set_dumpable;
use nix::sys::resource::{Resource, getrlimit, setrlimit};

/// From now on this process leaves no core dump, neither as a file nor to a program that collects
/// them, and no other process of its user can look into it (prctl(2), `PR_SET_DUMPABLE`).
pub fn keep_secrets() {
    // A system that refuses it keeps its own rules for dumps: nothing else can be done.
    set_dumpable(false).unwrap_or_default();
    getrlimit(Resource::RLIMIT_CORE)
        .and_then(|(_, most)| setrlimit(Resource::RLIMIT_CORE, 0, most))
        .unwrap_or_default();
}
