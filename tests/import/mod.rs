//! What other programs keep, written by the programs themselves, and what becomes of it in tables.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    unreachable_pub,
    reason = "helpers of tests, to which the lints make no exception of their own"
)]

/// Random rules, whose first one decides, and what a client gets by them.
mod model;

/// The real fail2ban's bans.
mod fail2ban;

/// Rules as the real nft, iptables, ipset and ufw print them.
mod firewalls;

/// Firewalls as servers have them.
mod ordinary;

/// The real firewalld's zones.
mod firewalld;

/// The real sshd says who is refused.
mod sshd;

/// Lists, CSV, and files by their documented forms: DenyHosts, cPanel.
mod lists;
