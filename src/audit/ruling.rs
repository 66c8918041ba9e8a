//! What comes of a requirement.

/// Whether a requirement is met.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ruling {
    /// It is.
    Pass,
    /// It is not.
    Fail,
    /// Nothing is asked here.
    NotApplicable,
    /// It cannot be told: something could not be read or is not looked at. Never a pass.
    CannotTell,
}

impl Ruling {
    /// Of several, all of which must pass: one failure settles it, and what cannot be told keeps it open.
    pub fn all(rulings: impl Iterator<Item = Self>) -> Self {
        let mut sum = Self::Pass;
        for ruling in rulings {
            match (sum, ruling) {
                (Self::Fail, _) | (_, Self::Fail) => return Self::Fail,
                (_, Self::CannotTell) => sum = Self::CannotTell,
                (_, Self::Pass | Self::NotApplicable) => {}
            }
        }
        sum
    }

    /// Its word in JSON.
    pub fn word(self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::Fail => "fail",
            Self::NotApplicable => "not applicable",
            Self::CannotTell => "cannot tell",
        }
    }
}
