//! Whether it shows at once that a deny table refuses everybody: most end in `ALL: ALL`, and let nobody in
//! before.

use super::trees::Trees;
use crate::engine::TableName;
use crate::policy::{
    ClientPattern, DaemonPattern, Dialect, Element, HostPattern, List, OptionKind, Process, Rule,
    TextPattern, rules,
};
use crate::syntax::Tree;

/// Whether the deny table refuses everybody about whom the allow table decides nothing, however the commands
/// of the allow table end. What is not certain by the words of its rules is not.
pub(super) fn refuses_all(trees: &Trees<'_>, dialect: &Dialect) -> bool {
    let Some(deny) = trees.of(TableName::Deny) else {
        return false;
    };
    let may_fail = trees
        .of(TableName::Allow)
        .is_some_and(|allow| asks_commands(allow, dialect));
    for rule in rules(deny) {
        if !refuses(rule, may_fail, dialect) {
            return false;
        }
        if is_for_all(rule, dialect) {
            return true;
        }
    }
    false
}

/// Whether a table asks the command of an `aclexec`.
fn asks_commands(tree: &Tree<'_>, dialect: &Dialect) -> bool {
    dialect.options
        && rules(tree)
            .any(|rule| rule.has_options() && kinds(rule).contains(&Some(OptionKind::Aclexec)))
}

/// Whether whomever a rule of the deny table matches is refused. After a command has failed, a rule with
/// options that decide nothing counts for nothing, and the rest of the table is not read (F-ACL-06).
fn refuses(rule: Rule<'_, '_>, may_fail: bool, dialect: &Dialect) -> bool {
    if !rule.has_options() || !dialect.options {
        return true;
    }
    let kinds = kinds(rule);
    let has = |kind| kinds.contains(&Some(kind));
    let may_admit = has(OptionKind::Allow) || has(OptionKind::Aclexec) || kinds.contains(&None);
    !may_admit && (has(OptionKind::Deny) || !may_fail)
}

/// What the options of a rule are; nothing for one that libwrap does not know.
fn kinds(rule: Rule<'_, '_>) -> Vec<Option<OptionKind>> {
    let options = rule.options();
    let kind = options
        .iter()
        .map(|option| option.spec().map(|spec| spec.kind));
    kind.collect()
}

/// Whether a rule matches every client of every daemon: `ALL` is in both lists, and nothing is excepted.
fn is_for_all(rule: Rule<'_, '_>, dialect: &Dialect) -> bool {
    let is_any_daemon = |text: &[u8]| {
        let pattern = DaemonPattern::read_in(text, dialect);
        pattern.host.is_none() && matches!(pattern.process, Process::Name(TextPattern::All))
    };
    let is_anybody = |text: &[u8]| {
        let pattern = ClientPattern::read_in(text, dialect);
        let is_any_host = matches!(
            pattern.host,
            HostPattern::Text {
                pattern: TextPattern::All,
                ..
            }
        );
        pattern.user.is_none() && is_any_host
    };
    holds_all(rule.daemons(), is_any_daemon) && holds_all(rule.clients(), is_anybody)
}

/// Whether an element of a list without exceptions is for all.
fn holds_all(list: List<'_, '_>, is_all: impl Fn(&[u8]) -> bool) -> bool {
    let mut found = false;
    for element in list.elements() {
        match element {
            Element::Pattern { text, .. } => found |= is_all(&text),
            Element::Except { .. } => return false,
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::{FileContent, SeenEntry, SeenFile};
    use crate::policy::DEBIAN_12;

    fn settles(allow: &str, deny: &str) -> bool {
        let file = |text: &str| SeenFile {
            entry: SeenEntry::Absent,
            target: SeenEntry::Absent,
            content: FileContent::Read(text.into()),
        };
        let [allow, deny] = [file(allow), file(deny)];
        let trees = [&allow, &deny].map(|file| file.content.tree(DEBIAN_12.reading));
        let trees = Trees::new((&allow, trees[0].as_ref()), (&deny, trees[1].as_ref()));
        refuses_all(&trees, &DEBIAN_12)
    }

    #[test]
    fn only_what_certainly_refuses_everybody_settles_it() {
        let gate = "sshd: 10.0.0.5: aclexec /bin/false\n";
        for (allow, deny) in [
            ("", "ALL: ALL\n"),
            (gate, "all: 10. ALL\n"),
            (
                "sshd: 10.\n",
                "sshd: 1.2.3.4: spawn x\nALL: ALL: severity info\n",
            ),
            (gate, "ALL: 10. EXCEPT 10.1.\nALL: ALL: spawn x: deny\n"),
        ] {
            assert!(settles(allow, deny), "{allow} {deny}");
        }
        for (allow, deny) in [
            ("", ""),
            ("", "ALL: 10.\n"),
            ("", "ALL: ALL EXCEPT ALL\n"),
            ("", "ALL EXCEPT sshd: ALL\n"),
            ("", "ALL@10.0.0.1: ALL\n"),
            ("", "ALL: bob@ALL\n"),
            ("", "ALL: ALL: allow\n"),
            ("", "sshd: 10.: allow\nALL: ALL\n"),
            ("", "ALL: ALL: aclexec x\n"),
            ("", "sshd: 10.: aclexec x\nALL: ALL\n"),
            ("", "ALL: ALL: spam x\n"),
            (gate, "ALL: ALL: spawn x\n"),
            (gate, "sshd: 1.2.3.4: severity info\nALL: ALL\n"),
        ] {
            assert!(!settles(allow, deny), "{allow} {deny}");
        }
    }
}
