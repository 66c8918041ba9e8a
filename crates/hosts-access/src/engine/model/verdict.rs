//! What a decision is made of.

use crate::policy::OptionProblem;
use crate::span::Span;

/// Whether the client gets to the daemon.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Access {
    /// It does.
    Granted,
    /// It does not.
    Denied,
    /// It depends on something that is not known here.
    Undecided,
}

/// Which of the two tables.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum TableName {
    /// `hosts.allow`.
    Allow,
    /// `hosts.deny`.
    Deny,
}

/// A decision, why it is so, and what happens on the way.
#[must_use]
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verdict {
    /// Whether the client gets to the daemon.
    pub access: Access,
    /// Why.
    pub cause: Cause,
    /// What the options do, in order; as far as the first command whose end is not known and
    /// matters.
    pub effects: Vec<Effect>,
    /// Where a rule with `aclexec` matched and nobody knows how its command ends: every way it can
    /// go on, the commands that succeed first. Empty if the ends are known or do not matter.
    pub ways: Vec<Way>,
    /// The commands of `aclexec` on which it hung and whose ends are known, in order: of a rule the
    /// last one, which is the one that counts (F-ACL-03).
    pub asked: Vec<AskedCommand>,
}

/// A command of `aclexec` that was asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AskedCommand {
    /// The rule.
    pub matched: Matched,
    /// The command line, expanded.
    pub command: Vec<u8>,
    /// Whether it succeeds.
    pub succeeds: bool,
}

/// How a search ends if the commands of `aclexec` end in one way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Way {
    /// The rules whose commands were asked, and whether they succeed.
    pub ends: Vec<(Matched, bool)>,
    /// Whether the client gets to the daemon then.
    pub access: Access,
    /// Why.
    pub cause: Cause,
    /// What the options of further rules do then.
    pub effects: Vec<Effect>,
}

impl Verdict {
    /// The same verdict for a reader to whom access by two different ways is not one answer: it is
    /// undecided wherever it goes on in different ways.
    pub fn one_way(self) -> Self {
        match self.cause {
            Cause::EitherWay(matched) => Self {
                access: Access::Undecided,
                cause: Cause::Undecided(Undecided::by_command(matched)),
                ..self
            },
            Cause::NoRule
            | Cause::Rule { .. }
            | Cause::BrokenTable { .. }
            | Cause::Unreadable(_)
            | Cause::Undecided(_) => self,
        }
    }
}

/// What decided.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cause {
    /// No rule matched: granted.
    NoRule,
    /// A rule matched.
    Rule {
        /// How the rule ended.
        outcome: Outcome,
        /// Which rule, and by which of its elements.
        matched: Matched,
    },
    /// The deny table ends in a line that libwrap cannot read: all are denied (F-LINE-13).
    BrokenTable {
        /// The table.
        table: TableName,
        /// Index of the line in its tree.
        line: usize,
        /// The line number libwrap reports.
        number: u32,
    },
    /// The deny table cannot be opened: all are denied (F-LINE-23).
    Unreadable(TableName),
    /// A rule with `aclexec` matched, and access is the same however its command ends; the ways of
    /// the verdict say by which rules.
    EitherWay(Matched),
    /// It cannot be told.
    Undecided(Undecided),
}

/// A rule that matched.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Matched {
    /// The table.
    pub table: TableName,
    /// Index of its line in the tree.
    pub line: usize,
    /// The line number libwrap reports.
    pub number: u32,
    /// The element of the daemon list.
    pub daemon: Span,
    /// The element of the client list.
    pub client: Span,
}

/// How a matching rule ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Outcome {
    /// As its table says: the allow table grants, the deny table denies.
    Table,
    /// With the option `allow`.
    Allow,
    /// With the option `deny`.
    Deny,
    /// With `twist`: a command runs in place of the daemon.
    Twist,
    /// With an option that libwrap rejects: denied (F-OPT-02 to F-OPT-12).
    Broken {
        /// What is wrong.
        problem: OptionProblem,
        /// Where.
        span: Span,
    },
    /// With a value that expands beyond libwrap's buffer: the daemon process ends (F-PCT-04).
    ExpansionTooLong {
        /// The value.
        span: Span,
    },
}

/// What an option of a matching rule does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Effect {
    /// `spawn`: the command line for `/bin/sh -c`, expanded.
    Spawn(Vec<u8>),
    /// `twist`: likewise.
    Twist(Vec<u8>),
    /// `aclexec`: likewise, and whether it succeeds; nothing if that is not known.
    Aclexec(Vec<u8>, Option<bool>),
    /// `setenv`: a name and a value.
    Setenv(Vec<u8>, Vec<u8>),
    /// Another option: its keyword and its value, empty where there is none.
    Other(&'static str, Vec<u8>),
}

/// Why a verdict cannot be told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Undecided {
    /// What is not known.
    pub what: String,
    /// The rule that matched, where the doubt is about its options.
    pub rule: Option<Matched>,
}

impl Undecided {
    /// It depends on the command of the rule that matched.
    pub(crate) fn by_command(matched: Matched) -> Self {
        Self {
            what: ON_COMMAND.to_owned(),
            rule: Some(matched),
        }
    }
}

/// What is not known where a command of `aclexec` decides.
pub(crate) const ON_COMMAND: &str = "it depends on whether the command of aclexec succeeds";
