//! Where readers put what they find.

use crate::import::entry::{Entry, EntryVerdict};
use crate::import::form::Terms;
use crate::import::notes::{Notes, SourcePlace};
use crate::import::rule::ImportedRule;
use crate::import::words::shown;
use std::rc::Rc;

/// What was found so far.
#[derive(Debug)]
pub(crate) struct Intake<'t> {
    pub(crate) terms: &'t Terms,
    file: String,
    /// Entries, the first of which decides where they meet.
    entries: Vec<Entry>,
    /// Rules that are rules of tables already.
    rules: Vec<ImportedRule>,
    /// What was not understood.
    pub(crate) faults: Notes,
    /// What was understood and gives no rule, or is more than the rules say.
    pub(crate) remarks: Notes,
    /// Entries that ran out.
    over: u64,
}

impl<'t> Intake<'t> {
    pub(crate) fn new(terms: &'t Terms) -> Self {
        Self {
            terms,
            file: String::new(),
            entries: Vec::new(),
            rules: Vec::new(),
            faults: Notes::new(terms.most_notes),
            remarks: Notes::new(terms.most_notes),
            over: 0,
        }
    }

    /// The next file begins.
    pub(crate) fn begin(&mut self, file: &str) {
        file.clone_into(&mut self.file);
    }

    /// The file that is read.
    pub(crate) fn file(&self) -> &str {
        &self.file
    }

    /// Takes an entry; one that ran out is counted.
    pub(crate) fn take(&mut self, entry: Entry) {
        if entry
            .origin
            .until
            .is_some_and(|until| until <= self.terms.now)
        {
            self.over += 1;
        } else {
            self.entries.push(entry);
        }
    }

    /// Takes a rule.
    pub(crate) fn take_rule(&mut self, rule: ImportedRule) {
        self.rules.push(rule);
    }

    /// Something was not understood.
    pub(crate) fn fault(&mut self, place: &SourcePlace, what: &str) {
        self.faults.add(&self.file, place, what);
    }

    /// Something is to be known.
    pub(crate) fn remark(&mut self, place: &SourcePlace, what: &str) {
        self.remarks.add(&self.file, place, what);
    }

    /// A comment as the reason of a rule, if comments are kept.
    pub(crate) fn reason(&self, comment: &str) -> Option<Rc<str>> {
        let comment = comment.trim();
        let is_kept = self.terms.keeps_comments && !comment.is_empty();
        is_kept.then(|| Rc::from(cut(comment)))
    }

    /// The daemon at a port, or of a service.
    ///
    /// # Errors
    /// In words, when the terms name none.
    pub(crate) fn daemon_at(&self, port: &str) -> Result<&'t str, String> {
        let mut ports = self.terms.ports.iter();
        let found = ports.find(|one| one.port == port);
        found.map(|one| one.daemon.as_str()).ok_or_else(|| {
            let port = shown(port);
            format!("no --daemon NAME={port} says which daemon that is")
        })
    }

    /// The verdict of a list that does not say it.
    ///
    /// # Errors
    /// In words, when the terms do not say it either.
    pub(crate) fn list_verdict(&self) -> Result<EntryVerdict, String> {
        self.terms.verdict.ok_or_else(|| {
            "it does not say whether these clients are allowed or denied: --into does".to_owned()
        })
    }

    /// All that was found: entries, rules, faults, remarks.
    pub(crate) fn end(mut self) -> (Vec<Entry>, Vec<ImportedRule>, Notes, Notes) {
        if self.over > 0 {
            let what = format!("left out because they ran out: {}", self.over);
            self.remarks.add(&self.file, &SourcePlace::Whole, &what);
        }
        (self.entries, self.rules, self.faults, self.remarks)
    }
}

/// As much of a comment as a reason may have, in bytes.
const REASON: usize = 400;

fn cut(comment: &str) -> String {
    let mut text = String::new();
    for letter in comment
        .chars()
        .map(|one| if one.is_control() { ' ' } else { one })
    {
        if text.len() + letter.len_utf8() > REASON {
            break;
        }
        text.push(letter);
    }
    text
}
