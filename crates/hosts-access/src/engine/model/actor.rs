//! Whoever does what a search decides, while it goes on.

use crate::engine::model::request::Request;
use crate::engine::model::verdict::{Effect, Matched, TableName};
use crate::policy::RuleOption;

/// Acts at the moments at which libwrap does. What `aclexec` runs is asked of the
/// [`Surroundings`](crate::Surroundings), whose answer decides.
pub trait Actor {
    /// A rule is compared with the request: the one in the line with the index `line`, whose number is
    /// `number` as libwrap counts.
    fn comparing(&self, table: TableName, line: usize, number: u32);
    /// A rule matched; its options follow.
    fn matched(&self, rule: &Matched);
    /// An option of that rule is about to run; it may still be wrong.
    fn option(&self, option: &RuleOption<'_>);
    /// An option does this. The request is as the options before it have left it (F-PCT-05).
    fn effect(&self, effect: &Effect, request: &mut Request);
    /// A failed `aclexec` makes the rule count for nothing (F-ACL-02, F-ACL-06).
    fn left(&self);
}
