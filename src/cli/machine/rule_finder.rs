//! Which rules fired alerts, as far as the tables can still tell.

use super::surroundings::{Aclexec, Machine};
use super::tables::{TableFile, TableFiles};
use crate::alert::{Event, FiredRule, RuleFinder, Verdict};
use crate::cli::base::Paths;
use crate::editor::digest;
use crate::engine::{self, Access, Cause, Host, HostName, Index, Request, TableName, decide};
use crate::escape::visible;
use crate::policy::Rule;
use std::cell::RefCell;
use std::collections::HashMap;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;

/// What a rule must hold to have fired an alert.
const SPAWN: &[u8] = b"spawn";
/// How many answers are remembered.
const MOST: usize = 50_000;
/// From so many questions on it is worth to index the tables.
const MANY: usize = 3;
/// How much of a table's digest is kept.
const DIGEST: usize = 16;

/// Device, file, size and time of both tables: while they stay, so do the answers.
type Mark = [Option<(u64, u64, u64, i64, i64)>; 2];
/// Daemon, address and host of an event.
type Question = (Vec<u8>, Vec<u8>, Vec<u8>);
type Answer = (Option<FiredRule>, Verdict);

/// Tells the rule that decides about the connection of an event now; nothing where the tables
/// cannot be read or have changed so that no rule with a command decides. No name is looked up:
/// libwrap knew one exactly when it reported one (`%h` is the name, if one was asked for).
#[derive(Debug)]
pub(crate) struct FiredRules {
    paths: Paths,
    known: RefCell<Known>,
}

#[derive(Debug, Default)]
struct Known {
    mark: Mark,
    answers: HashMap<Question, Answer>,
}

impl FiredRules {
    pub(crate) fn new(paths: &Paths) -> Self {
        Self {
            paths: paths.clone(),
            known: RefCell::default(),
        }
    }

    fn mark(&self) -> Mark {
        [&self.paths.allow, &self.paths.deny].map(|path| stamp(path))
    }

    /// Answers what was not asked before, on one reading of the tables.
    fn learn(&self, known: &mut Known, mut questions: Vec<Question>) {
        let read = |path: &Path| TableFile::read(path).ok();
        let tables = read(&self.paths.allow).zip(read(&self.paths.deny));
        let Some((allow, deny)) = tables else {
            return;
        };
        questions.sort_unstable();
        questions.dedup();
        let files = TableFiles { allow, deny };
        let digests = [&files.allow, &files.deny].map(|file| {
            let mut text = digest(file.source());
            text.truncate(DIGEST);
            text
        });
        let machine = Machine::new(&self.paths, Aclexec::Ask);
        let (allow, deny) = (files.allow.tree(), files.deny.tree());
        let index = (questions.len() >= MANY).then(|| Index::new(files.tables(&allow, &deny)));
        let tables = files.tables(&allow, &deny);
        for question in questions {
            let request = request(&question);
            let verdict = match &index {
                Some(index) => index.decide(&request, &machine),
                None => decide(&tables, &request, &machine),
            };
            let answer = answer(&verdict, &files, &digests);
            known.answers.insert(question, answer);
        }
    }
}

impl RuleFinder for FiredRules {
    fn prepare(&self, events: &mut dyn Iterator<Item = &Event>) {
        let mut known = self.known.borrow_mut();
        let mark = self.mark();
        if known.mark != mark || known.answers.len() > MOST {
            *known = Known {
                mark,
                answers: HashMap::new(),
            };
        }
        let questions: Vec<Question> = events
            .map(question)
            .filter(|question| !known.answers.contains_key(question))
            .collect();
        if !questions.is_empty() {
            self.learn(&mut known, questions);
        }
    }

    fn find(&self, event: &Event) -> Answer {
        let known = self.known.borrow();
        let answer = known.answers.get(&question(event));
        answer.cloned().unwrap_or((None, Verdict::Unknown))
    }
}

fn stamp(path: &Path) -> Option<(u64, u64, u64, i64, i64)> {
    let found = std::fs::metadata(path).ok()?;
    Some((
        found.dev(),
        found.ino(),
        found.size(),
        found.mtime(),
        found.mtime_nsec(),
    ))
}

fn question(event: &Event) -> Question {
    let own = |bytes: &[u8]| bytes.to_vec();
    (
        own(event.daemon.bytes()),
        own(event.source()),
        own(event.host.bytes()),
    )
}

fn request((daemon, address, host): &Question) -> Request {
    let name = if host == address {
        HostName::new(Vec::new())
    } else {
        HostName::new(host.clone())
    };
    Request::new(daemon.clone(), Host::new(address.clone(), name))
}

fn answer(verdict: &engine::Verdict, files: &TableFiles, digests: &[String; 2]) -> Answer {
    let matched = match &verdict.cause {
        Cause::Rule { matched, .. } | Cause::EitherWay(matched) => Some(*matched),
        Cause::Undecided(undecided) => undecided.rule,
        Cause::NoRule | Cause::BrokenTable { .. } | Cause::Unreadable(_) => None,
    };
    let Some(matched) = matched else {
        return (None, Verdict::Unknown);
    };
    let file = files.file(matched.table);
    let tree = file.tree();
    let rule = tree.line(matched.line).and_then(Rule::of);
    let text = rule.map(|rule| rule.text().into_owned());
    let Some(text) = text.filter(|text| memchr::memmem::find(text, SPAWN).is_some()) else {
        return (None, Verdict::Unknown);
    };
    let [allow, deny] = digests;
    let fired = FiredRule {
        file: file.path.display().to_string(),
        line: matched.number,
        text: visible(text.trim_ascii()),
        digest: match matched.table {
            TableName::Allow => allow.clone(),
            TableName::Deny => deny.clone(),
        },
    };
    let verdict = match verdict.access {
        Access::Granted => Verdict::Granted,
        Access::Denied => Verdict::Denied,
        Access::Undecided => Verdict::Unknown,
    };
    (Some(fired), verdict)
}
