//! Patterns and options that mean something else in the build of libwrap that the tables are for.

use super::wildcard_address::prefix;
use super::wildcard_domain::domain;
use crate::lint::machine_files::Site;
use crate::lint::policy::Policy;
use crate::lint::sink::Sink;
use crate::lint::view::RuleView;
use crate::lint::words::quote;
use crate::policy::{
    ClientPattern, DaemonPattern, Dialect, Element, HostPattern, Process, TextPattern, dotted_quad,
    rules,
};
use std::net::Ipv4Addr;

rows! {
    /// A wildcard, a prefix length, a list file or an address in brackets stands in a build of
    /// libwrap that does not know the form.
    ///
    /// There the pattern matches nobody, without a word. The library as released in 1997 has none
    /// of the four; FreeBSD and NetBSD have no wildcards and no IPv4 prefix lengths, illumos no
    /// list files either; NetBSD and illumos want the length of an IPv6 network inside the
    /// brackets.
    ///
    /// Repair: --unsafe-fixes
    /// Facts: none
    CHECK = Row::new("TW339", "form-switched-off", Error, Missed, Run::Site(check))
        .fixed(Repair::Word(meant)).shown(claims::nothing);

    /// Options stand in a build of libwrap that has none.
    ///
    /// There everything after the second colon is one shell command: allow and deny do nothing,
    /// and the verdict is that of the table.
    ///
    /// Repair: by hand
    /// Facts: none
    OPTIONS = Row::new("TW514", "options-switched-off", Error, Either, Run::Elsewhere)
        .shown(claims::nothing);
}

/// A form that a build does not know.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::lint::checks) enum Form {
    /// A wildcard for daemons.
    Daemon,
    /// A wildcard for clients.
    Wildcard,
    ListFile,
    PrefixLength,
    /// A prefix length after brackets.
    LengthAfterBracket,
    /// An IPv6 address in another spelling than the client's.
    Spelling,
    /// An IPv6 address.
    Ipv6,
}

impl Form {
    /// What the build does with it.
    pub(in crate::lint::checks) fn fault(self) -> &'static str {
        match self {
            Self::Daemon | Self::Wildcard => "has no wildcards",
            Self::ListFile => "has no list files",
            Self::PrefixLength => "has no prefix lengths",
            Self::LengthAfterBracket => "reads no prefix length after a bracket",
            Self::Spelling => "compares IPv6 addresses as text",
            Self::Ipv6 => "has no IPv6 addresses",
        }
    }

    /// Whom a pattern in this form matches there.
    pub(in crate::lint::checks) fn matched(self) -> &'static str {
        match self {
            Self::LengthAfterBracket => "at most one address",
            Self::Daemon
            | Self::Wildcard
            | Self::ListFile
            | Self::PrefixLength
            | Self::Spelling
            | Self::Ipv6 => "nobody",
        }
    }

    /// What to write instead.
    pub(in crate::lint::checks) fn remedy(self) -> &'static str {
        match self {
            Self::Daemon => "write the names of the daemons, or ALL",
            Self::Wildcard => "write a domain (`.example.org`) or a prefix (`10.1.`)",
            Self::ListFile => "write the clients into the rule",
            Self::PrefixLength => "write the mask as four numbers: `10.0.0.0/255.0.0.0`",
            Self::LengthAfterBracket => {
                "write the length before the bracket closes: `[2001:db8::/32]`"
            }
            Self::Spelling => "write it as short as it can be",
            Self::Ipv6 => "write the names of these clients",
        }
    }
}

fn check(policy: &Policy<'_>, site: &Site<'_>, sink: &mut Sink) {
    let dialect = site.world.dialect();
    if dialect.has_debian_patterns() {
        return;
    }
    for (table, tree) in policy.tables() {
        sink.turn_to(table);
        for rule in rules(tree) {
            let view = RuleView::new_in(table, rule, dialect);
            list(&view.daemons, &view, daemon, sink);
            list(&view.clients, &view, client, sink);
            if !dialect.options {
                command(&view, sink);
            }
        }
    }
}

