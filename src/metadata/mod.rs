//! What tcpw keeps about a rule in the comment above it, and which rule such a comment is about.
//!
//! `# tcpw: rule=5e1f0c9a2b7d since=2026-11-22T19:30:00Z until=2026-11-23T19:30:00Z by=alice
//! reason=vendor visit`
//!
//! `rule` is the digest of the rule's words ([`identity`]): a comment whose rule is gone, or is
//! another one now, says nothing about the rule that stands below it by chance.

mod bond;
mod label;

pub use bond::{Bond, Stray, Why, bond, identity, strays};
pub use label::{Comment, Label, LabelFault, is_time};
