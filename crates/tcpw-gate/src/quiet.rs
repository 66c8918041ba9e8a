//! Saying nothing to the client: whatever a rule's program prints may reach it, and whatever it reads
//! may be the client's first words (F-ACL-08).

use nix::fcntl::OFlag;
use nix::unistd::{dup2_stderr, dup2_stdin, dup2_stdout};
use std::fs::OpenOptions;
use std::os::fd::{AsRawFd as _, IntoRawFd as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::panic;

/// The number of the last standard stream.
const LAST_STREAM: i32 = 2;

/// From now on nothing that this process does, not even a panic, writes to the standard streams that
/// it was started with or reads from them. In their place stands a descriptor of `/` that can be neither
/// read nor written; `/dev/null` may not be there.
pub fn silence() {
    panic::set_hook(Box::new(|_| {}));
    let mut options = OpenOptions::new();
    let nowhere = options
        .read(true)
        .custom_flags(OFlag::O_PATH.bits())
        .open("/");
    if let Ok(nowhere) = nowhere {
        // A stream that stays is one that nothing is written to.
        _ = dup2_stdin(&nowhere);
        _ = dup2_stdout(&nowhere);
        _ = dup2_stderr(&nowhere);
        if nowhere.as_raw_fd() <= LAST_STREAM {
            // That stream was closed; no file that is opened later takes its number.
            _ = nowhere.into_raw_fd();
        }
    }
}
