//! Rules taken apart: which addresses and which names make which part of which client list match.

use crate::engine::clients::atom::{self, atoms};
use crate::engine::clients::axis::Axis;
use crate::engine::model::text::{LIST_WORD_LIMIT, words};
use crate::engine::model::verdict::ON_COMMAND;
use crate::engine::search::compare::text_matches;
use crate::engine::search::options::{run_command, run_options};
use crate::engine::{
    Access, Admitted, AssumedCommands, Host, HostName, ListFile, Outcome, Request, Surroundings,
    TableName,
};
use crate::policy::{
    ClientPattern, Dialect, Element, HostPattern, OptionKind, Rule, RuleOption, TextPattern,
    Zoned6, dotted_quad,
};
use std::collections::HashMap;
use std::rc::Rc;

/// List files in list files: beyond this nothing is told.
const NESTING: usize = 8;
/// Words of list files that are taken apart, all together.
const WORDS_LIMIT: usize = 4_000_000;

/// What a rule does to those whom it matches.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum End {
    Access(Access),
    /// This, unless an `aclexec` has failed before: then its table is left (F-ACL-06).
    Options(Access),
    /// This for those whom the group after the last one holds; for others its table is left.
    Gate(Access),
    /// Nobody knows, for this reason.
    Unknown(String),
}

/// What a rule by itself does to those whom it matches.
pub(super) enum Ended {
    /// Always the same.
    Known(End),
    /// It has options that decide nothing.
    Options(Access),
    /// It decides about those whom its command admits.
    Gate(Access, Rc<Admitted>),
}

/// A condition on a client; several are alternatives.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) enum Atom {
    Range(Axis, u128, u128),
    /// These addresses, if the answer to this question is yes.
    Asked(Axis, u128, u128, u32),
    /// The pattern of this number, which only single addresses of the family can settle.
    Scattered(Axis, u32),
    /// One name, in lower case.
    Name(Vec<u8>),
    /// The names below a domain, in lower case, the dot included.
    Domain(Vec<u8>),
    /// Name and address are known.
    Known,
    /// A known name without a dot.
    Local,
    /// The pattern of this number, which only single names can settle.
    Vague(u32),
    /// The question of this number, which nothing settles.
    Open(u32),
}

/// Where an atom counts: in which rule, and behind how many `EXCEPT`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Slot {
    pub(super) rule: u32,
    pub(super) group: u32,
}

/// Patterns that are settled one client at a time, each once.
#[derive(Debug, Default)]
pub(super) struct Questions {
    numbers: HashMap<Vec<u8>, u32>,
    texts: Vec<Vec<u8>>,
    /// Why nothing here answers a question, where that has a reason of its own.
    reasons: HashMap<u32, String>,
}

impl Questions {
    pub(super) fn number(&mut self, kind: u8, text: &[u8]) -> u32 {
        let key = [&[kind], text].concat();
        let next = crate::span::offset(self.texts.len());
        let texts = &mut self.texts;
        *self.numbers.entry(key).or_insert_with(|| {
            texts.push(text.to_vec());
            next
        })
    }

    /// What is asked, as it stands in the table.
    pub(super) fn text(&self, number: u32) -> &[u8] {
        self.texts
            .get(crate::span::index(number))
            .map_or(&[], Vec::as_slice)
    }

    /// Why nothing here answers it, if that has a reason of its own.
    pub(super) fn reason(&self, number: u32) -> Option<&str> {
        self.reasons.get(&number).map(String::as_str)
    }

    /// Whether the address or name matches the pattern.
    pub(super) fn settle(&self, number: u32, text: &[u8], world: &dyn Surroundings) -> bool {
        match HostPattern::read_in(self.text(number), world.dialect()) {
            HostPattern::Netgroup(group) => world.in_netgroup(group, text),
            HostPattern::Ipv4Net { net, mask } => {
                dotted_quad(text).is_some_and(|address| address.to_bits() & mask == net)
            }
            HostPattern::Text { pattern, .. } => text_matches(pattern, text),
            HostPattern::ListFile(_)
            | HostPattern::Known
            | HostPattern::Local
            | HostPattern::BadNet(_)
            | HostPattern::Ipv6Net { .. } => false,
        }
    }
}

