//! The policy where libwrap is not: what the tables decide about addresses, written for programs that
//! know addresses alone, and read from there again.
//!
//! What is written comes from the engine's sets of addresses ([`AddressPolicy`]), not from the text of
//! the rules; what of the text has no place there is a [`Loss`]. What was written is read by a reader
//! of its own ([`Installed`]), so that it can be compared with the tables on sets.

mod file;
mod firewalld;
mod firewalld_reading;
mod installed;
mod intervals;
mod link_local;
mod losses;
mod nftables;
mod nftables_later;
mod nftables_reading;
mod policy;
mod served;
mod sshd;
mod sshd_reading;
mod systemd;
mod systemd_reading;

pub use file::ExportedFile;
pub use firewalld::{FirewalldTerms, firewalld, is_of_firewalld_export};
pub use firewalld_reading::read_firewalld;
pub use installed::{Installed, Mismatch, Misread};
pub use link_local::link_local_alike;
pub use losses::{Loss, LossKind, losses};
pub use nftables::{NftablesTerms, nftables, removal};
pub use nftables_later::{LaterScript, later, written, written_at};
pub use nftables_reading::read_nftables;
pub use policy::{AddressPolicy, HeldRange, Partial, Unsaid, address_policy};
pub use served::{Protocol, ServedAt, ServedDaemon, ServedError};
pub use sshd::{SshdTerms, SshdVersion, sshd};
pub use sshd_reading::read_sshd;
pub use systemd::{drop_in, own_host_open, systemd};
pub use systemd_reading::read_systemd;
