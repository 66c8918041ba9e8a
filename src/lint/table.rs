//! The table of all codes.
//!
//! A new check is a file in `checks`, a row here and a folder below `fixtures/lint`. Codes are
//! never given to another check; by their first digit: 1 lines, 2 fields and lists, 3 client
//! patterns, 4 daemons, 5 options, 6 commands, 7 the policy as a whole, 8 the files of the tables.

use super::checks as c;
use super::dialects::holds;
use super::machine_files::Site;
use super::policy::Policy;
use super::sink::Sink;
use super::view::{ClientView, LineView, RuleView};
use crate::diagnostic::Severity;
use crate::policy::Dialect;
use std::sync::LazyLock;

/// What a mistake does to the people who connect, and to whom they connect; the worst first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Harm {
    /// People get in who should not.
    LetsIn,
    /// People are kept out who should get in.
    LocksOut,
    /// The rule misses whom it means: an allow rule keeps them out, a deny rule lets them in.
    Missed,
    /// The rule matches others than it means: an allow rule lets them in, a deny rule keeps them out.
    Broad,
    /// Either of the two, by what the tables say beside it.
    Either,
    /// What is written has no effect.
    Dead,
    /// The service or a command does not work as meant.
    Breaks,
    /// Everybody waits.
    Slow,
    /// Nothing today: it reads wrongly, or is not what somebody expects.
    Style,
}

impl Harm {
    /// What it does, in two or three words.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::LetsIn => "lets people in",
            Self::LocksOut => "locks people out",
            Self::Missed | Self::Broad | Self::Either => "lets people in or locks people out",
            Self::Dead => "does nothing",
            Self::Breaks => "breaks a service",
            Self::Slow => "slows everybody down",
            Self::Style => "only style",
        }
    }
}

/// One row of the table: a check and its code.
#[derive(Debug)]
pub struct Check {
    /// Stable code, `TW` and three digits.
    pub code: &'static str,
    /// Stable kebab-case name.
    pub name: &'static str,
    /// How much a finding matters.
    pub severity: Severity,
    /// What the mistake does.
    pub harm: Harm,
    /// How it is run.
    pub(super) run: Run,
}

impl Check {
    /// Stands where no check is running.
    pub(super) const NONE: Self = row("", "", Info, Dead, Elsewhere);

    /// Whether it is true of a build of libwrap.
    pub(super) fn holds_in(&self, dialect: &Dialect) -> bool {
        holds(self.code, dialect)
    }

    /// Its place in [`CHECKS`].
    pub(super) fn row(&self) -> usize {
        row_of(self.code).unwrap_or(CHECKS.len())
    }
}

/// The row with this code.
pub(super) fn check_of(code: &str) -> Option<&'static Check> {
    CHECKS.get(row_of(code)?)
}

/// The rows by the numbers of their codes: a table of a million findings asks for each of them.
static ROWS: LazyLock<Vec<Option<usize>>> = LazyLock::new(|| {
    let mut rows = vec![None; 1000];
    for (row, check) in CHECKS.iter().enumerate() {
        if let Some(place) = rows.get_mut(number(check.code)) {
            *place = Some(row);
        }
    }
    rows
});

fn row_of(code: &str) -> Option<usize> {
    *ROWS.get(number(code))?
}

/// The number in a code; it is below 1000 if the code is well formed.
fn number(code: &str) -> usize {
    let digits = code.bytes().skip(2).take(3);
    digits.fold(0, |number, digit| {
        number * 10 + usize::from(digit.wrapping_sub(b'0'))
    })
}

/// A check of one logical line.
pub(super) type LineCheck = fn(LineView<'_, '_>, &mut Sink);
/// A check of one rule.
pub(super) type RuleCheck = fn(&RuleView<'_, '_>, &mut Sink);
/// A check of one pattern of a client list.
pub(super) type ClientCheck = fn(&ClientView<'_, '_>, &mut Sink);

