//! What other programs keep about who may connect, read as rules of the tables: bytes to entries, and
//! entries, whose first one decides where they meet, to rules, of which the allow table decides first.

mod address;
mod cpanel;
mod denyhosts;
mod entry;
mod fail2ban;
mod firewall;
mod firewalld;
mod form;
mod input;
mod intake;
mod ipset;
mod iptables;
mod list;
mod nft;
mod nft_chains;
mod nft_item;
mod nft_rule;
mod nft_sets;
mod notes;
mod order;
mod ranges;
mod read;
mod rule;
mod sheet;
mod sshd;
mod sshd_hosts;
mod sshd_keywords;
mod ufw;
mod words;
mod xml;

pub use entry::EntryVerdict;
pub use form::{DaemonPort, SourceForm, Terms};
pub use notes::{Notes, SourcePlace};
pub use read::{ImportError, Imported, import};
pub use rule::ImportedRule;
pub(crate) use xml::{Element, elements};
