//! A line, a rule and a client pattern, taken apart once for all checks.

use super::check::Harm;
use crate::engine::TableName;
use crate::policy::{ClientPattern, DEBIAN_12, Dialect, Element, OptionKind, Rule, RuleOption};
use crate::span::Span;
use crate::syntax::Line;

/// A logical line and its table.
#[derive(Debug, Clone, Copy)]
pub(super) struct LineView<'t, 's> {
    pub(super) table: TableName,
    pub(super) line: Line<'t, 's>,
}

impl<'s> LineView<'_, 's> {
    /// Its bytes in the source, without the newline that ends it.
    pub(super) fn span(&self) -> Span {
        let span = self.line.span();
        let newline = u32::from(span.of(self.source()).ends_with(b"\n"));
        Span::new(span.start, span.end - newline)
    }

    pub(super) fn source(&self) -> &'s [u8] {
        self.line.tree().source()
    }
}

/// A rule with its lists and options.
#[derive(Debug)]
pub(super) struct RuleView<'t, 's> {
    pub(super) table: TableName,
    /// The build of libwrap that it is for.
    pub(super) dialect: &'static Dialect,
    pub(super) rule: Rule<'t, 's>,
    pub(super) daemons: Vec<Element<'s>>,
    pub(super) clients: Vec<Element<'s>>,
    pub(super) options: Vec<RuleOption<'s>>,
}

impl<'t, 's> RuleView<'t, 's> {
    /// A rule as Debian 12 takes it.
    pub(super) fn new(table: TableName, rule: Rule<'t, 's>) -> Self {
        Self::new_in(table, rule, &DEBIAN_12)
    }

    pub(super) fn new_in(table: TableName, rule: Rule<'t, 's>, dialect: &'static Dialect) -> Self {
        Self {
            table,
            dialect,
            rule,
            daemons: rule.daemons().elements().collect(),
            clients: rule.clients().elements().collect(),
            options: if dialect.options && rule.has_options() {
                rule.options()
            } else {
                Vec::new()
            },
        }
    }

    /// Looks at another rule, in the memory of this one: long tables are gone through rule by rule.
    pub(super) fn turn_to(&mut self, rule: Rule<'t, 's>) {
        self.rule = rule;
        self.daemons.clear();
        self.daemons.extend(rule.daemons().elements());
        self.clients.clear();
        self.clients.extend(rule.clients().elements());
        self.options.clear();
        if self.dialect.options && rule.has_options() {
            self.options = rule.options();
        }
    }

    /// The source of its table.
    pub(super) fn source(&self) -> &'s [u8] {
        self.rule.line().tree().source()
    }

    /// Its bytes from the first word to the last.
    pub(super) fn span(&self) -> Span {
        let span = self.rule.line().span();
        let bytes = span.of(self.source());
        let length = crate::span::offset(bytes.trim_ascii_end().len());
        let indent = span.len() - crate::span::offset(bytes.trim_ascii_start().len());
        Span::new(span.start + indent.min(length), span.start + length)
    }

    /// Whether it grants: as its last option says, or else its table; never with a broken option.
    pub(super) fn grants(&self) -> bool {
        !self.has_broken_option() && self.is_to_grant()
    }

    /// Whether it would grant if libwrap rejected none of its options.
    pub(super) fn is_to_grant(&self) -> bool {
        let last = self.options.last().and_then(RuleOption::spec);
        match last.map(|spec| spec.kind) {
            Some(OptionKind::Allow) => true,
            Some(OptionKind::Deny | OptionKind::Twist) => false,
            _ => self.table == TableName::Allow,
        }
    }

    /// Whether libwrap rejects one of its options.
    pub(super) fn has_broken_option(&self) -> bool {
        let mut options = self.options.iter();
        options.any(|option| is_broken(option, self.dialect))
    }

    /// A rule with other lists and the options of this one.
    pub(super) fn with_lists(&self, lists: &str) -> Vec<u8> {
        let options = self.options.first().map_or(&[][..], |first| {
            let end = self.span().end.max(first.name_span.start);
            Span::new(first.name_span.start, end).of(self.source())
        });
        let colon: &[u8] = if options.is_empty() { b"" } else { b": " };
        [lists.as_bytes(), colon, options, b"\n"].concat()
    }

    /// Whether it has an option of this kind.
    pub(super) fn has(&self, kind: OptionKind) -> bool {
        self.options
            .iter()
            .any(|option| option.spec().is_some_and(|spec| spec.kind == kind))
    }

    /// What a pattern does that no client is: beside `ALL` everybody gets in whom it was to restrict.
    pub(super) fn rating(&self, excepted: bool) -> (Harm, &'static str) {
        if excepted {
            return (Harm::Missed, "it excepts nobody");
        }
        let is_all = |(text, _): (&[u8], Span)| text.eq_ignore_ascii_case(b"ALL") || text == b"*";
        match (self.grants(), base(&self.clients).any(is_all)) {
            (true, true) => (Harm::LetsIn, "the ALL beside it lets everybody in"),
            (true, false) => (Harm::Missed, "it lets nobody in"),
            (false, true) => (Harm::LocksOut, "the ALL beside it keeps everybody out"),
            (false, false) => (Harm::Missed, "it keeps nobody out"),
        }
    }

    /// What happens to nobody when a pattern of the rule never matches.
    pub(super) fn nobody(&self) -> &'static str {
        if self.grants() {
            "lets nobody in"
        } else {
            "keeps nobody out"
        }
    }
}

