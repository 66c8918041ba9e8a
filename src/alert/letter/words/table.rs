//! The words and sentences of letters, as a table that each language fills in.

use serde::Serialize;

/// The fixed texts of a letter. `{...}` stands for a value; [`fill`] puts it there.
#[derive(Debug, Serialize)]
pub(crate) struct Words {
    /// The language tag of the HTML part (RFC 5646).
    pub(crate) tag: &'static str,
    pub(crate) titles: Titles,
    pub(crate) leads: Leads,
    pub(crate) labels: Labels,
    pub(crate) values: Values,
    pub(crate) headings: Headings,
    pub(crate) columns: Columns,
    pub(crate) reasons: Reasons,
    pub(crate) commands: Commands,
    pub(crate) warnings: Warnings,
    pub(crate) notes: Notes,
    pub(crate) units: Units,
    pub(crate) fleet: FleetWords,
    pub(crate) footer: &'static str,
}

/// One form for one, and one for any other number (`{count}`).
#[derive(Debug, Clone, Copy, Serialize)]
pub(crate) struct Counted {
    pub(crate) one: &'static str,
    pub(crate) many: &'static str,
}

/// What a subject says after the name of the server.
#[derive(Debug, Serialize)]
pub(crate) struct Titles {
    pub(crate) refused: &'static str,
    pub(crate) admitted: &'static str,
    pub(crate) reported: &'static str,
    /// After one of those when a letter has more than one event.
    pub(crate) times: &'static str,
    pub(crate) again: Counted,
    pub(crate) gathered: Counted,
    pub(crate) overflow: &'static str,
    pub(crate) no_name: &'static str,
    pub(crate) doubtful_name: &'static str,
    pub(crate) no_answer: &'static str,
    pub(crate) damaged: &'static str,
    pub(crate) given_up: Counted,
    pub(crate) rejected: Counted,
    pub(crate) forgotten: Counted,
    pub(crate) notice: &'static str,
    pub(crate) all_well: Counted,
    pub(crate) some_wait: Counted,
    pub(crate) some_failed: Counted,
    pub(crate) some_unread: Counted,
    pub(crate) clock_ahead: &'static str,
    pub(crate) names_overdue: Counted,
    pub(crate) report: &'static str,
    pub(crate) test: &'static str,
}

/// The first sentence of a letter.
#[derive(Debug, Serialize)]
pub(crate) struct Leads {
    pub(crate) refused: Counted,
    pub(crate) admitted: Counted,
    pub(crate) reported: Counted,
    pub(crate) mixed: &'static str,
    pub(crate) digest: Counted,
    pub(crate) overflow: Counted,
    pub(crate) damaged: &'static str,
    pub(crate) given_up: Counted,
    pub(crate) rejected: Counted,
    pub(crate) forgotten: Counted,
    pub(crate) notice: &'static str,
    pub(crate) heartbeat: &'static str,
    pub(crate) clock_ahead: &'static str,
    pub(crate) names_overdue: Counted,
    pub(crate) report: &'static str,
    pub(crate) test: &'static str,
}

/// What a fact is about.
#[derive(Debug, Serialize)]
pub(crate) struct Labels {
    pub(crate) visitor: &'static str,
    pub(crate) address: &'static str,
    pub(crate) source: &'static str,
    pub(crate) sources: &'static str,
    pub(crate) name: &'static str,
    pub(crate) names: &'static str,
    pub(crate) country: &'static str,
    pub(crate) owner: &'static str,
    pub(crate) daemon: &'static str,
    pub(crate) daemons: &'static str,
    pub(crate) server_end: &'static str,
    pub(crate) server: &'static str,
    pub(crate) local_time: &'static str,
    pub(crate) utc_time: &'static str,
    pub(crate) first: &'static str,
    pub(crate) last: &'static str,
    pub(crate) first_listed: &'static str,
    pub(crate) last_listed: &'static str,
    pub(crate) count: &'static str,
    pub(crate) outcome: &'static str,
    pub(crate) rule: &'static str,
    pub(crate) first_rule: &'static str,
    pub(crate) before: &'static str,
    pub(crate) process: &'static str,
    pub(crate) reporter: &'static str,
    pub(crate) forgotten: &'static str,
    pub(crate) aside: &'static str,
    pub(crate) letters: &'static str,
    pub(crate) followed: &'static str,
    pub(crate) events_day: &'static str,
    pub(crate) waiting: &'static str,
    pub(crate) failed: &'static str,
}

