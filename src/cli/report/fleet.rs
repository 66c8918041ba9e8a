//! `tcpw report --from`: the numbers of many servers, from their database.

use super::args::ReportArgs;
use crate::cli::base::{Context, Failure};
use crate::cli::machine::fleet_program::{DatabaseUrl, ask, cut_short, stamp};
use crate::config::Config;
use crate::report::{FleetReader, FleetWanted, Report, ReportTerms};

/// Asks the database at `url` for the numbers.
pub(super) fn numbers(
    url: &DatabaseUrl,
    args: &ReportArgs,
    config: &Config,
    terms: &ReportTerms<'_>,
    context: &mut Context,
) -> Result<Report, Failure> {
    let mut reader = FleetReader::default();
    let mut problem = None;
    let wanted = FleetWanted::Report {
        top: args.top,
        silent: config.fleet.silent.as_secs(),
        own_after: config.fleet.own_after.as_secs(),
    };
    let period = (Some(stamp(terms.since)), Some(stamp(terms.until)));
    let mut visit = |line: &[u8]| {
        if problem.is_none() {
            problem = reader.line(line).err();
        }
    };
    ask(url, period, wanted, &mut visit, context)?;
    if let Some(problem) = problem {
        return Err(cut_short(url, Some(&problem)));
    }
    reader.finish(terms).ok_or_else(|| cut_short(url, None))
}
