//! Rules as views on the lines of a tree.

use crate::policy::option::RuleOption;
use crate::span::Span;
use crate::syntax::{Line, LineKind, Token, TokenKind, Tree};
use std::borrow::Cow;

/// The rules that libwrap reads: none after a line that ends the table.
pub fn rules<'t, 's>(tree: &'t Tree<'s>) -> impl Iterator<Item = Rule<'t, 's>> {
    tree.lines()
        .take_while(|line| line.is_read())
        .filter_map(Rule::of)
}

/// One access rule.
#[derive(Debug, Clone, Copy)]
pub struct Rule<'t, 's> {
    line: Line<'t, 's>,
}

impl<'t, 's> Rule<'t, 's> {
    /// The rule on `line`, if it is one.
    pub fn of(line: Line<'t, 's>) -> Option<Self> {
        (line.kind() == LineKind::Rule).then_some(Self { line })
    }

    /// The line it stands on.
    pub fn line(self) -> Line<'t, 's> {
        self.line
    }

    /// The line number libwrap reports.
    pub fn number(self) -> u32 {
        self.line.number()
    }

    /// Before the first colon.
    pub fn daemons(self) -> List<'t, 's> {
        List {
            line: self.line,
            field: 0,
        }
    }

    /// Between the first colon and the second.
    pub fn clients(self) -> List<'t, 's> {
        List {
            line: self.line,
            field: 1,
        }
    }

    /// After the second colon, in order; a rule without one has none.
    pub fn options(self) -> Vec<RuleOption<'s>> {
        let mut fields = Vec::new();
        let mut current: Option<RuleOption<'s>> = None;
        let mut colons = 0;
        for token in self.line.tokens() {
            if token.kind == TokenKind::Colon {
                colons += 1;
                fields.extend(current.take());
                current = (colons > 1).then(|| RuleOption::behind(token.span.end));
            } else if token.kind == TokenKind::Comment {
                // Right after a colon it leaves no field at all.
                let at = token.span.start;
                current = current.filter(|option| !option.is_empty_at(at));
            } else if let Some(option) = &mut current {
                option.take(self.line, token);
            }
        }
        fields.extend(current);
        if let Some(last) = fields.last_mut() {
            last.is_last = true;
        }
        fields
    }

    /// Whether there is a second colon: then the verdict is the options' (F-ACL-06).
    pub fn has_options(self) -> bool {
        // Most rules of long tables have none, and one colon only.
        let bytes = self.line.span().of(self.line.tree().source());
        if memchr::memchr_iter(b':', bytes).nth(1).is_none() {
            return false;
        }
        self.line
            .tokens()
            .filter(|token| token.kind == TokenKind::Colon)
            .nth(1)
            .is_some()
    }

    /// Everything after the second colon, where a build without options finds its command.
    pub fn command(self) -> Cow<'s, [u8]> {
        let span = self.line.span();
        let mut colons = self
            .line
            .tokens()
            .filter(|token| token.kind == TokenKind::Colon);
        let start = colons.nth(1).map_or(span.end, |colon| colon.span.end);
        let end = span.end.saturating_sub(1).max(start);
        self.line.text(Span::new(start, end))
    }

    /// The rule as one line of text, as libwrap reads it.
    pub fn text(self) -> Cow<'s, [u8]> {
        let span = self.line.span();
        let text = self
            .line
            .text(Span::new(span.start, span.end.saturating_sub(1)));
        match text {
            Cow::Borrowed(text) => Cow::Borrowed(text.trim_ascii_end()),
            Cow::Owned(text) => Cow::Owned(text.trim_ascii_end().to_vec()),
        }
    }
}

/// A list of daemons or clients.
#[derive(Debug, Clone, Copy)]
pub struct List<'t, 's> {
    line: Line<'t, 's>,
    field: usize,
}

/// One element of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Element<'s> {
    /// A pattern, not yet read.
    Pattern {
        /// Its text, without splices.
        text: Cow<'s, [u8]>,
        /// Where it stands.
        span: Span,
    },
    /// The word `EXCEPT`.
    Except {
        /// Where it stands.
        span: Span,
    },
}

impl Element<'_> {
    /// Where it stands.
    pub fn span(&self) -> Span {
        match self {
            Self::Pattern { span, .. } | Self::Except { span } => *span,
        }
    }
}

impl<'t, 's> List<'t, 's> {
    /// Its elements in order; separators left out.
    pub fn elements(self) -> impl Iterator<Item = Element<'s>> + use<'t, 's> {
        let line = self.line;
        self.tokens().filter_map(move |token| {
            let span = token.span;
            if token.kind == TokenKind::Item {
                let text = line.text(span);
                Some(Element::Pattern { text, span })
            } else {
                (token.kind == TokenKind::Except).then_some(Element::Except { span })
            }
        })
    }

    /// From its first token to its last, separators included; empty for an empty list.
    pub fn span(self) -> Span {
        let mut tokens = self.tokens();
        let first = tokens.next().map(|token| token.span);
        let last = tokens.last().map(|token| token.span).or(first);
        match (first, last) {
            (Some(first), Some(last)) => first.cover(last),
            _ => Span::empty(self.line.span().start),
        }
    }

    /// Its tokens: those between the colons.
    fn tokens(self) -> impl Iterator<Item = Token> + use<'t, 's> {
        let mut tokens = self.line.tokens();
        let mut colons = 0;
        std::iter::from_fn(move || {
            while colons <= self.field {
                let token = tokens.next()?;
                if token.kind == TokenKind::Colon {
                    colons += 1;
                } else if colons == self.field && token.kind != TokenKind::Comment {
                    return Some(token);
                }
            }
            None
        })
    }
}
