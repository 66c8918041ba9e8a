//! The rules of a table that can be packed together, and those that stay as they are.
//!
//! Rules that stand beside each other and do the same to whomever they match, and nothing else, may
//! stand in any order: a stretch. A rule with an effect beside access makes a stretch with those that
//! have its daemons and its options word for word. In a stretch a comment begins a section, whose
//! rules stay below it; so does whatever follows a rule that belongs to its comment.

use crate::editor::change::address_runs::AddressRange;
use crate::editor::commit::planned_list::LIST_END;
use crate::editor::trial::rule_parts::ending;
use crate::engine::{Access, ClientGroup, ListFile, Surroundings, TableName};
use crate::metadata::{Comment, bond};
use crate::policy::{Dialect, Element, OptionKind, Rule};
use crate::span::offset;
use crate::syntax::{Line, LineKind, Tree};
use std::borrow::Cow;
use std::collections::{HashMap, HashSet};
use std::hash::Hash;

/// Rules of one section with the same daemons and the same options, whose clients are addresses.
#[derive(Debug)]
pub(crate) struct Batch {
    /// The number of its stretch.
    pub(crate) stretch: u32,
    /// Whether a comment stands above its section, which must not lose its rules.
    pub(crate) has_comment: bool,
    /// Whether its rules do more than to grant or to refuse.
    pub(crate) has_effects: bool,
    /// How its rules end.
    pub(crate) access: Access,
    /// The daemons, by a number; nothing are all of them.
    pub(crate) daemons: Option<u32>,
    /// The daemons as text.
    pub(crate) head: String,
    /// The options as text, without the colon before them; empty if there are none.
    pub(crate) tail: String,
    /// The lines of its rules, by index.
    pub(crate) lines: Vec<usize>,
    /// The lists of tcpw that its rules name.
    pub(crate) lists: Vec<String>,
    /// Their clients, one a word.
    pub(crate) ranges: Vec<AddressRange>,
}

/// Why rules stay as they are, and how many for each reason.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Untouched {
    /// A comment of tcpw is about them: who wrote them, why, until when.
    pub labelled: usize,
    /// Another program looks for its own lines: `DenyHosts`, sshguard, or whoever set marks around
    /// a block.
    pub foreign: usize,
    /// Their clients are not addresses alone: names, wildcards, users, exceptions, list files.
    pub others: usize,
}

/// What of a table can be packed.
#[derive(Debug, Default)]
pub(crate) struct Batches {
    pub(crate) all: Vec<Batch>,
    /// Lines of rules that say word for word what an earlier rule of their stretch says.
    pub(crate) doubles: Vec<usize>,
    pub(crate) untouched: Untouched,
    /// How many rules libwrap reads.
    pub(crate) rules: usize,
}

/// What rules of a stretch have in common.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// They only decide, and so.
    Plain(Access),
    /// They have this head and this tail.
    Alike(u32),
}

/// Reads a table line by line.
struct Reader<'t> {
    table: TableName,
    world: &'t dyn Surroundings,
    dialect: &'t Dialect,
    /// The directory of the lists of tcpw, if they are packed, too.
    place: Option<&'t str>,
    found: Batches,
    kind: Option<Kind>,
    stretch: u32,
    section: u32,
    has_comment: bool,
    /// What stands directly above, if it is a comment.
    above: Above,
    is_marked: bool,
    heads: HashMap<String, u32>,
    keys: HashMap<(String, String), u32>,
    places: HashMap<(u32, u32, u32), usize>,
    said: HashSet<Cow<'t, [u8]>>,
}

/// The line above.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Above {
    /// Something that is not about the next rule.
    Nothing,
    /// A comment of tcpw.
    Label,
    /// A comment of a program that looks for its lines.
    Foreign,
}

/// What a comment is to the rules below it.
enum Remark {
    Plain,
    Label,
    Foreign,
    /// A mark that begins a block of another program, ends one, or does whichever comes next.
    Begin,
    End,
    Either,
}