/// Reports the elements of a list that have another form on Debian.
fn list(
    elements: &[Element<'_>],
    rule: &RuleView<'_, '_>,
    form: fn(&[u8], &Dialect) -> Option<Form>,
    sink: &mut Sink,
) {
    let mut excepted = false;
    for element in elements {
        let Element::Pattern { text, span } = element else {
            excepted = !excepted;
            continue;
        };
        let Some(form) = form(text, rule.dialect) else {
            continue;
        };
        sink.report(*span, || {
            let what = match (excepted, rule.grants()) {
                (false, _) => rule.nobody(),
                (true, true) => "excepts nobody: the rule lets them in",
                (true, false) => "excepts nobody: the rule keeps them out",
            };
            let (title, fault, text) = (rule.dialect.title, form.fault(), quote(text));
            let matched = form.matched();
            let what = if form == Form::LengthAfterBracket && !excepted {
                String::new()
            } else {
                format!(" and {what}")
            };
            (
                format!("{title} {fault}: {text} matches {matched} there{what}"),
                form.remedy().to_owned(),
            )
        });
    }
}

/// A shell command has the place of options, and a keyword of theirs is not a command.
fn command(rule: &RuleView<'_, '_>, sink: &mut Sink) {
    let options = rule.rule.options();
    let Some(first) = options.first().filter(|option| option.spec().is_some()) else {
        return;
    };
    sink.report_as(&OPTIONS.check, first.name_span, || {
        (
            format!(
                "{} has no options: it takes everything after the second colon as one shell \
                 command, and the verdict is the table's",
                rule.dialect.title
            ),
            "put what grants into the allow table and what refuses into the deny table".to_owned(),
        )
    });
}

fn daemon(text: &[u8], dialect: &Dialect) -> Option<Form> {
    let (usual, own) = (
        DaemonPattern::read(text),
        DaemonPattern::read_in(text, dialect),
    );
    if usual.process != own.process
        && matches!(usual.process, Process::Name(TextPattern::Wildcard(_)))
    {
        return Some(Form::Daemon);
    }
    missing(usual.host?, own.host?)
}

fn client(text: &[u8], dialect: &Dialect) -> Option<Form> {
    let (usual, own) = (
        ClientPattern::read(text),
        ClientPattern::read_in(text, dialect),
    );
    if usual.user != own.user && matches!(usual.user, Some(TextPattern::Wildcard(_))) {
        return Some(Form::Wildcard);
    }
    missing(usual.host, own.host)
}

/// The form that a word of a list file has on Debian and not in a build.
pub(in crate::lint::checks) fn missing_form(word: &[u8], dialect: &Dialect) -> Option<Form> {
    missing(HostPattern::read(word), HostPattern::read_in(word, dialect))
}

/// The form that a pattern has on Debian and not in a build; none if it matches nobody on Debian,
/// or as much in the build.
fn missing(usual: HostPattern<'_>, own: HostPattern<'_>) -> Option<Form> {
    if usual == own || usual.matches_nobody() {
        return None;
    }
    match usual {
        HostPattern::ListFile(_) => Some(Form::ListFile),
        HostPattern::Ipv4Net { .. } => Some(Form::PrefixLength),
        HostPattern::Ipv6Net { length, .. } => {
            let is_whole = length == 128 && matches!(own, HostPattern::Ipv6Net { .. });
            (!is_whole).then_some(Form::LengthAfterBracket)
        }
        HostPattern::Text { pattern, .. } => missing_text(pattern, own),
        HostPattern::Netgroup(_)
        | HostPattern::Known
        | HostPattern::Local
        | HostPattern::BadNet(_) => None,
    }
}

fn missing_text(usual: TextPattern<'_>, own: HostPattern<'_>) -> Option<Form> {
    let address = match usual {
        TextPattern::Ipv6(address) => address.address,
        TextPattern::Wildcard(_) => return Some(Form::Wildcard),
        TextPattern::Suffix(_)
        | TextPattern::Prefix(_)
        | TextPattern::All
        | TextPattern::Known
        | TextPattern::BadIpv6(_)
        | TextPattern::Exact(_) => return None,
    };
    match own {
        HostPattern::Ipv6Net { .. }
        | HostPattern::Text {
            pattern: TextPattern::Ipv6(_),
            ..
        } => None,
        HostPattern::Text {
            pattern: TextPattern::Exact(text),
            ..
        } if !text.starts_with(b"[") => {
            let shortest = address.to_string();
            let is_shortest = text.eq_ignore_ascii_case(shortest.as_bytes());
            (!is_shortest).then_some(Form::Spelling)
        }
        HostPattern::Netgroup(_)
        | HostPattern::ListFile(_)
        | HostPattern::Known
        | HostPattern::Local
        | HostPattern::Ipv4Net { .. }
        | HostPattern::BadNet(_)
        | HostPattern::Text { .. } => Some(Form::Ipv6),
    }
}

/// What the word was meant to be.
fn meant(text: &[u8]) -> Option<Vec<u8>> {
    let Some(slash) = memchr::memchr(b'/', text) else {
        return prefix(text).or_else(|| domain(text));
    };
    let (net, length) = text.split_at(slash);
    let length: u32 = str::from_utf8(length.get(1..)?).ok()?.parse().ok()?;
    dotted_quad(net).filter(|_| (1..=32).contains(&length))?;
    let mask = Ipv4Addr::from_bits(u32::MAX << (32 - length));
    Some([net, b"/", mask.to_string().as_bytes()].concat())
}
