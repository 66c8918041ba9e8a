//! What a code stands for: its name, what the mistake does, in which builds of libwrap it is one,
//! and what it makes of its line.

use crate::diagnostic::Severity;
use crate::policy::Dialect;

/// What a mistake does to the people who connect, and to whom they connect; the worst first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Harm {
    /// People get in who should not.
    LetsIn,
    /// People are kept out who should get in.
    LocksOut,
    /// The rule misses whom it means: an allow rule keeps them out, a deny rule lets them in.
    Missed,
    /// The rule matches others than it means: an allow rule lets them in, a deny rule keeps them out.
    Broad,
    /// Either of the two, by what the tables say beside it.
    Either,
    /// What is written has no effect.
    Dead,
    /// The service or a command does not work as meant.
    Breaks,
    /// Everybody waits.
    Slow,
    /// Nothing today: it reads wrongly, or is not what somebody expects.
    Style,
}

impl Harm {
    /// What it does, in two or three words.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::LetsIn => "lets people in",
            Self::LocksOut => "locks people out",
            Self::Missed | Self::Broad | Self::Either => "lets people in or locks people out",
            Self::Dead => "does nothing",
            Self::Breaks => "breaks a service",
            Self::Slow => "slows everybody down",
            Self::Style => "only style",
        }
    }
}

/// What a finding declares to be dead or malformed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Ends {
    /// The rule as a whole.
    Rule,
    /// The rule from its place on: its options are none.
    Rest,
    /// The word at its place.
    Word,
}

/// A check and its code.
#[derive(Debug, Clone, Copy)]
pub struct Check {
    /// Stable code, `TW` and three digits.
    pub code: &'static str,
    /// Stable kebab-case name.
    pub name: &'static str,
    /// How much a finding matters.
    pub severity: Severity,
    /// What the mistake does.
    pub harm: Harm,
    /// Whether it is true of a build of libwrap: what is a trap in one may be right in another.
    pub(super) holds: fn(&Dialect) -> bool,
    /// What it ends, and how deep a cause it is among those that end as much: 1 is the deepest.
    pub(super) ends: Option<(Ends, u8)>,
    /// Whether the word is not a pattern at all.
    pub(super) is_no_pattern: bool,
    /// Whether the words of its line may be those of a comment: only addresses and well-known
    /// daemons are certain.
    pub(super) may_be_prose: bool,
}

impl PartialEq for Check {
    fn eq(&self, other: &Self) -> bool {
        self.code == other.code
    }
}

impl Eq for Check {}

impl Check {
    /// Stands where no check is running.
    pub(super) const NONE: Self = Self::new("", "", Severity::Info, Harm::Dead);
    /// Above the number of every code.
    pub(super) const NUMBERS: usize = 1000;

    pub(super) const fn new(
        code: &'static str,
        name: &'static str,
        severity: Severity,
        harm: Harm,
    ) -> Self {
        Self {
            code,
            name,
            severity,
            harm,
            holds: |_| true,
            ends: None,
            is_no_pattern: false,
            may_be_prose: false,
        }
    }

    /// Whether it is true of a build of libwrap.
    pub(super) fn holds_in(&self, dialect: &Dialect) -> bool {
        (self.holds)(dialect)
    }

    /// The number in its code.
    pub(super) fn number(&self) -> usize {
        let digits = self.code.bytes().skip(2).take(3);
        digits.fold(0, |number, digit| {
            number * 10 + usize::from(digit.wrapping_sub(b'0'))
        })
    }
}
