//! Rules that ask the gate: calls that it cannot follow, data that it does not find or that are old,
//! conditions that hold for nobody, and options in which its answer decides nothing, or the opposite.

use crate::engine::TableName;
use crate::lint::machine_files::Site;
use crate::lint::policy::Policy;
use crate::lint::sink::Sink;
use crate::lint::view::{RuleView, runs_command};
use crate::lint::words::quote;
use crate::policy::{OptionKind, RuleOption, rules};
use std::collections::HashSet;
use std::ffi::OsStr;
use tcpw_gate::{Call, Client, Exception, program_of};

rows! {
    /// A rule calls tcpw-gate in a way that it cannot follow.
    ///
    /// What the gate cannot follow it decides by `--broken`, which is deny unless the call says allow:
    /// then nobody gets in but private networks, this machine itself and whom keep_in names. A value
    /// is one call and nothing else, without any syntax of the shell, and ends in `-- %a`.
    ///
    /// Repair: by hand
    /// Facts: F-ACL-04 F-PCT-01
    CHECK = Row::new("TW528", "gate-call-wrong", Error, LocksOut, Run::Site(check))
        .only_where(|dialect| dialect.aclexec).shown(claims::nothing);

    /// tcpw-gate is called by spawn or twist, where its answer decides nothing.
    ///
    /// libwrap ignores how a spawned command ends, and runs a command of twist in place of the daemon:
    /// everybody the rule matches is treated alike, whatever the gate says.
    ///
    /// Repair: by hand
    /// Facts: F-SPAWN-01 F-TWIST-01
    DECIDES_NOTHING = Row::new("TW529", "gate-decides-nothing", Error, Either, Run::Elsewhere)
        .shown(claims::of_line);

    /// tcpw-gate is asked in the deny table, where whom it admits is refused.
    ///
    /// A command of the deny table that succeeds refuses, and one that fails lets the client in. The
    /// gate always admits private networks, this machine itself and whom keep_in names: these are
    /// refused, and if it is missing or broken everybody gets in.
    ///
    /// Repair: by hand
    /// Facts: F-ACL-04 F-ACL-05
    IN_DENY = Row::new("TW530", "gate-in-deny-table", Error, LetsIn, Run::Elsewhere)
        .only_where(|dialect| dialect.aclexec).shown(claims::refuses_nobody);

    /// A database or a compiled set that a gate needs is missing, damaged or too old for it.
    ///
    /// The gate decides by `--broken` then, which is deny unless the call says allow, and says so in the
    /// system log.
    ///
    /// Repair: by hand
    /// Facts: F-ACL-01
    DATA = Row::new("TW531", "gate-data-missing", Error, LocksOut, Run::Elsewhere)
        .only_where(|dialect| dialect.aclexec).shown(claims::nothing);

    /// A database that a gate asks is older than sixty days.
    ///
    /// Networks change hands: whoever has one since then is taken for whoever had it before. Packages
    /// of Debian hold data of 2018 and 2019 under versions of today; what counts is the day in the file.
    ///
    /// Repair: by hand
    /// Facts: F-ACL-01
    STALE = Row::new("TW532", "gate-data-stale", Warning, Either, Run::Elsewhere)
        .only_where(|dialect| dialect.aclexec).shown(claims::nothing);

    /// A condition of a gate holds for nobody.
    ///
    /// What is named as a condition and excepted in the same call is not admitted, and a code that only
    /// few databases have is found in none of them.
    ///
    /// Repair: by hand
    /// Facts: F-ACL-01
    DEAD = Row::new("TW533", "gate-condition-dead", Warning, Dead, Run::Elsewhere)
        .only_where(|dialect| dialect.aclexec).shown(claims::nothing);
}

/// Rules that are looked at: the rest says nothing new.
const RULE_LIMIT: usize = 64;

fn check(policy: &Policy<'_>, site: &Site<'_>, sink: &mut Sink) {
    if !site.world.dialect().options {
        return;
    }
    let mut seen = HashSet::new();
    for (table, tree) in policy.tables() {
        sink.turn_to(table);
        let mut left = RULE_LIMIT;
        for rule in rules(tree).filter(|rule| rule.has_options()) {
            let view = RuleView::new_in(table, rule, site.world.dialect());
            for option in view.options.iter().filter(|option| runs_command(option)) {
                let value = option.value.as_deref().unwrap_or_default().trim_ascii();
                if !is_gate(value) || left == 0 {
                    continue;
                }
                left -= 1;
                judge(&view, option, value, sink);
                if seen.insert(value.to_vec()) {
                    data(option, value, site, sink);
                }
            }
        }
    }
}

