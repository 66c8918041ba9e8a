//! The decision about one client.
//!
//! Whoever is exempt is admitted. Of the others, whoever is excepted is refused; whoever meets a
//! condition is admitted; whom no database knows is decided by `--unknown`; the rest is refused. What is
//! broken counts only where it could change the answer, and is decided by `--broken`.

use crate::call::{Call, Exception};
use crate::fault::Fault;
use crate::label::{Edition, Label};
use crate::question::{Known, Question, evidence};
use crate::settings::Settings;
use crate::sources::Sources;
use crate::value::Value;
use crate::why::{Decision, Evidence, Exemption, Why, admits};
use chrono::{DateTime, Utc};
use std::net::IpAddr;

/// Whether `call` admits the client at `address`, at the time `now`; an address that is not known is
/// decided by `--unknown`, and what is broken by `--broken`.
pub fn decide(
    call: &Call,
    address: Option<IpAddr>,
    settings: &Settings,
    sources: &mut Sources,
    now: DateTime<Utc>,
) -> Decision {
    let Some(address) = address.map(|address| address.to_canonical()) else {
        let policy = call.unknown();
        return Decision {
            admits: policy.admits(),
            why: Why::NoAddress { policy },
        };
    };
    let question = Question {
        call,
        settings,
        sources,
        now,
    };
    let mut asking = Asking {
        question,
        address,
        known: [None, None],
    };
    asking.decision().unwrap_or_else(|fault| Decision {
        admits: call.broken().admits(),
        why: Why::Broken {
            address: Some(address),
            fault,
            policy: call.broken(),
        },
    })
}

/// A question about one address.
struct Asking<'q> {
    question: Question<'q>,
    address: IpAddr,
    /// What databases of countries and of owners said, once they are asked.
    known: [Option<Result<Known, Fault>>; 2],
}

impl Asking<'_> {
    fn decision(&mut self) -> Result<Decision, Fault> {
        let address = self.address;
        let exempt = |exemption| Decision {
            admits: true,
            why: Why::Exempt { address, exemption },
        };
        if let Some(exemption) = self.question.exemption(address) {
            return Ok(exempt(exemption));
        }
        let decision = self.by_conditions();
        let is_admitted = decision.as_ref().is_ok_and(|decision| decision.admits);
        if is_admitted || self.question.call.is_strict() {
            return decision;
        }
        // What else exempts can only admit, so it is looked up last.
        if self.question.settings.own.has(address)? {
            return Ok(exempt(Exemption::Own));
        }
        match self.question.keep_fault() {
            Some(fault) => Err(fault.clone()),
            None => decision,
        }
    }

    /// What exceptions, conditions and `--unknown` say.
    fn by_conditions(&mut self) -> Result<Decision, Fault> {
        let address = self.address;
        let mut doubt = None;
        for exception in self.question.call.except() {
            match self.excepted(exception) {
                Ok(Some(evidence)) => {
                    return Ok(Decision {
                        admits: false,
                        why: Why::Excepted { address, evidence },
                    });
                }
                Ok(None) => {}
                Err(fault) => doubt = doubt.or(Some(fault)),
            }
        }
        let decision = self.met()?;
        match doubt {
            Some(fault) if decision.admits => Err(fault),
            Some(_) | None => Ok(decision),
        }
    }

    /// What databases of `edition` know of the address; they are asked once.
    fn known(&mut self, edition: Edition) -> Result<Known, Fault> {
        let [country, asn] = &mut self.known;
        let slot = match edition {
            Edition::Country => country,
            Edition::Asn => asn,
        };
        if let Some(known) = slot {
            return known.clone();
        }
        let known = self.question.known(edition, self.address);
        *slot = Some(known.clone());
        known
    }

    fn excepted(&mut self, exception: &Exception) -> Result<Option<Evidence>, Fault> {
        let (edition, wanted) = match exception {
            Exception::Network(network) => {
                let is_in = network.contains(self.address);
                return Ok(is_in.then_some(Evidence::Network(*network)));
            }
            Exception::Set(path) => return self.question.listed(path, self.address),
            Exception::Country(country) => (Edition::Country, Value::Country(*country)),
            Exception::Asn(number) => (Edition::Asn, Value::Asn(*number)),
        };
        Ok(match self.known(edition)? {
            Known::As(value, label) if value == wanted => Some(evidence(value, label)),
            Known::As(..) | Known::Not(_) => None,
        })
    }

    /// What conditions and `--unknown` say of an address that is not excepted.
    fn met(&mut self) -> Result<Decision, Fault> {
        let (address, call) = (self.address, self.question.call);
        let admitted = |evidence| Decision {
            admits: true,
            why: Why::Met { address, evidence },
        };
        let mut doubt = None;
        let mut seen = Vec::new();
        let mut asked: Vec<Label> = Vec::new();
        for edition in Edition::ALL {
            if !call.asks(edition) {
                continue;
            }
            match self.known(edition) {
                Err(fault) => doubt = doubt.or(Some(fault)),
                Ok(Known::Not(labels)) => asked.extend(labels),
                Ok(Known::As(value, label)) => {
                    let found = evidence(value, label);
                    if self.question.wanted(edition, false).contains(&value) {
                        return Ok(admitted(Some(found)));
                    }
                    seen.push(found);
                }
            }
        }
        for path in call.sets() {
            match self.question.listed(path, address) {
                Err(fault) => doubt = doubt.or(Some(fault)),
                Ok(Some(found)) => return Ok(admitted(Some(found))),
                Ok(None) => {}
            }
        }
        if let Some(fault) = doubt {
            return Err(fault);
        }
        if seen.is_empty() && !asked.is_empty() {
            let policy = call.unknown();
            return Ok(Decision {
                admits: policy.admits(),
                why: Why::Unknown {
                    address,
                    asked,
                    policy,
                },
            });
        }
        if call.is_open() {
            return Ok(admitted(None));
        }
        Ok(Decision {
            admits: false,
            why: Why::Unmet {
                address,
                evidence: seen,
                admits: admits(call),
            },
        })
    }
}
