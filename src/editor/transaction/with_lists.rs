//! The machine as it will be when the lists are written that a change needs.

use crate::editor::commit::planned_list::PlannedList;
use crate::editor::transaction::planned_gates::PlannedGates;
use crate::engine::{Account, Admitted, ListFile, Surroundings};
use crate::policy::Dialect;
use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

/// A machine, and lists that are not written yet.
pub(super) struct WithLists<'w> {
    world: &'w dyn Surroundings,
    planned: Option<&'w RefCell<Vec<PlannedList>>>,
    gates: PlannedGates<'w>,
    /// Those that were asked for.
    read: RefCell<HashMap<Vec<u8>, Rc<Vec<u8>>>>,
}

impl<'w> WithLists<'w> {
    pub(super) fn new(
        world: &'w dyn Surroundings,
        planned: Option<&'w RefCell<Vec<PlannedList>>>,
    ) -> Self {
        Self {
            world,
            planned,
            gates: PlannedGates::new(planned),
            read: RefCell::default(),
        }
    }

    /// The content of a planned list.
    fn planned(&self, path: &[u8]) -> Option<Rc<Vec<u8>>> {
        if let Some(bytes) = self.read.borrow().get(path) {
            return Some(Rc::clone(bytes));
        }
        let lists = self.planned?.borrow();
        let list = lists.iter().find(|list| list.name.as_bytes() == path)?;
        let bytes = Rc::new(list.bytes.clone());
        let mut read = self.read.borrow_mut();
        read.insert(path.to_vec(), Rc::clone(&bytes));
        Some(bytes)
    }
}

impl Surroundings for WithLists<'_> {
    fn list_file(&self, path: &[u8]) -> ListFile {
        match self.planned(path) {
            Some(bytes) => ListFile::Read(bytes),
            None => self.world.list_file(path),
        }
    }
    fn in_netgroup(&self, group: &[u8], name: &[u8]) -> bool {
        self.world.in_netgroup(group, name)
    }
    fn netgroup(&self, group: &[u8]) -> Option<bool> {
        self.world.netgroup(group)
    }
    fn has_interface(&self, name: &[u8]) -> bool {
        self.world.has_interface(name)
    }
    fn has_account(&self, account: Account, name: &[u8]) -> bool {
        self.world.has_account(account, name)
    }
    fn aclexec(&self, command: &[u8]) -> Option<bool> {
        let planned = self.gates.ask(command);
        planned.or_else(|| self.world.aclexec(command))
    }
    fn aclexec_clients(&self, template: &[u8]) -> Option<Rc<Admitted>> {
        let planned = self.gates.clients(template);
        planned.or_else(|| self.world.aclexec_clients(template))
    }
    fn dialect(&self) -> &'static Dialect {
        self.world.dialect()
    }
}
