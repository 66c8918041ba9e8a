//! `tcpw export`, proven by the programs that it writes for.

/// The real firewalld loads and decides what the tables decide.
mod firewalld;
/// Lists of rules are read back with the same effect.
mod list;
/// The real nft, in a network of its own, decides what the tables decide.
mod nftables;
/// Policies by chance, and addresses that they tell apart.
mod policies;
/// The real sshd says of every client what the tables say.
mod sshd;
/// What the real systemd has read treats every client as the tables do.
mod systemd;
