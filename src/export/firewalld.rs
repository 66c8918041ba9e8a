//! The policy as files of firewalld: a policy object with rich rules that refuse, and ipsets that they
//! name.
//!
//! The policy object is asked about whatever comes to this host, from any zone, before everything that
//! zones and other policies say; it only refuses. An ipset has no network of length 0, so that one of
//! everybody or of nobody is not written.

use super::file::ExportedFile;
use super::intervals::{Kind, complement};
use super::policy::AddressPolicy;
use super::served::Protocol;
use crate::escape::html;
use std::fmt::{Arguments, Write as _};

/// Where the policy object stands.
pub(super) const POLICY: &str = "policies/tcpw.xml";
/// The lowest number: it is asked first.
pub(super) const PRIORITY: &str = "-32768";
/// How each of the files begins.
const MARK: &str =
    "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<!-- Written by tcpw export to firewalld -->\n";

/// How firewalld refuses.
#[derive(Debug, Clone, Copy, Default)]
pub struct FirewalldTerms {
    /// Whether the client is answered; without it packets are dropped.
    pub rejects: bool,
    /// Whether refusals are logged, with the prefix that `tcpw report` reads.
    pub logs: bool,
}

/// Whether a file of firewalld was written by an export.
pub fn is_of_firewalld_export(text: &str) -> bool {
    text.starts_with(MARK)
}

/// The family of a set, as rules and as ipsets call it.
pub(super) fn families(kind: Kind) -> (&'static str, &'static str) {
    match kind {
        Kind::Four => ("ipv4", "inet"),
        Kind::Six => ("ipv6", "inet6"),
    }
}

/// Writing to a string cannot fail.
fn push(text: &mut String, what: Arguments<'_>) {
    let written = text.write_fmt(what);
    debug_assert!(written.is_ok());
}

/// The files, the policy object last. Each policy must have a port of its own; `about` is said in
/// the description.
pub fn firewalld(
    policies: &[AddressPolicy],
    terms: FirewalldTerms,
    about: &str,
) -> Vec<ExportedFile> {
    let mut files = Vec::new();
    let mut rules = String::new();
    for policy in policies {
        let Some((protocol, port)) = policy.daemon.port() else {
            continue;
        };
        for kind in Kind::BOTH {
            let source = match source(policy, kind, &format!("{}{port}", protocol.name())) {
                Source::Nobody => continue,
                Source::Everybody => String::new(),
                Source::In(file, name) => {
                    files.push(file);
                    format!("    <source ipset=\"{name}\"/>\n")
                }
                Source::NotIn(file, name) => {
                    files.push(file);
                    format!("    <source ipset=\"{name}\" invert=\"True\"/>\n")
                }
            };
            rule(&mut rules, (kind, &source, protocol, port), policy, terms);
        }
    }
    // XML has no place for these two.
    let about: String = about
        .chars()
        .filter(|one| !matches!(one, '\u{fffe}' | '\u{ffff}'))
        .collect();
    files.push(ExportedFile {
        path: POLICY.to_owned(),
        text: format!(
            "{MARK}<policy priority=\"{PRIORITY}\" target=\"CONTINUE\">\n  <short>tcpw</short>\n  \
             <description>{}</description>\n  <ingress-zone name=\"ANY\"/>\n  \
             <egress-zone name=\"HOST\"/>\n{rules}</policy>\n",
            html(&about)
        ),
    });
    files
}

/// Whom a rule refuses.
enum Source {
    Nobody,
    Everybody,
    /// Those of an ipset, with its file and its name.
    In(ExportedFile, String),
    /// All others.
    NotIn(ExportedFile, String),
}

/// Whom the policy refuses of a family.
fn source(policy: &AddressPolicy, kind: Kind, port: &str) -> Source {
    let granted = policy.granted_at_last(kind);
    let denied = complement(kind, &granted);
    if denied.is_empty() {
        return Source::Nobody;
    }
    if granted.is_empty() {
        return Source::Everybody;
    }
    let is_inverted = kind.count(&granted) <= kind.count(&denied);
    let (word, set) = if is_inverted {
        ("granted", granted)
    } else {
        ("denied", denied)
    };
    let digit = if kind == Kind::Four { '4' } else { '6' };
    let name = format!("tcpw-{port}-{word}{digit}");
    let file = ipset(&name, kind, &kind.networks(&set));
    if is_inverted {
        Source::NotIn(file, name)
    } else {
        Source::In(file, name)
    }
}

fn ipset(name: &str, kind: Kind, entries: &[String]) -> ExportedFile {
    let (_, family) = families(kind);
    let mut text = format!(
        "{MARK}<ipset type=\"hash:net\">\n  <option name=\"family\" value=\"{family}\"/>\n  \
         <option name=\"maxelem\" value=\"{}\"/>\n",
        entries.len()
    );
    for entry in entries {
        push(&mut text, format_args!("  <entry>{entry}</entry>\n"));
    }
    text.push_str("</ipset>\n");
    ExportedFile {
        path: format!("ipsets/{name}.xml"),
        text,
    }
}

fn rule(
    text: &mut String,
    (kind, source, protocol, port): (Kind, &str, Protocol, u16),
    policy: &AddressPolicy,
    terms: FirewalldTerms,
) {
    let ((family, _), protocol_name) = (families(kind), protocol.name());
    push(
        text,
        format_args!(
            "  <rule family=\"{family}\">\n{source}    \
             <port port=\"{port}\" protocol=\"{protocol_name}\"/>\n"
        ),
    );
    if terms.logs {
        let name = &policy.daemon.name;
        push(
            text,
            format_args!(
                "    <log prefix=\"tcpw refused {name}: \" level=\"info\">\n      \
                 <limit value=\"10/s\"/>\n    </log>\n"
            ),
        );
    }
    text.push_str(match (terms.rejects, protocol) {
        (false, _) => "    <drop/>\n",
        (true, Protocol::Tcp) => "    <reject type=\"tcp-reset\"/>\n",
        (true, Protocol::Udp) => "    <reject/>\n",
    });
    text.push_str("  </rule>\n");
}
