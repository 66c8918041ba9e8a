//! The options that name whom a gate admits or leaves out, read as the gate itself reads them.

use crate::cli::base::Failure;
use clap::{Args, ValueEnum};
use tcpw_gate::{Call, Policy};

/// Whom a gate is about.
#[derive(Debug, Clone, Default, Args)]
#[group(id = "gate", multiple = true)]
pub(crate) struct ConditionArgs {
    /// Everybody in these countries, such as KR,JP: the rule asks tcpw-gate, which finds the country of
    /// the client's address in a database on this machine
    #[arg(long, value_name = "CC", value_delimiter = ',', conflicts_with_all = ["clients", "from"])]
    pub(crate) country: Vec<String>,
    /// Everybody whose network belongs to these autonomous systems, such as 64500 or AS64500
    #[arg(long, value_name = "N", value_delimiter = ',', conflicts_with_all = ["clients", "from"])]
    pub(crate) asn: Vec<String>,
    /// Everybody in this compiled set (`tcpw set build`); may be repeated
    #[arg(long = "in", value_name = "FILE", conflicts_with_all = ["clients", "from"])]
    pub(crate) sets: Vec<String>,
}

/// What a gate does where it cannot know.
#[derive(Debug, Clone, Default, Args)]
pub(crate) struct PolicyArgs {
    /// What happens to addresses that no database knows [default: deny with `allow`, allow with `deny`]
    #[arg(long, value_enum, value_name = "WHAT", requires = "gate")]
    unknown: Option<PolicyChoice>,
    /// What happens if a database or a set is missing or damaged [default: deny]
    #[arg(long, value_enum, value_name = "WHAT", requires = "gate")]
    broken: Option<PolicyChoice>,
    /// Take a database that is older, such as 60d, for a broken one
    #[arg(long, value_name = "TIME", requires = "gate")]
    max_age: Option<String>,
}

/// Values of `--unknown` and `--broken`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum PolicyChoice {
    /// They are admitted
    Allow,
    /// They are refused
    Deny,
}

impl From<PolicyChoice> for Policy {
    fn from(choice: PolicyChoice) -> Self {
        match choice {
            PolicyChoice::Allow => Self::Allow,
            PolicyChoice::Deny => Self::Deny,
        }
    }
}

impl ConditionArgs {
    /// Whether a gate is asked for.
    pub(crate) fn are_given(&self) -> bool {
        !(self.country.is_empty() && self.asn.is_empty() && self.sets.is_empty())
    }

    /// The words of the gate for them.
    fn words(&self) -> Vec<String> {
        let mut words = Vec::new();
        for (option, values) in [
            ("--country", &self.country),
            ("--asn", &self.asn),
            ("--in", &self.sets),
        ] {
            for value in values {
                words.extend([option.to_owned(), value.clone()]);
            }
        }
        words
    }

    /// Reads them, with exceptions and policies.
    ///
    /// # Errors
    /// With what the gate would say.
    pub(crate) fn terms(&self, except: &[String], policies: &PolicyArgs) -> Result<Call, Failure> {
        let mut words = self.words();
        for value in except {
            words.extend(["--except".to_owned(), value.clone()]);
        }
        if let Some(age) = &policies.max_age {
            words.extend(["--max-age".to_owned(), age.clone()]);
        }
        for (option, policy) in [
            ("--unknown", policies.unknown),
            ("--broken", policies.broken),
        ] {
            if let Some(policy) = policy {
                words.extend([option.to_owned(), Policy::from(policy).to_string()]);
            }
        }
        words.extend(["--", "%a"].map(str::to_owned));
        Call::of_words(&words).map_err(|error| {
            Failure::new(error).hint(
                "`tcpw-gate` is asked so; tcpw-gate(8) lists its options; nothing was written",
            )
        })
    }
}

impl PolicyArgs {
    pub(crate) fn unknown(&self) -> Option<Policy> {
        self.unknown.map(Policy::from)
    }

    pub(crate) fn broken(&self) -> Option<Policy> {
        self.broken.map(Policy::from)
    }
}
