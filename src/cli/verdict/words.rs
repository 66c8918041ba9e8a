//! The words for a verdict and for what a rule does besides.

use crate::cli::machine::surroundings::Machine;
use crate::engine::{Access, Effect, always_succeeds};
use crate::escape::visible;

/// The word for a verdict, for people and for programs.
pub(crate) fn word_of(access: Access) -> &'static str {
    match access {
        Access::Granted => "granted",
        Access::Denied => "denied",
        Access::Undecided => "undecided",
    }
}

/// What a rule does besides deciding, for people.
pub(crate) fn describe(effect: &Effect, machine: &Machine) -> String {
    match effect {
        Effect::Spawn(command) => format!("runs: {}", visible(command)),
        Effect::Twist(command) => format!("runs instead of the daemon: {}", visible(command)),
        Effect::Aclexec(command, success) => {
            let gate = machine.gate(command).map(|answer| answer.admits);
            let end = match (gate, success) {
                (Some(true), _) => " (a gate, which admits)",
                (Some(false), _) => " (a gate, which refuses)",
                _ if always_succeeds(command) => " (always succeeds, whatever its programs do)",
                (None, Some(true)) => " (taken to be a command that succeeds)",
                (None, Some(false)) => " (taken to be a command that fails)",
                (None, None) => "",
            };
            format!("asks: {}{end}", visible(command))
        }
        Effect::Setenv(name, value) => format!("sets: {}={}", visible(name), visible(value)),
        Effect::Other(name, value) if value.is_empty() => format!("applies: {name}"),
        Effect::Other(name, value) => format!("applies: {name} {}", visible(value)),
    }
}
