//! Requirements, judged twice.

use super::demand::{AuditProfile, Besides, Demand, OpensshRelease};
use super::literal::{Checked, look};
use super::ruling::Ruling;
use super::seen::SeenSystem;
use super::trees::Trees;
use super::truth::{Proof, Truth, truth};
use crate::engine::Surroundings;

/// A requirement, what a scanner says and what libwrap does.
#[derive(Debug)]
pub struct Audited {
    /// The requirement.
    pub demand: &'static Demand,
    /// What the scanner looked at.
    pub checks: Vec<Checked>,
    /// What its checks of the two files come to.
    pub files: Ruling,
    /// What it says in all: cannot tell where the benchmark asks for more than tcpw looks at.
    pub scanner: Ruling,
    /// What libwrap does.
    pub truth: Truth,
    /// It is not asked of OpenSSH from this version on, and which version is there was not said.
    pub unless_from: Option<OpensshRelease>,
}

/// Whether scanner and libwrap say the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Agreement {
    /// They do.
    Same,
    /// The checks of the files pass, and libwrap does not do what is wanted.
    ScannerPasses,
    /// The checks of the files fail, and libwrap does what is wanted.
    ScannerFails,
    /// One of both cannot be told.
    Open,
}

impl Audited {
    /// Whether scanner and libwrap say the same.
    pub fn agreement(&self) -> Agreement {
        if self.scanner == Ruling::NotApplicable {
            return Agreement::Same;
        }
        match (self.files, self.truth.ruling) {
            (Ruling::Pass, Ruling::Fail) => Agreement::ScannerPasses,
            (Ruling::Fail, Ruling::Pass) => Agreement::ScannerFails,
            (Ruling::CannotTell, _) | (_, Ruling::CannotTell) => Agreement::Open,
            _ => Agreement::Same,
        }
    }

    /// Whether a default of the deny table could meet it, or at least what the scanner looks for: not where a rule
    /// lets somebody in all the same and the scanner is content already, and not where the allow table admits
    /// everybody.
    pub fn is_met_by_default(&self) -> bool {
        let mut proofs = self.truth.proofs.iter();
        let is_never_asked = proofs.any(|proof| matches!(proof, Proof::NobodyRefused));
        self.truth.is_met_by_default || self.files == Ruling::Fail && !is_never_asked
    }

    /// Whether somebody gets in by no rule, whom a default would not refuse either: a rule of the deny table that
    /// counts for nothing ends it before (F-ACL-06).
    pub fn is_left_open(&self) -> bool {
        let is_by_none =
            |proof: &Proof| matches!(proof, Proof::Admitted(case) if case.place.is_none());
        !self.truth.is_met_by_default && self.truth.proofs.iter().any(is_by_none)
    }

    /// The worse of both: a failure, else what cannot be told.
    pub fn ruling(&self) -> Ruling {
        if self.scanner == Ruling::NotApplicable {
            return Ruling::NotApplicable;
        }
        Ruling::all([self.scanner, self.truth.ruling].into_iter())
    }
}

/// A profile, and what came of its requirements.
pub type AuditedProfile = (&'static AuditProfile, Vec<Audited>);

/// Judges all requirements of some profiles.
pub fn audit(
    profiles: &[&'static AuditProfile],
    seen: &SeenSystem,
    world: &dyn Surroundings,
) -> Vec<AuditedProfile> {
    let reading = world.dialect().reading;
    let [allow, deny] = [&seen.allow, &seen.deny].map(|file| file.content.tree(reading));
    let trees = Trees::new((&seen.allow, allow.as_ref()), (&seen.deny, deny.as_ref()));
    let mut known = Vec::new();
    let mut all = Vec::new();
    for profile in profiles {
        let mut audited = Vec::new();
        for demand in profile.demands {
            audited.push(one(demand, seen, &trees, &mut known, world));
        }
        all.push((*profile, audited));
    }
    all
}

fn one(
    demand: &'static Demand,
    seen: &SeenSystem,
    trees: &Trees<'_>,
    known: &mut Vec<Truth>,
    world: &dyn Surroundings,
) -> Audited {
    let checks: Vec<Checked> = demand
        .checks
        .iter()
        .map(|check| look(*check, seen, trees))
        .collect();
    let files = Ruling::all(checks.iter().map(|checked| checked.ruling));
    let is_too_new = demand
        .not_from
        .zip(seen.openssh)
        .is_some_and(|(from, there)| there >= from);
    let unless_from = demand.not_from.filter(|_| seen.openssh.is_none());
    let scanner = match demand.besides {
        Besides::Nothing | Besides::Judged => files,
        Besides::Inetd if files == Ruling::Fail => Ruling::Fail,
        Besides::Inetd | Besides::Firewall => Ruling::CannotTell,
    };
    let found = known.iter().find(|truth| truth.aim == demand.aim);
    let truth = found.cloned().unwrap_or_else(|| {
        let truth = truth(demand.aim, seen, trees, world);
        known.push(truth.clone());
        truth
    });
    Audited {
        demand,
        checks,
        files,
        scanner: if is_too_new {
            Ruling::NotApplicable
        } else {
            scanner
        },
        truth,
        unless_from,
    }
}
