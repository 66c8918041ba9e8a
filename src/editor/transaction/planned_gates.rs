//! What gates decide about sets that a change brings and that are not written yet.

use crate::editor::commit::planned_list::PlannedList;
use crate::engine::Admitted;
use crate::system::{Clock as _, SystemClock};
use std::cell::{OnceCell, RefCell};
use std::collections::HashMap;
use std::path::Path;
use std::rc::Rc;
use tcpw_gate::{Call, Client, Exception, Settings, Sources, admitted, decide};

/// Gates that are asked about planned sets.
#[derive(Default)]
pub(super) struct PlannedGates<'w> {
    planned: Option<&'w RefCell<Vec<PlannedList>>>,
    settings: OnceCell<Settings>,
    sources: OnceCell<RefCell<Sources>>,
    /// Whom calls admit that were worked out.
    admitted: RefCell<HashMap<Vec<u8>, Option<Rc<Admitted>>>>,
}

impl<'w> PlannedGates<'w> {
    pub(super) fn new(planned: Option<&'w RefCell<Vec<PlannedList>>>) -> Self {
        Self {
            planned,
            ..Self::default()
        }
    }

    /// What a command of `aclexec`, with its letters replaced, says; nothing if it does not call a gate
    /// about a planned set.
    pub(super) fn ask(&self, command: &[u8]) -> Option<bool> {
        let call = self.call(command)?;
        let address = match call.client() {
            Client::Address(address) => Some(address),
            Client::Unknown => None,
            Client::Each => return None,
        };
        Some(self.decide(&call, address))
    }

    /// Whom the command of an `aclexec` admits, as it stands in the rule; nothing if it does not call a
    /// gate about a planned set, or that cannot be worked out.
    pub(super) fn clients(&self, template: &[u8]) -> Option<Rc<Admitted>> {
        let call = self.call(template)?;
        if let Some(known) = self.admitted.borrow().get(template) {
            return known.clone();
        }
        let found = self.work_out(&call).map(Rc::new);
        let mut kept = self.admitted.borrow_mut();
        kept.insert(template.to_vec(), found.clone());
        found
    }

    fn work_out(&self, call: &Call) -> Option<Admitted> {
        if call.client() != Client::Each {
            return None;
        }
        let unknown = self.decide(call, None);
        let mut sources = self.sources().borrow_mut();
        let networks = admitted(call, self.settings(), &mut sources, SystemClock.now()).ok()?;
        let ranges = networks
            .into_iter()
            .map(|one| (one.first(), one.last()))
            .collect();
        Some(Admitted { ranges, unknown })
    }

    fn decide(&self, call: &Call, address: Option<std::net::IpAddr>) -> bool {
        let mut sources = self.sources().borrow_mut();
        let now = SystemClock.now();
        decide(call, address, self.settings(), &mut sources, now).admits
    }

    /// The call, if it is about a planned set; the set is then at hand.
    fn call(&self, command: &[u8]) -> Option<Call> {
        let planned = self.planned?.borrow();
        if planned.is_empty() {
            return None;
        }
        let call = Call::of_command(command)?.ok()?;
        let excepted = call
            .except()
            .iter()
            .filter_map(|exception| match exception {
                Exception::Set(path) => Some(path),
                Exception::Network(_) | Exception::Country(_) | Exception::Asn(_) => None,
            });
        let mut is_planned = false;
        for path in call.sets().iter().chain(excepted) {
            if let Some(list) = planned.iter().find(|list| Path::new(&list.name) == path) {
                is_planned = true;
                let mut sources = self.sources().borrow_mut();
                sources.hold(path, || list.bytes.clone());
            }
        }
        is_planned.then_some(call)
    }

    /// The directory that the machine is below, if it is not this one.
    fn root(&self) -> Option<std::path::PathBuf> {
        let planned = self.planned?.borrow();
        planned
            .first()
            .and_then(|list| list.root().map(Path::to_owned))
    }

    fn settings(&self) -> &Settings {
        self.settings
            .get_or_init(|| Settings::read(self.root().as_deref()))
    }

    fn sources(&self) -> &RefCell<Sources> {
        self.sources
            .get_or_init(|| RefCell::new(Sources::new(self.root().as_deref())))
    }
}
