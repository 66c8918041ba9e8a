//! The table of all codes.
//!
//! Codes are never given to another check; by their first digit: 1 lines, 2 fields and lists, 3 client
//! patterns, 4 daemons, 5 options, 6 commands, 7 the policy as a whole, 8 the files of the tables.

use super::check::Check;
use super::checks as c;
use super::row::Row;
use std::sync::LazyLock;

/// The rows of all codes, in the order of their codes.
pub(super) const ROWS: &[Row] = &[
    c::lines::no_final_newline::CHECK,
    c::lines::line_too_long::CHECK,
    c::lines::broken_continuation::CHECK,
    c::lines::comment_swallows::CHECK,
    c::lines::missing_colon::CHECK,
    c::lines::nul_byte::CHECK,
    c::lines::byte_order_mark::CHECK,
    c::lines::indented_comment::CHECK,
    c::lines::trailing_comment::CHECK,
    c::lines::trailing_comment_matches::CHECK,
    c::lines::encoding::UTF_16,
    c::lines::encoding::CARRIAGE_RETURNS,
    c::lines::skipped_last_line::CHECK,
    c::lines::line_hangs::CHECK,
    c::lines::long_line_cut::CHECK,
    c::lines::comment_in_command::CHECK,
    c::lines::account_switches_daemon::CHECK,
    c::lines::open_brackets::CHECK,
    c::lines::idle_suppression::CHECK,
    c::lines::rule_comment::CHECK,
    c::lines::rule_comment::UNREADABLE,
    c::lines::rule_comment::UNNAMED,
    c::lists::empty_list::CHECK,
    c::lists::unbalanced_bracket::CHECK,
    c::lists::verdict_as_client::CHECK,
    c::lists::bare_ipv6::CHECK,
    c::lists::backslash_in_list::CHECK,
    c::lists::spaced_slash::CHECK,
    c::lists::mask_with_holes::CHECK,
    c::lists::except_first::CHECK,
    c::lists::except_last::CHECK,
    c::lists::except_doubled::CHECK,
    c::lists::except_all::CHECK,
    c::lists::except_nothing::CHECK,
    c::lists::all_beside_others::CHECK,
    c::lists::swapped_lists::CHECK,
    c::lists::missing_second_colon::CHECK,
    c::lists::verdict_as_client::SWAPPED,
    c::clients::host_bits_set::CHECK,
    c::clients::zero_prefix::CHECK,
    c::clients::bad_mask::CHECK,
    c::clients::bad_net::CHECK,
    c::clients::bad_brackets::CHECK,
    c::clients::all_of_ipv6::CHECK,
    c::clients::odd_mask::CHECK,
    c::clients::octal_net::CHECK,
    c::clients::short_address::CHECK,
    c::clients::address_range::CHECK,
    c::clients::exclamation::CHECK,
    c::clients::mapped_ipv6::CHECK,
    c::clients::address_spelling::CHECK,
    c::clients::no_such_word::CHECK,
    c::clients::impossible_word::CHECK,
    c::clients::impossible_word::PLACEHOLDER,
    c::clients::misplaced_mask::CHECK,
    c::lists::swapped_lists::DAEMON,
    c::clients::not_an_address::CHECK,
    c::clients::wildcard_address::CHECK,
    c::clients::wildcard_domain::CHECK,
    c::clients::tail_of_address::CHECK,
    c::clients::trailing_dot_name::CHECK,
    c::clients::ipv6_host_bits::CHECK,
    c::clients::unknown_netgroup::CHECK,
    c::clients::not_except::CHECK,
    c::clients::impossible_word::NO_HOST,
    c::clients::name_of_nobody::CHECK,
    c::clients::list_files::CHECK,
    c::clients::list_files::WORD,
    c::clients::list_files::CYCLE,
    c::clients::list_files::DEAD,
    c::clients::list_files::PATH,
    c::clients::netgroup::CHECK,
    c::clients::list_files::WEAK,
    c::clients::list_files::UNREADABLE,
    c::clients::dialect_form::CHECK,
    c::daemons::daemon_name::CHECK,
    c::daemons::daemon_list::PORT,
    c::daemons::daemon_list::MISSPELT,
    c::daemons::daemon_list::TWO_CASES,
    c::daemons::reserved_daemon::CHECK,
    c::daemons::reserved_daemon::KNOWN,
    c::daemons::impossible_daemon::CHECK,
    c::daemons::never_asks::CHECK,
    c::options::unknown_option::CHECK,
    c::options::empty_option::CHECK,
    c::options::unescaped_colon::CHECK,
    c::options::comment_in_options::CHECK,
    c::options::missing_value::CHECK,
    c::options::unwanted_value::CHECK,
    c::options::option_not_last::CHECK,
    c::options::bad_value::CHECK,
    c::options::user_option::CHECK,
    c::options::allow_in_deny::CHECK,
    c::options::deny_in_allow::CHECK,
    c::options::aclexec::MEMORY,
    c::options::aclexec_not_there::CHECK,
    c::clients::dialect_form::OPTIONS,
    c::options::aclexec::CHECK,
    c::options::aclexec::ALWAYS,
    c::policy::unreachable_rule::AFTER_COMMAND,
    c::options::aclexec::IN_DENY,
    c::options::spawn_filter::CHECK,
    c::options::aclexec::REFUSES_NOBODY,
    c::options::aclexec::SUPERSEDED,
    c::options::aclexec::BEFORE,
    c::options::gate::CHECK,
    c::options::gate::DECIDES_NOTHING,
    c::options::gate::IN_DENY,
    c::options::gate::DATA,
    c::options::gate::STALE,
    c::options::gate::DEAD,
    c::options::country_script::CHECK,
    c::commands::client_waits::CHECK,
    c::commands::percent_vanishes::CHECK,
    c::commands::programs::CHECK,
    c::commands::programs::MISSING,
    c::commands::programs::WEAK,
    c::commands::percent_option::CHECK,
    c::commands::resident::TWIST,
    c::commands::resident::BANNERS,
    c::commands::programs::CLOSED,
    c::policy::unreachable_rule::CHECK,
    c::policy::unreachable_rule::DUPLICATE,
    c::policy::alert_before_allow::CHECK,
    c::policy::one_family_default::CHECK,
    c::policy::no_default_deny::CHECK,
    c::policy::unreachable_rule::REDUNDANT,
    c::policy::unreachable_rule::CONTRADICTION,
    c::policy::look_ups::NAMES,
    c::policy::look_ups::EVERY_CONNECTION,
    c::policy::default_words::UNKNOWN,
    c::policy::default_words::SPELLING,
    c::policy::nearly_everybody::CHECK,
    c::policy::nearly_everybody::USER,
    c::files::table_files::CHECK,
    c::files::table_files::UNREADABLE,
    c::files::table_files::DIRECTORY,
    c::files::table_files::DANGLING,
];

