//! What the linter finds in planned tables that it did not find in the old ones.

use crate::cli::base::Paths;
use crate::cli::machine::machine_files::Disk;
use crate::cli::machine::surroundings::{Aclexec, Machine};
use crate::diagnostic::Severity;
use crate::editor::Ground;
use crate::engine::TableName;
use crate::escape::visible;
use crate::lint::{Policy, Site, run};
use std::collections::BTreeSet;

/// As many findings of one code as are shown.
const MOST: usize = 5;

/// The new findings from warnings on, as a line each.
pub(crate) fn new_findings(paths: &Paths, before: &Ground<'_>, after: &Ground<'_>) -> Vec<String> {
    let machine = Machine::new(paths, Aclexec::Ask);
    let disk = Disk::new(paths);
    let site = Site {
        world: &machine,
        files: &disk,
        tables: [None, None],
    };
    let found = |ground: &Ground<'_>| {
        let policy = Policy {
            allow: Some(ground.allow),
            deny: Some(ground.deny),
        };
        let findings = run(&policy, &site, MOST).findings.into_iter();
        let grave = findings.filter(|one| one.diagnostic.severity >= Severity::Warning);
        grave
            .map(|finding| {
                let path = match finding.table {
                    TableName::Allow => &paths.allow,
                    TableName::Deny => &paths.deny,
                };
                let source = ground.tree(finding.table).source();
                let start = usize::try_from(finding.diagnostic.span.start).unwrap_or(0);
                let before = source.get(..start).unwrap_or_default();
                let line = before.split(|&byte| byte == b'\n').count();
                let what = visible(finding.diagnostic.message.as_bytes());
                let place = format!("{}:{line}", path.display());
                (place, finding.diagnostic.code, what)
            })
            .collect::<Vec<_>>()
    };
    let old: BTreeSet<_> = found(before)
        .into_iter()
        .map(|(_, code, what)| (code, what))
        .collect();
    found(after)
        .into_iter()
        .filter(|(_, code, what)| !old.contains(&(*code, what.clone())))
        .map(|(place, code, what)| format!("{place}: {code} {what}"))
        .collect()
}