/// Whether a command begins with the gate.
pub(in crate::lint) fn is_gate(command: &[u8]) -> bool {
    program_of(command).file_name() == Some(OsStr::new("tcpw-gate"))
}

fn judge(view: &RuleView<'_, '_>, option: &RuleOption<'_>, value: &[u8], sink: &mut Sink) {
    let kind = option.spec().map(|spec| spec.kind);
    if kind != Some(OptionKind::Aclexec) {
        sink.report_as(&DECIDES_NOTHING.check, option.name_span, || {
            let name = quote(&option.name.to_ascii_lowercase());
            let what = format!("the gate decides nothing here: {name} ignores its answer");
            (
                what,
                "write `aclexec` in its place, in a rule of the allow table".to_owned(),
            )
        });
        return;
    }
    if view.table == TableName::Deny {
        sink.report_as(&IN_DENY.check, option.name_span, || {
            (
                "the deny table refuses whom the gate admits, private networks and keep_in among them, \
                 and lets in everybody else"
                    .to_owned(),
                "ask the gate in the allow table: `tcpw deny --country` writes it so".to_owned(),
            )
        });
    }
    let Some(problem) = problem(value) else {
        return;
    };
    sink.report(option.value_span, || {
        (
            format!("this call cannot be followed: {problem}"),
            "tcpw-gate(8) lists what it takes; `tcpw allow --country` writes the call".to_owned(),
        )
    });
}

/// What is wrong with a call.
fn problem(value: &[u8]) -> Option<String> {
    match Call::of_command(value) {
        None => Some(
            "it is not one call of the gate and nothing else, so nobody can tell what it decides"
                .to_owned(),
        ),
        Some(Err(error)) => Some(error.to_string()),
        Some(Ok(call)) => match call.client() {
            Client::Each => None,
            Client::Unknown | Client::Address(_) => {
                Some("it always asks about the same address; end it with -- %a".to_owned())
            }
        },
    }
}

/// What the machine has of what a call needs, and which of its conditions hold for nobody.
fn data(option: &RuleOption<'_>, value: &[u8], site: &Site<'_>, sink: &mut Sink) {
    let Some(Ok(call)) = Call::of_command(value) else {
        return;
    };
    for condition in excepted(&call) {
        sink.report_as(&DEAD.check, option.value_span, || {
            (
                format!("the call admits {condition} and excepts it too, so it is not admitted"),
                format!("remove {condition} from one of the two"),
            )
        });
    }
    let Some(found) = site.files.gate(&call) else {
        return;
    };
    if let Some(broken) = found.broken {
        sink.report_as(&DATA.check, option.value_span, || {
            let then = if call.broken().admits() {
                "so the gate admits everybody"
            } else {
                "so the gate admits nobody but private networks and keep_in"
            };
            (
                format!("{broken}, {then}"),
                "install a database, or name it in [geo] of tcpw.toml(5); `tcpw set build` compiles a \
                 set"
                    .to_owned(),
            )
        });
    }
    for label in found.stale {
        sink.report_as(&STALE.check, option.value_span, || {
            (
                format!("the gate asks {label}"),
                "renew it, and let --max-age of the call say how old it may be".to_owned(),
            )
        });
    }
    for country in found.nowhere {
        sink.report_as(&DEAD.check, option.value_span, || {
            (
                format!("no network is in {country} by the databases that the gate asks"),
                "name countries by their codes of ISO 3166".to_owned(),
            )
        });
    }
}

/// The conditions that are excepted, too.
fn excepted(call: &Call) -> Vec<String> {
    let except = call.except();
    let countries = call.countries().iter();
    let countries = countries
        .filter(|country| except.contains(&Exception::Country(**country)))
        .map(ToString::to_string);
    let asns = call.asns().iter();
    let asns = asns
        .filter(|number| except.contains(&Exception::Asn(**number)))
        .map(|number| format!("AS{number}"));
    let sets = call.sets().iter();
    let sets = sets
        .filter(|path| except.contains(&Exception::Set((*path).clone())))
        .map(|path| quote(path.as_os_str().as_encoded_bytes()));
    countries.chain(asns).chain(sets).collect()
}
