//! What runs by the clock, in the words of the status.

use crate::cli::machine::schedule_problems::schedule_problem;
use crate::cli::machine::schedule_state::{Clockwork, ScheduleState};
use crate::status::{Delivering, StatusProblem};

/// Who delivers what daemons of every user report.
pub(super) fn delivering(state: &ScheduleState) -> Delivering {
    match state.by {
        Some(Clockwork::Systemd) => Delivering::Systemd,
        Some(Clockwork::Cron) => Delivering::Cron,
        None => Delivering::Alert,
    }
}

/// What is wrong with the schedules.
pub(super) fn problems(state: &ScheduleState) -> Vec<StatusProblem> {
    state.faults.iter().map(schedule_problem).collect()
}