/// What a fact may say.
#[derive(Debug, Serialize)]
pub(crate) struct Values {
    pub(crate) not_given: &'static str,
    pub(crate) refused: &'static str,
    pub(crate) admitted: &'static str,
    pub(crate) not_known: &'static str,
    pub(crate) admitted_short: &'static str,
    pub(crate) unknown_short: &'static str,
    pub(crate) rule_unknown: &'static str,
    pub(crate) name_confirmed: &'static str,
    pub(crate) name_none: &'static str,
    pub(crate) name_no_address: &'static str,
    pub(crate) name_other_address: &'static str,
    pub(crate) name_alias: &'static str,
    pub(crate) name_number: &'static str,
    pub(crate) name_no_answer: &'static str,
    pub(crate) first_time: &'static str,
    pub(crate) seen_before: Counted,
    pub(crate) cut: &'static str,
    pub(crate) geo_nothing: &'static str,
    pub(crate) reporter_unknown: &'static str,
}

/// Above the parts of a letter.
#[derive(Debug, Serialize)]
pub(crate) struct Headings {
    pub(crate) commands: &'static str,
    pub(crate) reasons: &'static str,
    pub(crate) sources: &'static str,
    pub(crate) some_sources: &'static str,
    pub(crate) shared_sources: &'static str,
    pub(crate) events: &'static str,
    pub(crate) first_events: &'static str,
    pub(crate) last_events: &'static str,
    pub(crate) earlier: &'static str,
    pub(crate) files: &'static str,
    pub(crate) advice: &'static str,
    pub(crate) mind: &'static str,
}

/// Above the columns of a table.
#[derive(Debug, Serialize)]
pub(crate) struct Columns {
    pub(crate) time: &'static str,
    pub(crate) daemon: &'static str,
    pub(crate) visitor: &'static str,
    pub(crate) outcome: &'static str,
    pub(crate) source: &'static str,
    pub(crate) count: &'static str,
    pub(crate) span: &'static str,
}

/// Why events were held back.
#[derive(Debug, Serialize)]
pub(crate) struct Reasons {
    pub(crate) now: Counted,
    pub(crate) repeat: Counted,
    pub(crate) too_many: Counted,
    pub(crate) by_rule: Counted,
    pub(crate) never: Counted,
    pub(crate) stalled: Counted,
}

/// What a command is for.
#[derive(Debug, Serialize)]
pub(crate) struct Commands {
    pub(crate) allow: &'static str,
    pub(crate) allow_daemon: &'static str,
    pub(crate) allow_day: &'static str,
    pub(crate) mute: &'static str,
}

/// What the reader must not overlook.
#[derive(Debug, Serialize)]
pub(crate) struct Warnings {
    pub(crate) one_reporter: &'static str,
    pub(crate) some_reporters: &'static str,
    pub(crate) unknown_reporter: &'static str,
    pub(crate) mark: &'static str,
    pub(crate) template: &'static str,
    pub(crate) attachment: &'static str,
    pub(crate) geo: &'static str,
    pub(crate) csv_part: &'static str,
}

/// What to do.
#[derive(Debug, Serialize)]
pub(crate) struct Notes {
    pub(crate) damaged: &'static str,
    pub(crate) salvaged: &'static str,
    pub(crate) given_up: &'static str,
    pub(crate) rejected: &'static str,
    pub(crate) rejected_more: Counted,
    pub(crate) forgotten: &'static str,
    pub(crate) heartbeat: &'static str,
    pub(crate) heartbeat_queue: &'static str,
    pub(crate) heartbeat_unread: &'static str,
    pub(crate) clock_ahead: &'static str,
    pub(crate) names_stay: &'static str,
    pub(crate) names_removed: &'static str,
    pub(crate) test: &'static str,
}

/// What messages about many servers say.
#[derive(Debug, Serialize)]
pub(crate) struct FleetWords {
    pub(crate) tried: Counted,
    pub(crate) again: Counted,
    pub(crate) overflow: &'static str,
    pub(crate) silent: Counted,
    pub(crate) back: Counted,
    pub(crate) muting: Counted,
    pub(crate) tried_lead: Counted,
    pub(crate) again_lead: Counted,
    pub(crate) overflow_lead: Counted,
    pub(crate) late_lead: Counted,
    pub(crate) claimed_lead: Counted,
    pub(crate) silent_lead: Counted,
    pub(crate) back_lead: Counted,
    pub(crate) muting_lead: Counted,
    pub(crate) advice: &'static str,
    pub(crate) silent_advice: &'static str,
    pub(crate) back_advice: &'static str,
    pub(crate) muting_advice: &'static str,
    pub(crate) servers: &'static str,
    pub(crate) names: &'static str,
    pub(crate) largest: &'static str,
    pub(crate) silent_since: &'static str,
    pub(crate) muting_since: &'static str,
    pub(crate) never: &'static str,
    pub(crate) more: &'static str,
    /// The last line of a message about many servers.
    pub(crate) footer: &'static str,
}

/// Lengths of time.
#[derive(Debug, Serialize)]
pub(crate) struct Units {
    pub(crate) seconds: &'static str,
    pub(crate) minutes: &'static str,
    pub(crate) hours: &'static str,
    pub(crate) days: &'static str,
}