/// Takes client lists apart.
pub(super) struct Compiler<'w> {
    /// The client's user; none if it may be anybody.
    user: Option<Vec<u8>>,
    /// What must be so, besides, for the next rules to match: a question.
    pub(super) condition: Option<u32>,
    world: &'w dyn Surroundings,
    dialect: &'static Dialect,
    pub(super) questions: Questions,
    /// Rules that ask for the client's user.
    pub(super) asks_user: bool,
    words_left: usize,
}

impl<'w> Compiler<'w> {
    pub(super) fn new(user: &[u8], world: &'w dyn Surroundings) -> Self {
        Self {
            user: Some(user.to_vec()),
            condition: None,
            world,
            dialect: world.dialect(),
            questions: Questions::default(),
            asks_user: false,
            words_left: WORDS_LIMIT,
        }
    }

    /// For clients whose user may be anybody: what asks for users is a question.
    pub(super) fn of_anybody(world: &'w dyn Surroundings) -> Self {
        Self {
            user: None,
            ..Self::new(b"", world)
        }
    }

    /// Calls `each` with every atom of a client list and how many `EXCEPT` stand before it; how
    /// many groups there are.
    pub(super) fn clients(&mut self, rule: Rule<'_, '_>, each: &mut dyn FnMut(u32, Atom)) -> u32 {
        let mut group = 0;
        for element in rule.clients().elements() {
            match element {
                Element::Except { .. } => group += 1,
                Element::Pattern { text, .. } => {
                    let pattern = ClientPattern::read_in(&text, self.dialect);
                    let mut condition = self.condition.filter(|_| group == 0);
                    let user = pattern.user.filter(|user| *user != TextPattern::All);
                    self.asks_user |= user.is_some();
                    match (pattern.user, &self.user) {
                        (Some(user), Some(own)) if !text_matches(user, own) => continue,
                        (Some(TextPattern::All) | None, _) | (Some(_), Some(_)) => {}
                        (Some(_), None) => {
                            let known = condition.unwrap_or(u32::MAX).to_be_bytes();
                            let text = [&known, &*text].concat();
                            condition = Some(self.questions.number(b'u', &text));
                        }
                    }
                    let mut open = Vec::new();
                    let mut named = Vec::new();
                    self.host(
                        pattern.host,
                        &mut open,
                        &mut |atom| match (atom, condition) {
                            (atom, None) => each(group, atom),
                            (Atom::Range(axis, low, high), Some(question)) => {
                                each(group, Atom::Asked(axis, low, high, question));
                            }
                            (atom, Some(question)) => named.push((atom, question)),
                        },
                    );
                    // Only of addresses can it be said exactly.
                    if let Some((_, question)) = named.first() {
                        let text = [&question.to_be_bytes(), &*text].concat();
                        each(group, Atom::Open(self.questions.number(b'&', &text)));
                    }
                }
            }
        }
        group + 1
    }

    fn host(
        &mut self,
        pattern: HostPattern<'_>,
        open: &mut Vec<Vec<u8>>,
        each: &mut dyn FnMut(Atom),
    ) {
        atoms(pattern, &mut |part| {
            let atom = match part {
                atom::Atom::Range(axis, low, high) => Atom::Range(axis, low, high),
                atom::Atom::Zoned(net, low, high) if self.is_zone_known(net) => {
                    Atom::Range(Axis::V6, low, high)
                }
                atom::Atom::Scattered(axis, pattern) => {
                    Atom::Scattered(axis, self.scattered(pattern))
                }
                atom::Atom::Name(TextPattern::Exact(name)) => Atom::Name(name.to_ascii_lowercase()),
                atom::Atom::Name(TextPattern::Suffix(tail)) => {
                    Atom::Domain(tail.to_ascii_lowercase())
                }
                atom::Atom::Name(pattern) => {
                    Atom::Vague(self.questions.number(b'v', pattern.text()))
                }
                atom::Atom::Known => Atom::Known,
                atom::Atom::Local => Atom::Local,
                atom::Atom::Netgroup(group) if self.dialect.netgroups => {
                    Atom::Vague(self.questions.number(b'@', &[b"@", group].concat()))
                }
                atom::Atom::ListFile(path) => return self.list(path, open, each),
                atom::Atom::Netgroup(_) | atom::Atom::Zoned(..) => return,
            };
            each(atom);
        });
    }