/// What a check looks at.
#[derive(Debug, Clone, Copy)]
pub(super) enum Run {
    /// Each logical line up to the one that ends the table.
    Line(LineCheck),
    /// Each rule that libwrap reads.
    Rule(RuleCheck),
    /// The daemons of each rule. Whether it finds anything depends on their list alone: one
    /// without findings is not looked at again in the next rule.
    Daemons(RuleCheck),
    /// Each pattern of each client list.
    Client(ClientCheck),
    /// Both tables, once.
    Policy(fn(&Policy<'_>, &mut Sink)),
    /// Both tables and the machine they are for, once.
    Site(fn(&Policy<'_>, &Site<'_>, &mut Sink)),
    /// Found by the check of another row.
    Elsewhere,
}

const fn row(
    code: &'static str,
    name: &'static str,
    severity: Severity,
    harm: Harm,
    run: Run,
) -> Check {
    Check {
        code,
        name,
        severity,
        harm,
        run,
    }
}

use Harm::{Breaks, Broad, Dead, Either, LetsIn, LocksOut, Missed, Slow, Style};
use Run::{Client, Daemons, Elsewhere, Line, Policy as Both, Rule, Site as There};
use Severity::{Error, Info, Warning};

/// All checks, by code.
#[rustfmt::skip]
pub const CHECKS: &[Check] = &[
    row("TW101", "no-final-newline", Error, LocksOut, Line(c::lines::no_final_newline::check)),
    row("TW102", "line-too-long", Error, LocksOut, Line(c::lines::line_too_long::check)),
    row("TW103", "broken-continuation", Error, Either, Line(c::lines::broken_continuation::check)),
    row("TW104", "comment-swallows-rule", Error, Missed, Line(c::lines::comment_swallows::check)),
    row("TW105", "missing-colon", Error, Dead, Line(c::lines::missing_colon::check)),
    row("TW106", "nul-byte", Error, Either, Line(c::lines::nul_byte::check)),
    row("TW107", "byte-order-mark", Error, Either, Line(c::lines::byte_order_mark::check)),
    row("TW108", "indented-comment", Error, Broad, Rule(c::lines::indented_comment::check)),
    row("TW109", "trailing-comment", Error, Either, Rule(c::lines::trailing_comment::check)),
    row("TW110", "trailing-comment-matches", Error, Broad, Rule(c::lines::trailing_comment_matches::check)),
    row("TW111", "utf-16", Error, LocksOut, Both(c::lines::encoding::utf16)),
    row("TW112", "carriage-returns-only", Error, LocksOut, Both(c::lines::encoding::cr_only)),
    row("TW113", "skipped-last-line", Error, Missed, Line(c::lines::skipped_last_line::check)),
    row("TW114", "line-hangs", Error, LocksOut, Line(c::lines::line_hangs::check)),
    row("TW115", "long-line-cut", Error, Either, Line(c::lines::long_line_cut::check)),
    row("TW116", "comment-in-command", Warning, Breaks, Rule(c::lines::comment_in_command::check)),
    row("TW117", "account-switches-daemon", Warning, Breaks, Rule(c::lines::account_switches_daemon::check)),
    row("TW118", "brackets-protect-nothing", Error, Missed, Rule(c::lines::open_brackets::check)),
    row("TW120", "idle-suppression", Warning, Style, Elsewhere),
    row("TW121", "orphan-comment", Warning, Dead, Both(c::lines::rule_comment::check)),
    row("TW122", "unreadable-comment", Error, Either, Elsewhere),
    row("TW123", "unnamed-comment", Error, Either, Elsewhere),

    row("TW201", "empty-list", Error, Dead, Rule(c::lists::empty_list::check)),
    row("TW202", "unbalanced-bracket", Error, Either, Rule(c::lists::unbalanced_bracket::check)),
    row("TW203", "verdict-as-client", Error, Either, Client(c::lists::verdict_as_client::check)),
    row("TW204", "bare-ipv6", Error, Missed, Rule(c::lists::bare_ipv6::check)),
    row("TW205", "backslash-in-list", Error, Missed, Client(c::lists::backslash_in_list::check)),
    row("TW206", "space-around-slash", Error, Missed, Rule(c::lists::spaced_slash::check)),
    row("TW208", "mask-with-holes", Warning, Either, Client(c::lists::mask_with_holes::check)),
    row("TW211", "except-first", Error, Dead, Rule(c::lists::except_first::check)),
    row("TW212", "except-last", Warning, Either, Rule(c::lists::except_last::check)),
    row("TW213", "except-doubled", Error, Either, Rule(c::lists::except_doubled::check)),
    row("TW214", "except-all", Error, Dead, Rule(c::lists::except_all::check)),
    row("TW215", "except-nothing", Warning, Dead, Rule(c::lists::except_nothing::check)),
    row("TW216", "all-beside-others", Warning, Style, Rule(c::lists::all_beside_others::check)),
    row("TW217", "swapped-lists", Error, Missed, Rule(c::lists::swapped_lists::check)),
    row("TW218", "option-without-colon", Error, Breaks, Rule(c::lists::missing_second_colon::check)),

    row("TW301", "host-bits-set", Error, Missed, Client(c::clients::host_bits_set::check)),
    row("TW302", "zero-prefix", Error, Missed, Client(c::clients::zero_prefix::check)),
    row("TW303", "bad-mask", Error, Missed, Client(c::clients::bad_mask::check)),
    row("TW304", "bad-network", Error, Missed, Client(c::clients::bad_net::check)),
    row("TW305", "bad-brackets", Error, Missed, Client(c::clients::bad_brackets::check)),
    row("TW306", "all-of-ipv6", Error, Broad, Client(c::clients::all_of_ipv6::check)),
    row("TW307", "odd-prefix-length", Warning, Either, Client(c::clients::odd_mask::check)),
    row("TW308", "octal-network", Error, Missed, Client(c::clients::octal_net::check)),
    row("TW309", "short-address", Error, Missed, Client(c::clients::short_address::check)),
    row("TW310", "address-range", Error, Missed, Client(c::clients::address_range::check)),
    row("TW311", "exclamation-mark", Error, Missed, Client(c::clients::exclamation::check)),
    row("TW312", "mapped-ipv6", Error, Missed, Client(c::clients::mapped_ipv6::check)),
    row("TW313", "address-spelling", Error, Missed, Client(c::clients::address_spelling::check)),
    row("TW314", "no-such-word", Error, Missed, Client(c::clients::no_such_word::check)),
    row("TW315", "impossible-name", Error, Missed, Rule(c::clients::impossible_word::check)),
    row("TW316", "placeholder", Error, Missed, Elsewhere),
    row("TW317", "mask-apart", Error, Missed, Rule(c::clients::misplaced_mask::check)),
    row("TW318", "daemon-as-client", Error, Missed, Elsewhere),
    row("TW319", "not-an-address", Error, Missed, Rule(c::clients::not_an_address::check)),
    row("TW321", "wildcard-address", Warning, Broad, Client(c::clients::wildcard_address::check)),
    row("TW322", "wildcard-domain", Warning, Broad, Client(c::clients::wildcard_domain::check)),
    row("TW323", "tail-of-address", Warning, Broad, Client(c::clients::tail_of_address::check)),
    row("TW324", "trailing-dot-name", Error, Broad, Client(c::clients::trailing_dot_name::check)),
    row("TW325", "ipv6-host-bits", Warning, Broad, Client(c::clients::ipv6_host_bits::check)),
    row("TW326", "unknown-netgroup", Warning, Missed, There(c::clients::unknown_netgroup::check)),
    row("TW327", "not-except", Error, LetsIn, Rule(c::clients::not_except::check)),
    row("TW328", "user-without-host", Error, Missed, Elsewhere),
    row("TW331", "list-file-missing", Error, Missed, There(c::clients::list_files::check)),
    row("TW332", "list-file-word", Error, Either, Elsewhere),
    row("TW333", "list-file-cycle", Error, Breaks, Elsewhere),
    row("TW334", "list-file-dead-word", Error, Missed, Elsewhere),
    row("TW335", "list-file-path", Error, Missed, Elsewhere),
    row("TW336", "netgroup-switched-off", Error, Missed, There(c::clients::netgroup::check)),
    row("TW337", "list-file-writable", Error, LetsIn, Elsewhere),
    row("TW338", "list-file-unreadable", Warning, Breaks, Elsewhere),
    row("TW339", "form-switched-off", Error, Missed, There(c::clients::dialect_form::check)),

    row("TW401", "daemon-name", Warning, Missed, Daemons(c::daemons::daemon_name::check)),
    row("TW402", "daemon-port", Warning, Missed, Daemons(c::daemons::daemon_list::port)),
    row("TW403", "daemon-misspelt", Warning, Missed, Daemons(c::daemons::daemon_list::unknown)),
    row("TW404", "daemon-in-two-cases", Info, Style, Both(c::daemons::daemon_list::two_cases)),
    row("TW405", "reserved-word-as-daemon", Error, Missed, Daemons(c::daemons::reserved_daemon::check)),
    row("TW406", "known-as-daemon", Warning, Style, Elsewhere),
    row("TW407", "impossible-daemon", Error, Missed, Daemons(c::daemons::impossible_daemon::check)),

    row("TW501", "unknown-option", Error, LocksOut, Rule(c::options::unknown_option::check)),
    row("TW502", "empty-option", Error, LocksOut, Rule(c::options::empty_option::check)),
    row("TW503", "unescaped-colon", Error, LocksOut, Rule(c::options::unescaped_colon::check)),
    row("TW504", "comment-in-options", Error, LocksOut, Rule(c::options::comment_in_options::check)),
    row("TW505", "missing-value", Error, LocksOut, Rule(c::options::missing_value::check)),
    row("TW506", "unwanted-value", Error, LocksOut, Rule(c::options::unwanted_value::check)),
    row("TW507", "option-not-last", Error, LocksOut, Rule(c::options::option_not_last::check)),
    row("TW508", "bad-value", Error, LocksOut, Rule(c::options::bad_value::check)),
    row("TW509", "user-does-nothing", Warning, Breaks, Rule(c::options::user_option::check)),
    row("TW510", "allow-in-deny-table", Warning, LetsIn, Rule(c::options::allow_in_deny::check)),
    row("TW511", "deny-in-allow-table", Info, LocksOut, Rule(c::options::deny_in_allow::check)),
    row("TW512", "aclexec-opens-deny-table", Error, LetsIn, Elsewhere),
    row("TW513", "aclexec-not-there", Error, LocksOut, There(c::options::aclexec_not_there::check)),
    row("TW514", "options-switched-off", Error, Either, Elsewhere),
    row("TW520", "aclexec-overruled", Error, Either, There(c::options::aclexec::check)),
    row("TW521", "aclexec-always-succeeds", Error, Either, Elsewhere),
    row("TW522", "aclexec-hides-rule", Error, Dead, Elsewhere),
    row("TW523", "aclexec-in-deny-table", Error, LetsIn, Elsewhere),
    row("TW524", "spawn-as-filter", Warning, LetsIn, There(c::options::spawn_filter::check)),
    row("TW525", "aclexec-refuses-nobody", Error, LetsIn, Elsewhere),
    row("TW526", "aclexec-superseded", Error, Broad, Elsewhere),
    row("TW527", "aclexec-before-rule", Warning, LocksOut, Elsewhere),

    row("TW601", "visitor-waits", Warning, Slow, Rule(c::commands::client_waits::check)),
    row("TW602", "percent-vanishes", Warning, Breaks, Rule(c::commands::percent_vanishes::check)),
    row("TW603", "command-without-path", Info, Breaks, There(c::commands::programs::check)),
    row("TW604", "command-missing", Warning, Breaks, Elsewhere),
    row("TW605", "command-writable", Error, LetsIn, Elsewhere),
    row("TW606", "client-chooses-option", Warning, Breaks, Rule(c::commands::percent_option::check)),
    row("TW607", "twist-in-resident-daemon", Warning, Breaks, Rule(c::commands::resident::twist)),
    row("TW608", "banner-breaks-protocol", Warning, Breaks, Rule(c::commands::resident::banners)),
    row("TW609", "command-closed-to-daemon", Warning, Breaks, Elsewhere),

    row("TW701", "unreachable-rule", Error, Dead, Both(c::policy::unreachable_rule::check)),
    row("TW702", "duplicate-rule", Warning, Dead, Elsewhere),
    row("TW703", "alarm-before-allow", Error, LocksOut, Both(c::policy::alert_before_allow::check)),
    row("TW704", "one-family-default", Error, LetsIn, Both(c::policy::one_family_default::check)),
    row("TW705", "no-default-deny", Info, LetsIn, Both(c::policy::no_default_deny::check)),
    row("TW706", "redundant-rule", Warning, Dead, Elsewhere),
    row("TW707", "contradiction", Error, Dead, Elsewhere),
    row("TW708", "names-decide", Info, LetsIn, Both(c::policy::look_ups::names)),
    row("TW709", "look-up-for-everybody", Info, Slow, Both(c::policy::look_ups::every_connection)),
    row("TW710", "unknown-is-not-everybody", Info, Style, There(c::policy::default_words::unknown)),
    row("TW711", "default-spelling", Info, Style, Both(c::policy::default_words::spelling)),
    row("TW720", "nearly-everybody", Warning, LetsIn, There(c::policy::nearly_everybody::check)),
    row("TW721", "user-says-so", Warning, LetsIn, Elsewhere),

    row("TW801", "table-writable", Error, LetsIn, There(c::files::table_files::check)),
    row("TW802", "table-unreadable", Warning, Breaks, Elsewhere),
    row("TW803", "table-is-directory", Error, Missed, Elsewhere),
    row("TW804", "table-is-dangling-link", Error, Missed, Elsewhere),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_and_names_are_well_formed_unique_and_sorted() {
        let codes: Vec<_> = CHECKS.iter().map(|check| check.code).collect();
        assert!(codes.is_sorted_by(|a, b| a < b), "{codes:?}");
        let mut names: Vec<_> = CHECKS.iter().map(|check| check.name).collect();
        names.sort_unstable();
        assert!(names.is_sorted_by(|a, b| a < b), "{names:?}");
        for check in CHECKS {
            let digits = check.code.strip_prefix("TW").unwrap();
            assert!(digits.len() == 3 && digits.bytes().all(|b| b.is_ascii_digit()));
            assert!(
                check
                    .name
                    .bytes()
                    .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
            );
        }
    }
}
