//! Whom a call admits, as a set of addresses: what [`decide`](crate::decide()) says of every one.

use crate::call::{Call, Exception};
use crate::fault::Fault;
use crate::label::Edition;
use crate::network::Network;
use crate::question::{PRIVATE, Question, damaged};
use crate::ranges::{Ranges, add};
use crate::settings::Settings;
use crate::sources::Sources;
use crate::value::Value;
use chrono::{DateTime, Utc};
use std::path::Path;

/// All addresses that `call` admits at the time `now`: sorted, disjoint, not next to each other, IPv4
/// before IPv6; exactly those that [`decide`](crate::decide()) admits. A family for which no database is
/// here counts as broken, as there.
///
/// # Errors
/// When a file that the call needs is broken: whom it would admit is then not known.
pub fn admitted(
    call: &Call,
    settings: &Settings,
    sources: &mut Sources,
    now: DateTime<Utc>,
) -> Result<Vec<Network>, Fault> {
    let mut question = Question {
        call,
        settings,
        sources,
        now,
    };
    if let Some(fault) = question.keep_fault() {
        return Err(fault.clone());
    }
    let exempt = exempt(&question)?;
    let parts = [
        Part::of(&mut question, Edition::Country)?,
        Part::of(&mut question, Edition::Asn)?,
    ];
    let mut met = union(&parts, |part| &part.met);
    for path in call.sets() {
        met = met.or(listed(&mut question, path)?);
    }
    let mut excepted = union(&parts, |part| &part.excepted);
    for exception in call.except() {
        match exception {
            Exception::Network(network) => excepted = excepted.or(Ranges::of(vec![*network])),
            Exception::Set(path) => excepted = excepted.or(listed(&mut question, path)?),
            Exception::Country(_) | Exception::Asn(_) => {}
        }
    }
    let unasked = union(&parts, |part| &part.unasked);
    let doubtful = met.and(&union(&parts, |part| &part.doubtful));
    let is_asked = Edition::ALL.iter().any(|edition| call.asks(*edition));
    let mut broken = doubtful.clone();
    let mut rest = Ranges::default();
    // Of a large set they are as many again, and may decide nothing.
    if is_asked || call.is_open() {
        rest = Ranges::all().minus(&met);
        broken = broken.or(rest.and(&unasked));
        rest = rest.minus(&unasked);
    }
    let known = union(&parts, |part| &part.known);
    let unknown = if is_asked {
        rest.clone().minus(&known)
    } else {
        Ranges::default()
    };
    let mut all = met.minus(&doubtful);
    if call.is_open() {
        all = all.or(rest.minus(&unknown));
    }
    if call.unknown().admits() {
        all = all.or(unknown);
    }
    if call.broken().admits() {
        all = all.or(broken);
    }
    Ok(all.minus(&excepted).or(exempt).into_networks())
}

/// What the databases of one edition say of all addresses.
#[derive(Default)]
struct Part {
    /// Those of which one of them knows something.
    known: Ranges,
    /// Those that meet a condition.
    met: Ranges,
    /// Those that are excepted.
    excepted: Ranges,
    /// Those of a family for which there is no database.
    unasked: Ranges,
    /// Those of which it is hence not known whether they are excepted.
    doubtful: Ranges,
}

impl Part {
    fn of(question: &mut Question<'_>, edition: Edition) -> Result<Self, Fault> {
        let mut part = Self::default();
        if !question.call.asks(edition) {
            return Ok(part);
        }
        let wanted = [false, true].map(|is_exception| question.wanted(edition, is_exception));
        let databases = question.databases(edition)?;
        for is_v6 in [false, true] {
            let mut is_asked = false;
            for path in &databases {
                let database = question.fresh(path, edition)?;
                if !database.has_family(is_v6) {
                    continue;
                }
                is_asked = true;
                let mut found: [Vec<Network>; 3] = Default::default();
                let read = database.each(edition, is_v6, &mut |network, value| {
                    sort(&mut found, &wanted, network, value);
                });
                read.map_err(|cause| damaged(path, &cause))?;
                let [met, excepted, known] = found.map(Ranges::of);
                // The first database that knows an address decides.
                part.met = part.met.or(met.minus(&part.known));
                part.excepted = part.excepted.or(excepted.minus(&part.known));
                part.known = part.known.or(known);
            }
            if !is_asked {
                let family = if is_v6 {
                    Network::ALL_V6
                } else {
                    Network::ALL_V4
                };
                part.unasked = part.unasked.or(Ranges::of(vec![family]));
            }
        }
        let [_, excepted] = wanted;
        if !excepted.is_empty() {
            part.doubtful = part.unasked.clone();
        }
        Ok(part)
    }
}

/// Puts a network to those that meet a condition, are excepted and are known. Networks come in order,
/// so that one that touches the last is joined to it at once.
fn sort(
    found: &mut [Vec<Network>; 3],
    wanted: &[Vec<Value>; 2],
    network: Network,
    value: Option<Value>,
) {
    let Some(value) = value else {
        return;
    };
    let [met, excepted] = wanted;
    let belongs = [met.contains(&value), excepted.contains(&value), true];
    for (list, belongs) in found.iter_mut().zip(belongs) {
        if belongs {
            add(list, network);
        }
    }
}

/// The ranges of a part of all editions together.
fn union(parts: &[Part], one: impl Fn(&Part) -> &Ranges) -> Ranges {
    let all = parts.iter().map(|part| one(part).clone());
    all.fold(Ranges::default(), Ranges::or)
}

/// Everybody whom the call admits before any condition.
fn exempt(question: &Question<'_>) -> Result<Ranges, Fault> {
    if question.call.is_strict() {
        return Ok(Ranges::default());
    }
    let private = PRIVATE.iter().filter_map(|text| text.parse().ok());
    let mut all: Vec<Network> = private.chain(question.keep().iter().copied()).collect();
    all.extend(question.settings.own.all()?);
    Ok(Ranges::of(all))
}

/// The addresses of a set that count now.
fn listed(question: &mut Question<'_>, path: &Path) -> Result<Ranges, Fault> {
    let now = question.now;
    let networks = question.sources.set(path).and_then(|set| set.networks(now));
    networks.map(Ranges::of).map_err(|fault| Fault::Set {
        path: path.to_owned(),
        fault,
    })
}
