//! `twist` and `banners` for daemons that cannot bear them (F-TWIST-03, F-OPT-14).

use crate::lint::sink::Sink;
use crate::lint::view::{RuleView, base};
use crate::policy::OptionKind;
use crate::span::Span;

rows! {
    /// twist in a daemon that stays.
    ///
    /// twist replaces the process. A daemon that serves all its clients in one process refuses the
    /// client instead, or ends. The sshd of FreeBSD ends at the first twist.
    ///
    /// Repair: by hand
    /// Facts: F-TWIST-02 F-TWIST-03
    TWIST = Row::new("TW607", "twist-in-resident-daemon", Warning, Breaks, Run::Rule(twist));

    /// A banner stands before a protocol that it breaks.
    ///
    /// The text comes before anything the daemon says; clients of LDAP or TLS cannot read it.
    ///
    /// Repair: by hand
    /// Facts: F-OPT-14
    BANNERS = Row::new("TW608", "banner-breaks-protocol", Warning, Breaks, Run::Rule(banners));
}

/// Daemons that serve all clients in the process that asks libwrap.
const RESIDENT: [&str; 9] = [
    "slapd",
    "stunnel",
    "stunnel4",
    "rpcbind",
    "portmap",
    "mountd",
    "statd",
    "snmpd",
    "conserver",
];
/// Daemons whose clients take any text before the protocol for a broken one.
const BINARY: [&str; 8] = [
    "slapd", "stunnel", "stunnel4", "rpcbind", "portmap", "mysqld", "xrdp", "snmpd",
];

/// The first daemon of the rule that is one of `names`.
fn named<'n>(rule: &RuleView<'_, '_>, names: &[&'n str]) -> Option<&'n str> {
    let mut words = base(&rule.daemons);
    words.find_map(|(text, _)| {
        let is_it = |name: &&&str| text.eq_ignore_ascii_case(name.as_bytes());
        names.iter().find(is_it).copied()
    })
}

/// Where the option of a kind stands.
fn option(rule: &RuleView<'_, '_>, kind: OptionKind) -> Option<Span> {
    let mut options = rule.options.iter();
    options
        .find(|option| option.spec().is_some_and(|spec| spec.kind == kind))
        .map(|option| option.name_span)
}

fn twist(rule: &RuleView<'_, '_>, sink: &mut Sink) {
    let dialect = rule.dialect;
    if let Some(span) = option(rule, OptionKind::Twist).filter(|_| dialect.is_resident) {
        sink.report(span, || {
            (
                format!(
                    "sshd of {} asks in the process that accepts all connections: the first twist \
                     replaces it and ends the service, and libwrap refuses each later one",
                    dialect.title
                ),
                "use spawn, and deny after it".to_owned(),
            )
        });
        return;
    }
    if let (Some(span), Some(daemon)) = (option(rule, OptionKind::Twist), named(rule, &RESIDENT)) {
        sink.report(span, || {
            (
                format!(
                    "{daemon} serves all its clients in one process, which twist would replace: \
                         the client is refused, or the daemon ends"
                ),
                "use spawn, and deny after it".to_owned(),
            )
        });
    }
}

fn banners(rule: &RuleView<'_, '_>, sink: &mut Sink) {
    if let (Some(span), Some(daemon)) = (option(rule, OptionKind::Banners), named(rule, &BINARY)) {
        sink.report(span, || {
            (
                format!(
                    "a banner comes before all that {daemon} says, and its clients cannot read it"
                ),
                format!("remove {daemon} from this rule"),
            )
        });
    }
}
