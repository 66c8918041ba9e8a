//! The sets of a table of nft, each read once: many rules may name one.

use crate::import::nft_item::Element;
use crate::import::ranges::RangeSet;
use crate::import::words::shown;
use std::collections::{BTreeMap, HashMap};
use std::rc::Rc;
use tcpw_gate::Network;

/// Addresses, by what is left of their time in seconds; nothing for ever.
pub(crate) type Groups = BTreeMap<Option<i64>, Rc<RangeSet>>;

/// The sets of a table.
#[derive(Debug, Default)]
pub(crate) struct Sets<'s> {
    elements: HashMap<&'s str, &'s [Element]>,
    /// What was read, by the name and whether it is of all others than those of IPv4 or IPv6.
    read: HashMap<(String, Option<bool>), Result<Rc<Groups>, String>>,
}

impl<'s> Sets<'s> {
    /// Adds a set.
    pub(crate) fn add(&mut self, name: &'s str, elements: &'s [Element]) {
        self.elements.insert(name, elements);
    }

    /// The addresses of a set, or of a family those that are not in it.
    ///
    /// # Errors
    /// In words, when there is no such set, or it is not of addresses.
    pub(crate) fn groups(
        &mut self,
        name: &str,
        without: Option<Network>,
    ) -> Result<Rc<Groups>, String> {
        let elements = self.elements.get(name);
        let elements = elements.ok_or_else(|| format!("the set `{}` is not here", shown(name)))?;
        let key = (
            name.to_owned(),
            without.map(|family| family == Network::ALL_V4),
        );
        let read = self.read.entry(key);
        read.or_insert_with(|| groups(elements, without).map(Rc::new))
            .clone()
    }
}

/// The addresses of elements, or of a family those that are not among them.
///
/// # Errors
/// In words, when they are not addresses.
pub(crate) fn groups(elements: &[Element], without: Option<Network>) -> Result<Groups, String> {
    let mut found: BTreeMap<Option<i64>, Vec<Network>> = BTreeMap::new();
    for element in elements {
        let (network, rest, _) = element.read()?;
        found.entry(rest).or_default().push(network);
    }
    if let Some(family) = without {
        if found.keys().any(Option::is_some) {
            return Err("it is about all others than those of a set that runs out".to_owned());
        }
        let set: Vec<Network> = found.into_values().flatten().collect();
        // What a match of one family says nothing about, it does not match.
        found = BTreeMap::from([(None, RangeSet::of(&set).rest_of(family))]);
    }
    let sets = found.into_iter();
    Ok(sets
        .map(|(rest, networks)| (rest, Rc::new(RangeSet::of(&networks))))
        .collect())
}