impl Batches {
    /// Those of a table.
    pub(crate) fn of<'t>(
        tree: &'t Tree<'t>,
        table: TableName,
        world: &'t dyn Surroundings,
        place: Option<&'t str>,
    ) -> Self {
        let mut reader = Reader {
            table,
            world,
            dialect: world.dialect(),
            place,
            found: Self::default(),
            kind: None,
            stretch: 0,
            section: 0,
            has_comment: false,
            above: Above::Nothing,
            is_marked: false,
            heads: HashMap::new(),
            keys: HashMap::new(),
            places: HashMap::new(),
            said: HashSet::new(),
        };
        for line in tree.lines().take_while(|line| line.is_read()) {
            reader.line(line);
        }
        reader.found
    }
}

impl<'t> Reader<'t> {
    fn line(&mut self, line: Line<'t, 't>) {
        match line.kind() {
            LineKind::Comment => self.comment(line),
            LineKind::Malformed(_) => {
                self.begin_section(true);
                self.above = Above::Nothing;
            }
            LineKind::Blank => {
                if self.has_comment {
                    self.begin_section(false);
                }
                self.above = Above::Nothing;
            }
            LineKind::Rule => {
                if let Some(rule) = Rule::of(line) {
                    self.rule(rule);
                }
            }
        }
    }

    fn begin_section(&mut self, has_comment: bool) {
        self.section += 1;
        self.has_comment = has_comment;
    }

    fn comment(&mut self, line: Line<'t, 't>) {
        self.begin_section(true);
        self.above = Above::Nothing;
        match remark(&line.text(line.span())) {
            Remark::Plain => {}
            Remark::Label => self.above = Above::Label,
            Remark::Foreign => self.above = Above::Foreign,
            Remark::Begin => self.is_marked = true,
            Remark::End => self.is_marked = false,
            Remark::Either => self.is_marked = !self.is_marked,
        }
    }

    fn rule(&mut self, rule: Rule<'t, 't>) {
        self.found.rules += 1;
        let is_plain = !rule.has_options() || is_verdict(rule);
        let key = words(rule.daemons().elements()).zip(options(rule));
        let kind = match &key {
            _ if is_plain => Some(Kind::Plain(ending(self.table, rule))),
            Some(key) => Some(Kind::Alike(number(&mut self.keys, key))),
            None => None,
        };
        if kind.is_none() || self.kind != kind {
            self.kind = kind;
            self.stretch += 1;
            self.said.clear();
        }
        let above = std::mem::replace(&mut self.above, Above::Nothing);
        let is_labelled = above == Above::Label || self.has_comment && bond(rule).is_some();
        if is_labelled || above == Above::Foreign || self.is_marked {
            let untouched = &mut self.found.untouched;
            if is_labelled {
                untouched.labelled += 1;
            } else {
                untouched.foreign += 1;
            }
            return self.begin_section(false);
        }
        let key = key.filter(|(head, _)| !head.is_empty());
        match key.zip(self.clients(rule)) {
            Some((key, clients)) => self.put(rule, key, !is_plain, clients),
            None => self.leave(rule),
        }
    }

    /// The clients of a rule, if all of them are addresses, and the lists that hold some of them.
    fn clients(&self, rule: Rule<'t, 't>) -> Option<(Vec<AddressRange>, Vec<String>)> {
        let is_hidden = rule.line().is_joined()
            && rule
                .line()
                .span()
                .of(rule.line().tree().source())
                .contains(&0);
        let (mut ranges, mut lists) = (Vec::new(), Vec::new());
        for element in rule.clients().elements() {
            match element {
                Element::Except { .. } => return None,
                Element::Pattern { text, .. } => {
                    if let Some(list) = self.own_list(&text) {
                        ranges.append(&mut self.listed(&text)?);
                        lists.push(list);
                        continue;
                    }
                    let group = ClientGroup::of(&text, self.dialect);
                    ranges.push(AddressRange::of(&group)?);
                }
            }
        }
        (!is_hidden && !ranges.is_empty()).then_some((ranges, lists))
    }

    /// The path, if it is that of a list of tcpw.
    fn own_list(&self, text: &[u8]) -> Option<String> {
        let name = str::from_utf8(text).ok()?;
        let rest = name.strip_prefix(self.place?)?.strip_prefix('/')?;
        let is_own = rest.ends_with(LIST_END) && !rest.contains('/');
        is_own.then(|| name.to_owned())
    }