/// All checks, in the order of their codes.
#[expect(
    clippy::indexing_slicing,
    reason = "with a wrong index the constant does not compile"
)]
pub const CHECKS: &[Check] = &{
    let mut checks = [Check::NONE; ROWS.len()];
    let mut at = 0;
    while at < ROWS.len() {
        checks[at] = ROWS[at].check;
        at += 1;
    }
    checks
};

/// The rows by the numbers of their codes: a table of a million findings asks for each of them.
static BY_NUMBER: LazyLock<Vec<Option<&'static Row>>> = LazyLock::new(|| {
    let mut rows = vec![None; Check::NUMBERS];
    for row in ROWS {
        if let Some(place) = rows.get_mut(row.check.number()) {
            *place = Some(row);
        }
    }
    rows
});

/// The row of a check.
pub(super) fn row_of(check: &Check) -> Option<&'static Row> {
    *BY_NUMBER.get(check.number())?
}

/// Whether a text is a code, in any case of its letters.
pub(super) fn is_code(text: &[u8]) -> bool {
    CHECKS
        .iter()
        .any(|check| text.eq_ignore_ascii_case(check.code.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::{CLASSIC, DEBIAN_12, DIALECTS, FREEBSD};

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

    #[test]
    fn of_each_pair_one_holds() {
        let holds = |code: &str, dialect| {
            let check = CHECKS.iter().find(|check| check.code == code).unwrap();
            check.holds_in(dialect)
        };
        for dialect in DIALECTS {
            for (one, others) in [
                ("TW101", &["TW113"][..]),
                ("TW102", &["TW114", "TW115"]),
                ("TW109", &["TW116"]),
                ("TW202", &["TW118"]),
            ] {
                let count = others.iter().filter(|code| holds(code, dialect)).count();
                assert_eq!(usize::from(holds(one, dialect)) + count, 1, "{one}");
            }
        }
        assert!(holds("TW509", &DEBIAN_12) && !holds("TW509", &FREEBSD));
        assert!(!holds("TW512", &CLASSIC) && holds("TW301", &CLASSIC));
    }
}
