//! What is wrong with the schedules, as problems of the status, which has the words for them.

use super::schedule_state::ScheduleFault;
use super::unit_files::CRON_FILE;
use crate::status::StatusProblem;

/// The problem that a fault of a schedule is.
pub(crate) fn schedule_problem(fault: &ScheduleFault) -> StatusProblem {
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