/// Whether libwrap rejects the option, and with it everybody the rule matches.
fn is_broken(option: &RuleOption<'_>, dialect: &Dialect) -> bool {
    let value = option.value.as_deref();
    let checked = option
        .check_form_in(dialect)
        .and_then(|spec| spec.kind.check_value_in(value, dialect));
    checked.is_err()
}

/// Whether the option runs a command.
pub(super) fn runs_command(option: &RuleOption<'_>) -> bool {
    let kinds = [OptionKind::Spawn, OptionKind::Twist, OptionKind::Aclexec];
    option.spec().is_some_and(|spec| kinds.contains(&spec.kind))
}

/// Whether the value at `at` is a command that decides what its rule does, and nothing else: a
/// program that is missing there fails for everybody.
pub(super) fn is_filter(rule: Rule<'_, '_>, at: Span) -> bool {
    let options = rule.options();
    let kind = |option: &RuleOption<'_>| option.spec().map(|spec| spec.kind);
    let is_overruled = options.last().and_then(kind).is_some_and(|kind| {
        matches!(
            kind,
            OptionKind::Allow | OptionKind::Deny | OptionKind::Twist
        )
    });
    let last = options
        .iter()
        .rfind(|option| kind(option) == Some(OptionKind::Aclexec));
    let is_simple = |command: &[u8]| !command.iter().any(|byte| b";|&`$(){}!".contains(byte));
    !is_overruled
        && last.is_some_and(|option| {
            option.value_span == at && option.value.as_deref().is_some_and(is_simple)
        })
}

/// The texts and places of the patterns before the first `EXCEPT`: all that a list can match.
pub(super) fn base<'v>(elements: &'v [Element<'_>]) -> impl Iterator<Item = (&'v [u8], Span)> {
    elements.iter().map_while(|element| match element {
        Element::Pattern { text, span } => Some((&**text, *span)),
        Element::Except { .. } => None,
    })
}

/// The patterns of a list: text, place, and whether it removes clients from the list. It ends where
/// a comment was meant to begin.
pub(super) fn patterns<'v>(
    elements: &'v [Element<'_>],
) -> impl Iterator<Item = (&'v [u8], Span, bool)> + Clone {
    let mut excepted = false;
    let patterns = elements.iter().filter_map(move |element| match element {
        Element::Pattern { text, span } => Some((&**text, *span, excepted)),
        Element::Except { .. } => {
            excepted = !excepted;
            None
        }
    });
    patterns.take_while(|(text, ..)| !text.starts_with(b"#"))
}

/// Whether the list has the word `EXCEPT` in it.
pub(super) fn has_except(elements: &[Element<'_>]) -> bool {
    elements
        .iter()
        .any(|element| matches!(element, Element::Except { .. }))
}

/// Whether every bracket has its partner, as libwrap counts them: by depth alone (F-FIELD-05).
pub(super) fn is_balanced(text: &[u8]) -> bool {
    let depth = |depth: i64, byte: &u8| match byte {
        b'[' => depth + 1,
        b']' => depth - 1,
        _ => depth,
    };
    text.iter().fold(0, depth) == 0
}

/// One pattern of a client list.
#[derive(Debug)]
pub(super) struct ClientView<'v, 's> {
    pub(super) rule: &'v RuleView<'v, 's>,
    /// The whole element.
    pub(super) text: &'v [u8],
    /// The host part: all of it unless there is a user.
    pub(super) host: &'v [u8],
    pub(super) span: Span,
    pub(super) pattern: ClientPattern<'v>,
    /// Whether it removes clients from the list.
    pub(super) excepted: bool,
}

impl<'v, 's> ClientView<'v, 's> {
    pub(super) fn new(
        rule: &'v RuleView<'v, 's>,
        text: &'v [u8],
        span: Span,
        excepted: bool,
    ) -> Self {
        let pattern = ClientPattern::read(text);
        let at = pattern.user.and_then(|_| {
            let behind_first = text.get(1..)?;
            memchr::memchr(b'@', behind_first)
        });
        let host = at.and_then(|at| text.get(at + 2..)).unwrap_or(text);
        Self {
            rule,
            text,
            host,
            span,
            pattern,
            excepted,
        }
    }

    /// What happens to nobody when the pattern never matches.
    pub(super) fn nobody(&self) -> &'static str {
        if self.excepted {
            "excepts nobody"
        } else {
            self.rule.nobody()
        }
    }
}
