//! Which table of a pair is written first.

use crate::editor::trial::sample::{drawn, strangers};
use crate::editor::trial::table_pair::Ground;
use crate::engine::{Access, Host, Request, TableName};

/// The table to write first, so that between the two renames nobody is refused whom both the old
/// and the new pair admit; `kept` are requests that must be admitted throughout.
pub fn order(before: &Ground<'_>, after: &Ground<'_>, kept: &[Request]) -> TableName {
    let pair = |allow, deny| Ground::new(allow, deny, after.world).with_samples(after.samples());
    let allow_first = pair(after.allow, before.deny);
    let deny_first = pair(before.allow, after.deny);
    let daemons = [before.daemons(), after.daemons()];
    let mut hosts: Vec<Host> = strangers();
    hosts.extend(drawn(before));
    hosts.extend(drawn(after));
    let sampled = hosts
        .iter()
        .flat_map(|host| daemons.iter().flat_map(|names| names.requests(host)));
    let mut refused = (0_u64, 0_u64);
    for (request, weight) in kept
        .iter()
        .map(|request| (request.clone(), 1_000_000))
        .chain(sampled.map(|request| (request, 1)))
    {
        let is_granted = |ground: &Ground<'_>| ground.decide(&request).access == Access::Granted;
        if is_granted(before) && is_granted(after) {
            refused.0 += weight * u64::from(!is_granted(&allow_first));
            refused.1 += weight * u64::from(!is_granted(&deny_first));
        }
    }
    if refused.1 < refused.0 {
        TableName::Deny
    } else {
        TableName::Allow
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::Bare;
    use crate::syntax::parse;

    #[test]
    fn what_grants_more_comes_first() {
        for (before, after, first) in [
            (
                ("", ""),
                ("ALL: 10.1.2.3\n", "ALL: ALL\n"),
                TableName::Allow,
            ),
            (("ALL: 10.1.2.3\n", "ALL: ALL\n"), ("", ""), TableName::Deny),
            (
                ("sshd: 10.1.2.3\n", "ALL: ALL\n"),
                ("", "ALL: ALL EXCEPT 10.1.2.3\n"),
                TableName::Deny,
            ),
        ] {
            let trees = [before.0, before.1, after.0, after.1].map(|text| parse(text.as_bytes()));
            let [a, b, c, d] = &trees;
            let world = &Bare;
            let (before, after) = (Ground::new(a, b, world), Ground::new(c, d, world));
            assert_eq!(order(&before, &after, &[]), first);
        }
    }
}
