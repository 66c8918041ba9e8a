//! Why the words of a call are not one that the gate answers.

use crate::network::NetworkError;
use crate::policy::Policy;
use hosts_access::escape::visible_short;
use std::fmt;

/// How much of a wrong word is shown, in bytes.
const SHOWN: usize = 60;

/// A call with a word that the gate cannot follow. It is decided by [`CallError::broken`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CallError {
    /// What is wrong.
    pub problem: CallProblem,
    /// What the call says of clients when something is broken, as far as its words can be read.
    pub broken: Policy,
}

/// What is wrong with a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CallProblem {
    /// No such option.
    Option(Vec<u8>),
    /// An option stands last and has no value.
    Valueless(&'static str),
    /// An option that counts once is given twice.
    Twice(&'static str),
    /// A value is not what the option takes.
    Value {
        /// The option.
        option: &'static str,
        /// The value, or the part of it.
        value: Vec<u8>,
        /// What it takes.
        takes: &'static str,
    },
    /// A network is written wrong.
    Network {
        /// The option.
        option: &'static str,
        /// The text.
        value: Vec<u8>,
        /// What is wrong with it.
        error: NetworkError,
    },
    /// Nothing says who is admitted.
    NoCondition,
    /// No client's address follows `--`.
    NoAddress,
    /// Words follow the client's address.
    More(Vec<u8>),
    /// What follows `--` is not an address.
    Address(Vec<u8>),
}

impl fmt::Display for CallProblem {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown = |word: &[u8]| visible_short(word, SHOWN);
        match self {
            Self::Option(word) => write!(out, "tcpw-gate has no option {}", shown(word)),
            Self::Valueless(option) => write!(out, "{option} needs a value"),
            Self::Twice(option) => write!(out, "{option} is given twice"),
            Self::Value {
                option,
                value,
                takes,
            } => write!(out, "{option} takes {takes}, not {}", shown(value)),
            Self::Network {
                option,
                value,
                error,
            } => write!(out, "{option} {}: {error}", shown(value)),
            Self::NoCondition => out
                .write_str("nothing says who is admitted; add --country, --asn, --in or --except"),
            Self::NoAddress => out.write_str("no address follows --; end the call with -- %a"),
            Self::More(word) => write!(out, "{} follows the client's address", shown(word)),
            Self::Address(word) => write!(
                out,
                "{} is not an address; end the call with -- %a",
                shown(word)
            ),
        }
    }
}

impl fmt::Display for CallError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.problem.fmt(out)
    }
}

impl std::error::Error for CallError {}