    fn scattered(&mut self, pattern: HostPattern<'_>) -> u32 {
        match pattern {
            HostPattern::Text { pattern, .. } => self.questions.number(b'a', pattern.text()),
            HostPattern::Ipv4Net { net, mask } => {
                let [net, mask] = [net, mask].map(std::net::Ipv4Addr::from_bits);
                let text = format!("{net}/{mask}");
                self.questions.number(b'n', text.as_bytes())
            }
            HostPattern::Netgroup(_)
            | HostPattern::ListFile(_)
            | HostPattern::Known
            | HostPattern::Local
            | HostPattern::Ipv6Net { .. }
            | HostPattern::BadNet(_) => self.questions.number(b'a', b""),
        }
    }

    fn is_zone_known(&self, net: Zoned6<'_>) -> bool {
        let is_interface = |zone| net.may_name_interface() && self.world.has_interface(zone);
        net.has_numeric_zone() || net.zone.is_none_or(is_interface)
    }

    fn list(&mut self, path: &[u8], open: &mut Vec<Vec<u8>>, each: &mut dyn FnMut(Atom)) {
        let bytes = match self.world.list_file(path) {
            ListFile::Absent => return,
            ListFile::Unread(why) => {
                let number = self.questions.number(b'l', path);
                self.questions.reasons.insert(number, why);
                return each(Atom::Open(number));
            }
            ListFile::Read(bytes) => bytes,
        };
        if open.len() >= NESTING || open.iter().any(|other| other == path) {
            return each(Atom::Open(self.questions.number(b'l', path)));
        }
        open.push(path.to_vec());
        for (_, word) in words(&bytes) {
            if word.len() > LIST_WORD_LIMIT || self.words_left == 0 {
                each(Atom::Open(self.questions.number(b'l', path)));
                break;
            }
            self.words_left -= 1;
            self.host(HostPattern::read_in(word, self.dialect), open, each);
        }
        open.pop();
    }

    /// What a rule does to those whom it matches.
    pub(super) fn end(&self, table: TableName, rule: Rule<'_, '_>) -> Ended {
        let own = match table {
            TableName::Allow => Access::Granted,
            TableName::Deny => Access::Denied,
        };
        if !rule.has_options() {
            return Ended::Known(End::Access(own));
        }
        let options = rule.options();
        // A value that is made of what a stranger chose may be too long, or be no value (F-PCT-04).
        let changes = options.iter().any(|option| {
            let value = option.value.as_deref().unwrap_or_default();
            let letters = memchr::memchr_iter(b'%', value).count();
            let is_setenv = option.spec().is_some_and(|s| s.kind == OptionKind::Setenv);
            letters * 255 + value.len() > self.dialect.expansion_limit || (is_setenv && letters > 0)
        });
        if changes {
            return Ended::Known(End::Unknown("what an option with % comes to".to_owned()));
        }
        let mut request = Request::new("d", Host::new("192.0.2.1", HostName::unknown()));
        let world = &AssumedCommands::new(self.world, None);
        let mut aclexec = Some(true);
        let (outcome, _) = if self.dialect.options {
            run_options(&options, &mut request, world, &mut aclexec, None)
        } else {
            run_command(rule, &mut request, world)
        };
        match outcome {
            Outcome::Table if aclexec.is_none() => self.gate(own, &options),
            Outcome::Table if options.iter().any(is_aclexec) => Ended::Known(End::Access(own)),
            Outcome::Table if self.dialect.options => Ended::Options(own),
            Outcome::Table => Ended::Known(End::Access(own)),
            Outcome::Allow => Ended::Known(End::Access(Access::Granted)),
            Outcome::Deny
            | Outcome::Twist
            | Outcome::Broken { .. }
            | Outcome::ExpansionTooLong { .. } => Ended::Known(End::Access(Access::Denied)),
        }
    }

    /// What the last command of a rule decides, which is the one that counts (F-ACL-03).
    fn gate(&self, own: Access, options: &[RuleOption<'_>]) -> Ended {
        let last = options.iter().rev().find(|option| is_aclexec(option));
        let template = last.and_then(|option| option.value.as_deref());
        let admitted = template.and_then(|template| self.world.aclexec_clients(template));
        match admitted {
            Some(admitted) => Ended::Gate(own, admitted),
            None => Ended::Known(End::Unknown(ON_COMMAND.to_owned())),
        }
    }
}

fn is_aclexec(option: &RuleOption<'_>) -> bool {
    let spec = option.spec();
    spec.is_some_and(|spec| spec.kind == OptionKind::Aclexec)
}
