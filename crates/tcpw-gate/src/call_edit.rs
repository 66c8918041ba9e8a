//! Changing a call: conditions that come and go, and whom it admits, in words.

use crate::call::{Call, Exception};
use crate::policy::Policy;
use hosts_access::escape::visible;
use std::os::unix::ffi::OsStrExt as _;
use std::path::PathBuf;

impl Call {
    /// A call that admits whoever is in a set, and nobody else.
    #[must_use]
    pub fn of_set(set: PathBuf) -> Self {
        Self {
            sets: vec![set],
            is_strict: true,
            ..Self::default()
        }
    }

    /// A call that admits whoever is not in a set, and whoever a gate always admits.
    #[must_use]
    pub fn but_set(set: PathBuf) -> Self {
        Self {
            except: vec![Exception::Set(set)],
            unknown: Policy::Allow,
            ..Self::default()
        }
    }

    /// Its conditions as exceptions: whom it admits, for a call that leaves them out.
    pub fn conditions(&self) -> Vec<Exception> {
        let countries = self.countries.iter().copied().map(Exception::Country);
        let asns = self.asns.iter().copied().map(Exception::Asn);
        let sets = self.sets.iter().cloned().map(Exception::Set);
        countries.chain(asns).chain(sets).collect()
    }

    /// A call that admits everybody but those whom this one admits. Who is not known to be one of
    /// them is not meant.
    #[must_use]
    pub fn inverted(&self) -> Self {
        Self {
            countries: Vec::new(),
            asns: Vec::new(),
            sets: Vec::new(),
            except: [self.conditions(), self.except.clone()].concat(),
            unknown: Policy::Allow,
            ..self.clone()
        }
    }

    /// Adds the conditions of another call.
    pub fn admit(&mut self, other: &Self) {
        add(&mut self.countries, &other.countries);
        add(&mut self.asns, &other.asns);
        add(&mut self.sets, &other.sets);
    }

    /// Leaves out whom another call excepts.
    pub fn leave_out(&mut self, other: &[Exception]) {
        add(&mut self.except, other);
    }

    /// Takes the age and the strictness of another call, if it has them, and these policies, if they are
    /// given.
    #[must_use]
    pub fn with_policies(
        mut self,
        other: &Self,
        (unknown, broken): (Option<Policy>, Option<Policy>),
    ) -> Self {
        self.unknown = unknown.unwrap_or(self.unknown);
        self.broken = broken.unwrap_or(self.broken);
        self.max_age = other.max_age.or(self.max_age);
        self.is_strict |= other.is_strict;
        self
    }

    /// Takes conditions, and exceptions of the same clients, back; whether there were any.
    pub fn take_back(&mut self, wanted: &[Exception]) -> bool {
        let before = self.clone();
        let is_wanted = |one: Exception| wanted.contains(&one);
        self.countries
            .retain(|country| !is_wanted(Exception::Country(*country)));
        self.asns
            .retain(|number| !is_wanted(Exception::Asn(*number)));
        self.sets
            .retain(|path| !is_wanted(Exception::Set(path.clone())));
        self.except.retain(|one| !wanted.contains(one));
        *self != before
    }

    /// Whom it admits, in words, those among them who need not meet its conditions.
    pub fn admitted_words(&self) -> String {
        let words = self.words();
        if self.is_strict {
            words
        } else {
            format!("{words}, and always private networks, this machine itself and keep_in")
        }
    }

    /// Whom it admits by its conditions, in words.
    pub fn words(&self) -> String {
        let conditions = self.conditions();
        let admitted = match conditions.as_slice() {
            [] => "everybody".to_owned(),
            conditions => listed(conditions),
        };
        match self.except.as_slice() {
            [] => admitted,
            except => format!("{admitted} except {}", listed(except)),
        }
    }
}

/// Adds what is not there yet.
pub(crate) fn add<T: Clone + PartialEq>(to: &mut Vec<T>, more: &[T]) {
    for one in more {
        if !to.contains(one) {
            to.push(one.clone());
        }
    }
}

fn listed(conditions: &[Exception]) -> String {
    let word = |one: &Exception| match one {
        Exception::Network(network) => network.to_string(),
        Exception::Set(path) => visible(path.as_os_str().as_bytes()),
        Exception::Country(country) => country.to_string(),
        Exception::Asn(number) => format!("AS{number}"),
    };
    conditions.iter().map(word).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn call(line: &str) -> Call {
        let words: Vec<&str> = line.split(' ').chain(["--", "%a"]).collect();
        Call::of_words(&words).unwrap()
    }

    #[test]
    fn calls_are_joined_and_taken_back() {
        let mut is = call("--country KR,JP,KR --except 192.0.2.7");
        is.admit(&call("--country JP,TW --asn 64500"));
        is.leave_out(call("--except CN").except());
        assert_eq!(is.words(), "KR, JP, TW, AS64500 except 192.0.2.7, CN");
        assert!(is.take_back(&call("--country JP,CN").conditions()));
        assert_eq!(is.words(), "KR, TW, AS64500 except 192.0.2.7");
        assert!(!is.take_back(&call("--country JP").conditions()));
        assert!(!is.is_open() && call("--except CN").is_open());
    }

    #[test]
    fn a_set_is_admitted_or_left_out() {
        let set = PathBuf::from("/etc/tcpw.d/x.set");
        let only = Call::of_set(set.clone());
        assert_eq!(only.admitted_words(), "/etc/tcpw.d/x.set");
        let others = Call::but_set(set);
        assert_eq!(others.words(), "everybody except /etc/tcpw.d/x.set");
        assert!(others.unknown().admits() && !others.broken().admits());
    }
}
