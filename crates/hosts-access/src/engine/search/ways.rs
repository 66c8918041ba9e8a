//! Searches that go on in two ways, because nobody knows how a command of `aclexec` ends.
//!
//! If it succeeds, its rule ends the search; if it fails, the search goes on with the next table
//! (F-ACL-01, F-ACL-02, F-ACL-05). So the search itself follows the failures, and what is kept here
//! are the ends that it passes.

use crate::engine::model::verdict::{
    Access, Cause, Effect, Matched, Outcome, TableName, Undecided, Verdict, Way,
};

/// The ends that a search has passed.
#[derive(Debug, Default)]
pub(crate) struct Ways {
    passed: Vec<Way>,
    /// The rules whose commands are taken to have failed.
    failed: Vec<Matched>,
    /// How many effects there are on every way.
    common: usize,
}

impl Ways {
    /// The search goes on as if the command of this rule had failed; `effects` are all so far.
    pub(crate) fn fork(&mut self, matched: Matched, effects: &[Effect]) {
        if self.passed.is_empty() {
            self.common = effects.len();
        }
        let access = match matched.table {
            TableName::Allow => Access::Granted,
            TableName::Deny => Access::Denied,
        };
        let cause = Cause::Rule {
            outcome: Outcome::Table,
            matched,
        };
        self.push(Some(matched), access, cause, effects);
        self.failed.push(matched);
    }

    fn push(
        &mut self,
        succeeded: Option<Matched>,
        access: Access,
        cause: Cause,
        effects: &[Effect],
    ) {
        let failed = self.failed.iter().map(|rule| (*rule, false));
        let ends = failed.chain(succeeded.map(|rule| (rule, true))).collect();
        self.passed.push(Way {
            ends,
            access,
            cause,
            effects: effects.get(self.common..).unwrap_or_default().to_vec(),
        });
    }

    /// The verdict of a search that has come to its end.
    pub(crate) fn end(mut self, access: Access, cause: Cause, mut effects: Vec<Effect>) -> Verdict {
        let Some(&first) = self.failed.first() else {
            return Verdict {
                access,
                cause,
                effects,
                ways: Vec::new(),
                asked: Vec::new(),
            };
        };
        self.push(None, access, cause, &effects);
        effects.truncate(self.common);
        let is_one = access != Access::Undecided && self.passed.iter().all(|w| w.access == access);
        let (access, cause) = if is_one {
            (access, Cause::EitherWay(first))
        } else {
            let cause = Cause::Undecided(Undecided::by_command(first));
            (Access::Undecided, cause)
        };
        Verdict {
            access,
            cause,
            effects,
            ways: self.passed,
            asked: Vec::new(),
        }
    }
}
