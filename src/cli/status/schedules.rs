//! What runs by the clock, in the words of the status.

use crate::cli::machine::schedule_state::{Clockwork, ScheduleFault, ScheduleState};
use crate::cli::machine::unit_files::CRON_FILE;
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
    state.faults.iter().map(problem).collect()
}

fn problem(fault: &ScheduleFault) -> StatusProblem {
    let file = || CRON_FILE.to_owned();
    match fault {
        ScheduleFault::Dead { unit, state } => StatusProblem::UnitDead {
            unit: unit.clone(),
            state: state.clone(),
        },
        ScheduleFault::ProgramGone { file, program } => StatusProblem::ScheduleGone {
            file: file.clone(),
            program: program.clone(),
        },
        ScheduleFault::NoSystemd => StatusProblem::NoSystemd,
        ScheduleFault::CronIgnored => StatusProblem::CronIgnored { file: file() },
        ScheduleFault::NoCron => StatusProblem::NoCron { file: file() },
    }
}
