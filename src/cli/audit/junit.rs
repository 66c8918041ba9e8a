//! An audit as `JUnit` XML.

use super::evidence::Speaker;
use super::text::{remedy, version};
use super::words as w;
use crate::audit::{AuditProfile, Audited, AuditedProfile, Ruling};
use crate::cli::base::{Failure, Output, XML_DECLARATION, xml_text};

/// Prints each profile as a suite and each requirement as a case: what cannot be told is an error, and what is
/// not applicable is skipped.
pub(super) fn print(
    all: &[AuditedProfile],
    speaker: &Speaker,
    out: &mut Output,
) -> Result<(), Failure> {
    out.line(XML_DECLARATION)?;
    out.line(r#"<testsuites name="tcpw audit">"#)?;
    for (profile, audited) in all {
        suite(profile, audited, speaker, out)?;
    }
    out.line("</testsuites>")
}

fn suite(
    profile: &AuditProfile,
    all: &[Audited],
    speaker: &Speaker,
    out: &mut Output,
) -> Result<(), Failure> {
    let count = |ruling| {
        let found = all.iter().filter(|audited| audited.ruling() == ruling);
        found.count()
    };
    out.line(format!(
        r#"  <testsuite name="{}" tests="{}" failures="{}" errors="{}" skipped="{}">"#,
        xml_text(profile.id),
        all.len(),
        count(Ruling::Fail),
        count(Ruling::CannotTell),
        count(Ruling::NotApplicable)
    ))?;
    for audited in all {
        let demanded = speaker.say(w::demanded(audited.demand.kind), &[]);
        out.line(format!(
            r#"    <testcase name="{} {}" classname="tcpw.audit.{}">"#,
            xml_text(audited.demand.id),
            xml_text(&demanded),
            xml_text(profile.id)
        ))?;
        let words = xml_text(&words(audited, speaker));
        out.line(match audited.ruling() {
            Ruling::Pass => format!("      <system-out>{words}</system-out>"),
            Ruling::Fail => format!(r#"      <failure type="fail" message="{words}"/>"#),
            Ruling::CannotTell => format!(r#"      <error type="cannot tell" message="{words}"/>"#),
            Ruling::NotApplicable => format!(r#"      <skipped message="{words}"/>"#),
        })?;
        out.line("    </testcase>")?;
    }
    out.line("  </testsuite>")
}

/// Both verdicts and what they rest on, in one line.
fn words(audited: &Audited, speaker: &Speaker) -> String {
    let ruled = |ruling| speaker.say(w::ruled(ruling), &[]);
    let sights = audited.checks.iter().flat_map(|checked| &checked.sights);
    let sights: Vec<String> = sights.map(|sight| speaker.sight(sight).text).collect();
    let proofs = audited.truth.proofs.iter();
    let proofs: Vec<String> = proofs.map(|proof| speaker.proof(proof).text).collect();
    let scanner = speaker.say(w::SCANNER, &[]);
    let mut parts = vec![
        format!(
            "{scanner}: {} ({})",
            ruled(audited.scanner),
            sights.join("; ")
        ),
        format!(
            "{}: {} ({})",
            w::LIBWRAP,
            ruled(audited.truth.ruling),
            proofs.join("; ")
        ),
    ];
    let besides = w::besides(audited.demand.besides);
    let apart = w::disagreement(audited.agreement());
    parts.extend(
        besides
            .into_iter()
            .chain(apart)
            .map(|text| speaker.say(text, &[])),
    );
    parts.extend(version(audited, speaker));
    if audited.ruling() == Ruling::Fail {
        parts.push(remedy(audited, speaker));
    }
    parts.join("; ")
}