    /// The clients of a list, if all of them are addresses.
    fn listed(&self, path: &[u8]) -> Option<Vec<AddressRange>> {
        let ListFile::Read(bytes) = self.world.list_file(path) else {
            return None;
        };
        let words = bytes.split(u8::is_ascii_whitespace);
        words
            .filter(|word| !word.is_empty())
            .map(|word| AddressRange::of(&ClientGroup::of(word, self.dialect)))
            .collect()
    }

    /// Adds a rule to its batch.
    fn put(
        &mut self,
        rule: Rule<'t, 't>,
        key: (String, String),
        has_effects: bool,
        (mut ranges, lists): (Vec<AddressRange>, Vec<String>),
    ) {
        let is_for_some = !key.0.eq_ignore_ascii_case("ALL");
        let daemons = is_for_some.then(|| number(&mut self.heads, &key.0));
        let number = number(&mut self.keys, &key);
        let next = self.found.all.len();
        let place = (self.stretch, self.section, number);
        let place = *self.places.entry(place).or_insert(next);
        if place == next {
            let (head, tail) = key;
            self.found.all.push(Batch {
                stretch: self.stretch,
                has_comment: self.has_comment,
                has_effects,
                access: ending(self.table, rule),
                daemons,
                head,
                tail,
                lines: Vec::new(),
                lists: Vec::new(),
                ranges: Vec::new(),
            });
        }
        if let Some(batch) = self.found.all.get_mut(place) {
            batch.lists.extend(lists);
            batch.lines.push(rule.line().index());
            batch.ranges.append(&mut ranges);
        }
    }

    /// A rule that stays, unless an earlier one says the same. Below a comment it stays in any case.
    fn leave(&mut self, rule: Rule<'t, 't>) {
        let is_new = self.said.insert(rule.text());
        if is_new || self.has_comment {
            self.found.untouched.others += 1;
        } else {
            self.found.doubles.push(rule.line().index());
        }
    }
}

/// What a comment is to the rules below it.
fn remark(text: &[u8]) -> Remark {
    if Comment::read(text).is_some() {
        return Remark::Label;
    }
    if text.starts_with(b"# DenyHosts:") {
        return Remark::Foreign;
    }
    if text.starts_with(b"###sshguard###") {
        return Remark::Either;
    }
    let mut words = text.split(|byte| !byte.is_ascii_alphanumeric());
    words
        .find_map(|word| match word {
            b"BEGIN" => Some(Remark::Begin),
            b"END" => Some(Remark::End),
            _ => None,
        })
        .unwrap_or(Remark::Plain)
}

/// Whether all that the options of a rule do is to grant or to refuse.
fn is_verdict(rule: Rule<'_, '_>) -> bool {
    let options = rule.options();
    let [option] = options.as_slice() else {
        return false;
    };
    let is_bare = option.value.as_deref().is_none_or(<[u8]>::is_empty);
    let kind = option.spec().map(|spec| spec.kind);
    is_bare && matches!(kind, Some(OptionKind::Allow | OptionKind::Deny))
}

/// The words of a list with a space between them; nothing if they are not text.
fn words<'s>(list: impl Iterator<Item = Element<'s>>) -> Option<String> {
    let mut text = String::new();
    for element in list {
        if !text.is_empty() {
            text.push(' ');
        }
        match element {
            Element::Except { .. } => text.push_str("EXCEPT"),
            Element::Pattern { text: word, .. } => text.push_str(str::from_utf8(&word).ok()?),
        }
    }
    Some(text)
}

/// What stands after the second colon; nothing if it is not text.
fn options(rule: Rule<'_, '_>) -> Option<String> {
    if !rule.has_options() {
        return Some(String::new());
    }
    let command = rule.command();
    str::from_utf8(command.trim_ascii()).map(str::to_owned).ok()
}

/// The number of a key, a new one if it has none.
fn number<K: Hash + Eq + Clone>(numbers: &mut HashMap<K, u32>, key: &K) -> u32 {
    if let Some(number) = numbers.get(key) {
        return *number;
    }
    let next = offset(numbers.len());
    numbers.insert(key.clone(), next);
    next
}
