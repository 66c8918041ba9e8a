//! The option `aclexec` in a build of libwrap that does not have it.

use crate::lint::machine_files::Site;
use crate::lint::policy::Policy;
use crate::lint::sink::Sink;
use crate::lint::words::REFUSES;
use crate::policy::{OptionKind, rules};

rows! {
    /// The option aclexec stands in a build of libwrap that has none.
    ///
    /// There it is a broken option, and everybody whom the rule matches is refused.
    ///
    /// Repair: by hand
    /// Facts: F-OPT-04 F-ACL-01
    CHECK = Row::new("TW513", "aclexec-not-there", Error, LocksOut, Run::Site(check))
        .shown(claims::nothing);
}

fn check(policy: &Policy<'_>, site: &Site<'_>, sink: &mut Sink) {
    let dialect = site.world.dialect();
    // Without options there is nothing to refuse: see `dialect_form`.
    if dialect.aclexec || !dialect.options {
        return;
    }
    for (table, tree) in policy.tables() {
        sink.turn_to(table);
        for rule in rules(tree).filter(|rule| rule.has_options()) {
            for option in rule.options() {
                let kind = option.spec().map(|spec| spec.kind);
                if kind == Some(OptionKind::Aclexec) {
                    sink.report(option.name_span, || {
                        (
                            format!("{} has no option `aclexec`: {REFUSES}", dialect.title),
                            "put the clients into the rule, or into a file that it names"
                                .to_owned(),
                        )
                    });
                }
            }
        }
    }
}
