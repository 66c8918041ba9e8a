//! An audit for programs.

use super::evidence::{Speaker, Told};
use super::words as w;
use crate::audit::{Agreement, AuditProfile, Audited, Besides, Checked, Proof};
use crate::escape::visible;
use serde_json::{Value, json};

/// What came of a profile.
pub(super) fn object(profile: &AuditProfile, all: &[Audited], speaker: &Speaker) -> Value {
    let requirements: Vec<Value> = all.iter().map(|one| requirement(one, speaker)).collect();
    json!({
        "profile": profile.id,
        "title": profile.title,
        "source": profile.source,
        "requirements": requirements,
    })
}

fn requirement(audited: &Audited, speaker: &Speaker) -> Value {
    let agreement = match audited.agreement() {
        Agreement::Same => "same",
        Agreement::ScannerPasses => "scanner passes",
        Agreement::ScannerFails => "scanner fails",
        Agreement::Open => "open",
    };
    let besides = match audited.demand.besides {
        Besides::Nothing => None,
        Besides::Judged => Some("judgement"),
        Besides::Inetd => Some("inetd"),
        Besides::Firewall => Some("firewall"),
    };
    let checks: Vec<Value> = audited
        .checks
        .iter()
        .map(|checked| check(checked, speaker))
        .collect();
    let proofs = audited.truth.proofs.iter();
    let proofs: Vec<Value> = proofs.map(|one| proof(one, speaker)).collect();
    json!({
        "id": audited.demand.id,
        "demand": speaker.say(w::demanded(audited.demand.kind), &[]),
        "verdict": audited.ruling().word(),
        "scanner": audited.scanner.word(),
        "files": audited.files.word(),
        "libwrap": audited.truth.ruling.word(),
        "agreement": agreement,
        "besides": besides,
        "before": audited.unless_from.map(|(major, minor)| format!("{major}.{minor}")),
        "checks": checks,
        "proofs": proofs,
    })
}

fn check(checked: &Checked, speaker: &Speaker) -> Value {
    let sights = checked.sights.iter();
    let evidence: Vec<Value> = sights
        .map(|sight| told(&speaker.sight(sight), speaker))
        .collect();
    json!({
        "command": checked.check.command(),
        "verdict": checked.ruling.word(),
        "evidence": evidence,
    })
}

/// What shows what libwrap does, with the client it is about.
fn proof(proof: &Proof, speaker: &Speaker) -> Value {
    let mut value = told(&speaker.proof(proof), speaker);
    if let Proof::Admitted(case) | Proof::Refused(case) = proof
        && let Some(fields) = value.as_object_mut()
    {
        let case = json!({
            "daemon": visible(&case.daemon),
            "address": case.address,
            "name": visible(&case.name),
            "granted": matches!(proof, Proof::Admitted(_)),
        });
        fields.insert("client".to_owned(), case);
    }
    value
}

fn told(told: &Told<'_>, speaker: &Speaker) -> Value {
    match told.place {
        None => json!({ "text": told.text }),
        Some(place) => json!({
            "text": told.text,
            "file": speaker.file(place.table),
            "line": place.line,
            "column": place.column,
        }),
    }
}
