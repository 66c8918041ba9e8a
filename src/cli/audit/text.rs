//! An audit for people.

use super::evidence::Speaker;
use super::words as w;
use crate::audit::{Agreement, AuditProfile, Audited, DemandKind, PROFILES, Ruling, Sight};
use crate::cli::base::{Failure, Output, Style};

/// Prints which profiles there are.
pub(super) fn profiles(out: &mut Output) -> Result<(), Failure> {
    let width = PROFILES.iter().map(|profile| profile.id.len()).max();
    let width = width.unwrap_or(0);
    let head = format!("{:width$}  {}", "PROFILE", "BENCHMARK");
    out.line(out.paint(Style::Strong, &head))?;
    for profile in PROFILES {
        out.line(format!("{:width$}  {}", profile.id, profile.title))?;
    }
    Ok(())
}

/// Prints what came of a profile.
pub(super) fn print(
    profile: &AuditProfile,
    all: &[Audited],
    speaker: &Speaker,
    out: &mut Output,
) -> Result<(), Failure> {
    let head = format!("{}: {}", profile.id, profile.title);
    out.line(out.paint(Style::Strong, &head))?;
    for audited in all {
        requirement(audited, speaker, out)?;
    }
    out.line(sum(profile, all, speaker))
}

fn requirement(audited: &Audited, speaker: &Speaker, out: &mut Output) -> Result<(), Failure> {
    let demand = audited.demand;
    let wanted = speaker.say(w::demanded(demand.kind), &[]);
    out.line("")?;
    out.line(format!("{}  {wanted}", demand.id))?;
    let head = speaker.say(w::SCANNER, &[]);
    ruling(&head, audited.scanner, speaker, out)?;
    for checked in &audited.checks {
        let ruled = speaker.say(w::ruled(checked.ruling), &[]);
        out.line(format!("    {} -> {ruled}", checked.check.command()))?;
        for sight in &checked.sights {
            out.line(format!("      {}", speaker.sight(sight).text))?;
        }
    }
    if let Some(besides) = w::besides(demand.besides) {
        out.line(format!("    {}", speaker.say(besides, &[])))?;
    }
    ruling(w::LIBWRAP, audited.truth.ruling, speaker, out)?;
    for proof in &audited.truth.proofs {
        out.line(format!("    {}", speaker.proof(proof).text))?;
    }
    if let Some(text) = version(audited, speaker) {
        out.line(format!("  {text}"))?;
    }
    if let Some(text) = w::disagreement(audited.agreement()) {
        let text = speaker.say(text, &[]);
        out.line(format!("  {}", out.paint(Style::Warn, &text)))?;
    }
    if audited.ruling() == Ruling::Fail {
        let head = speaker.say(w::TO_DO, &[]);
        out.line(format!("  {head}: {}", remedy(audited, speaker)))?;
    }
    Ok(())
}

/// That it depends on the version of OpenSSH, where that was not said.
pub(super) fn version(audited: &Audited, speaker: &Speaker) -> Option<String> {
    let (major, minor) = audited.unless_from?;
    Some(speaker.say(w::OF_VERSION, &[&format!("{major}.{minor}")]))
}

/// What to type.
pub(super) fn remedy(audited: &Audited, speaker: &Speaker) -> String {
    let kind = audited.demand.kind;
    match kind {
        DemandKind::OnlyRootWrites(table) => {
            let file = speaker.shell_file(table);
            let is_link = audited.checks.iter().any(|checked| {
                let mut sights = checked.sights.iter();
                sights.any(|sight| matches!(sight, Sight::Mode { is_link: true, .. }))
            });
            let mode = speaker.say(w::remedy(kind), &[file, file]);
            if is_link {
                let link = speaker.say(w::REPLACE_LINK, &[file, file]);
                format!("{link}; {mode}")
            } else {
                mode
            }
        }
        DemandKind::DenyDefault if audited.is_left_open() => speaker.say(w::END_IN_DENY, &[]),
        DemandKind::DenyDefault if !audited.is_met_by_default() => {
            speaker.say(w::RULES_MUST_GO, &[])
        }
        DemandKind::AllowTable
        | DemandKind::DenyDefault
        | DemandKind::Package
        | DemandKind::SshdLimited
        | DemandKind::SomeHosts => speaker.say(w::remedy(kind), &[]),
    }
}

fn ruling(head: &str, ruling: Ruling, speaker: &Speaker, out: &mut Output) -> Result<(), Failure> {
    let word = speaker.say(w::ruled(ruling), &[]);
    let style = match ruling {
        Ruling::Pass => Style::Good,
        Ruling::Fail => Style::Bad,
        Ruling::CannotTell => Style::Warn,
        Ruling::NotApplicable => Style::Dim,
    };
    out.line(format!("  {head}: {}", out.paint(style, &word)))
}

/// How many of each.
fn sum(profile: &AuditProfile, all: &[Audited], speaker: &Speaker) -> String {
    let count = |ruling| {
        let found = all.iter().filter(|audited| audited.ruling() == ruling);
        found.count().to_string()
    };
    let is_apart = |audited: &&Audited| {
        matches!(
            audited.agreement(),
            Agreement::ScannerPasses | Agreement::ScannerFails
        )
    };
    let apart = all.iter().filter(is_apart).count().to_string();
    speaker.say(
        w::SUM,
        &[
            profile.id,
            &count(Ruling::Pass),
            &count(Ruling::Fail),
            &count(Ruling::CannotTell),
            &count(Ruling::NotApplicable),
            &apart,
        ],
    )
}
