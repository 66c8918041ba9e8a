//! What became of the events of one try, and what must never become of an event that was
//! acknowledged.

use std::collections::{BTreeMap, BTreeSet};

/// How `notify` acknowledged an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Word {
    /// It is recorded: exit code 0.
    Recorded,
    /// The system log has it: exit code 75.
    Logged,
    /// It said that it is lost, or was killed before it could say anything.
    Nothing,
}

/// What is known at the end of a try.
#[derive(Debug, Clone, Default)]
pub(super) struct Ledger {
    /// What was tried, for people.
    pub(super) what: String,
    /// The hosts of the events, and what was said of each.
    pub(super) events: BTreeMap<String, Option<Word>>,
    /// What the system log heard.
    pub(super) heard: String,
    /// The hosts in the journal, once for each event.
    pub(super) journal: Vec<String>,
    /// How many files of events are left.
    pub(super) files: usize,
    /// The mails that came: Message-ID and text.
    pub(super) mails: Vec<(String, String)>,
    /// Signs of panics.
    pub(super) panics: Vec<String>,
    /// Runs that had to be ended.
    pub(super) hung: usize,
    /// What the last run without faults said, if not all was delivered then.
    pub(super) unfinished: Option<String>,
}

/// What must never be.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Breach {
    /// An acknowledged event is neither in the journal nor in the system log.
    Lost(String),
    /// An acknowledged event of which no mail came.
    Untold(String),
    /// An event twice in the journal, or in mails of several Message-IDs.
    Doubled(String),
    /// A panic.
    Panic(String),
    /// A program that did not end, or a queue that did not become empty.
    Stuck(String),
}

impl Ledger {
    /// How many events were acknowledged.
    pub(super) fn acknowledged(&self) -> usize {
        let is_one = |word: &&Option<Word>| !matches!(word, Some(Word::Nothing));
        self.events.values().filter(is_one).count()
    }

    /// Everything that must never be.
    pub(super) fn breaches(&self) -> Vec<Breach> {
        let mut found = Vec::new();
        for (host, word) in &self.events {
            let told: BTreeSet<&String> = self
                .mails
                .iter()
                .filter(|(_, text)| text.contains(host.as_str()))
                .map(|(id, _)| id)
                .collect();
            let rows = self.journal.iter().filter(|known| *known == host).count();
            if rows > 1 || told.len() > 1 {
                found.push(Breach::Doubled(host.clone()));
            }
            match word {
                // One without a word was told of long ago, and by another way.
                None | Some(Word::Recorded) if rows == 0 => {
                    found.push(Breach::Lost(host.clone()));
                }
                Some(Word::Recorded) if told.is_empty() => {
                    found.push(Breach::Untold(host.clone()));
                }
                Some(Word::Logged) if !self.heard.contains(host.as_str()) => {
                    found.push(Breach::Lost(host.clone()));
                }
                None | Some(Word::Recorded | Word::Logged | Word::Nothing) => {}
            }
        }
        found.extend(self.panics.iter().cloned().map(Breach::Panic));
        if self.hung > 0 {
            found.push(Breach::Stuck("a program did not end".to_owned()));
        }
        if let Some(said) = &self.unfinished {
            found.push(Breach::Stuck(said.clone()));
        }
        if self.files > 0 {
            found.push(Breach::Stuck(format!("{} files stay", self.files)));
        }
        found
    }
}

/// A recorded try in which all went well; each of its mutants is noticed.
#[test]
fn whatever_must_never_be_is_noticed() {
    let event = |host: &str, word| (host.to_owned(), word);
    let sound = Ledger {
        events: BTreeMap::from([
            event("a.example", Some(Word::Recorded)),
            event("b.example", Some(Word::Logged)),
            event("c.example", Some(Word::Nothing)),
            event("d.example", None),
        ]),
        heard: "event: host 9 b.example".to_owned(),
        journal: vec!["a.example".to_owned(), "d.example".to_owned()],
        mails: vec![("<1@x>".to_owned(), "a.example knocked".to_owned()); 2],
        ..Ledger::default()
    };
    assert_eq!((sound.breaches(), sound.acknowledged()), (Vec::new(), 3));
    let after = |change: &dyn Fn(&mut Ledger)| {
        let mut mutant = sound.clone();
        change(&mut mutant);
        mutant.breaches()
    };
    let host = |host: &str| host.to_owned();
    let lost = |name| vec![Breach::Lost(host(name))];
    assert_eq!(
        after(&|mutant| drop(mutant.journal.remove(0))),
        lost("a.example")
    );
    assert_eq!(
        after(&|mutant| drop(mutant.journal.pop())),
        lost("d.example")
    );
    assert_eq!(after(&|mutant| mutant.heard.clear()), lost("b.example"));
    let untold = vec![Breach::Untold(host("a.example"))];
    assert_eq!(after(&|mutant| mutant.mails.clear()), untold);
    let doubled = |name| vec![Breach::Doubled(host(name))];
    let again = after(&|mutant| mutant.mails[1].0 = "<2@x>".to_owned());
    assert_eq!(again, doubled("a.example"));
    let row = host("c.example");
    let rows = after(&|mutant| mutant.journal.extend([row.clone(), row.clone()]));
    assert_eq!(rows, doubled("c.example"));
    let panic = after(&|mutant| mutant.panics.push(host("panicked")));
    assert_eq!(panic, [Breach::Panic(host("panicked"))]);
    assert_eq!(after(&|mutant| mutant.hung = 1).len(), 1);
    assert_eq!(after(&|mutant| mutant.files = 1).len(), 1);
    assert_eq!(
        after(&|mutant| mutant.unfinished = Some(host("x"))).len(),
        1
    );
}
