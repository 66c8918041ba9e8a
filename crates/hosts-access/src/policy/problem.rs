//! What is wrong with an option: each of these makes a matching rule deny.

use thiserror::Error;

/// Why libwrap refuses an option, and with it the client.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Error)]
pub enum OptionProblem {
    /// Nothing between two colons, or after the last one (F-OPT-02).
    #[error("there is no option after the colon")]
    MissingName,
    /// No such keyword (F-OPT-04).
    #[error("there is no option of this name")]
    UnknownName,
    /// The option needs a value (F-OPT-05).
    #[error("the option needs a value")]
    MissingValue,
    /// The option takes none (F-OPT-05).
    #[error("the option takes no value")]
    UnwantedValue,
    /// `allow`, `deny` and `twist` must come last (F-OPT-03).
    #[error("nothing may follow this option")]
    NotLast,
    /// The value is not of the kind the option takes (F-SEV-02, F-OPT-08 to F-OPT-12).
    #[error("the option does not take this value")]
    BadValue,
    /// `user` and `group` need an account that exists (F-OPT-13).
    #[error("there is no such account on this machine")]
    UnknownAccount,
    /// `user` has given the right to switch away, in a build where it really switches.
    #[error("an option before it has given up the right to switch")]
    SwitchedAway,
    /// A daemon that goes on to serve others cannot be replaced by a command (F-TWIST-03).
    #[error(
        "the first twist ends a daemon that accepts all connections itself, and it refuses each later one"
    )]
    Resident,
}
