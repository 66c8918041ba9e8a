//! The options of a rule: the table of keywords, and reading one field.

use crate::policy::dialect::{DEBIAN_12, Dialect};
use crate::policy::number::{c_decimal, c_octal};
use crate::policy::problem::OptionProblem;
use crate::span::Span;
use crate::syntax::{Line, Token, TokenKind};
use std::borrow::Cow;

/// What an option does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[expect(
    missing_docs,
    reason = "each is the keyword of its name in hosts_options(5)"
)]
pub enum OptionKind {
    Aclexec,
    Allow,
    Banners,
    Deny,
    Group,
    Keepalive,
    Linger,
    Nice,
    Rfc931,
    Setenv,
    Severity,
    Spawn,
    Twist,
    Umask,
    User,
}

/// Whether an option takes a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Argument {
    /// It must have one.
    Required,
    /// It may have one.
    Optional,
    /// It must not have one.
    Forbidden,
}

/// One row of the table of options.
#[derive(Debug, Clone, Copy)]
pub struct OptionSpec {
    /// The keyword; case does not matter.
    pub name: &'static str,
    /// What it does.
    pub kind: OptionKind,
    /// Whether it takes a value.
    pub argument: Argument,
    /// Whether `%` letters in the value are expanded.
    pub expands: bool,
    /// Whether it must be the last option.
    pub must_be_last: bool,
}

/// All options there are.
pub const OPTIONS: &[OptionSpec] = {
    use Argument::{Forbidden, Optional, Required};
    use OptionKind as Kind;
    const fn row(name: &'static str, kind: OptionKind, argument: Argument) -> OptionSpec {
        let expands = matches!(
            kind,
            OptionKind::Aclexec | OptionKind::Setenv | OptionKind::Spawn | OptionKind::Twist
        );
        let must_be_last = matches!(
            kind,
            OptionKind::Allow | OptionKind::Deny | OptionKind::Twist
        );
        OptionSpec {
            name,
            kind,
            argument,
            expands,
            must_be_last,
        }
    }
    &[
        row("aclexec", Kind::Aclexec, Required),
        row("allow", Kind::Allow, Forbidden),
        row("banners", Kind::Banners, Required),
        row("deny", Kind::Deny, Forbidden),
        row("group", Kind::Group, Required),
        row("keepalive", Kind::Keepalive, Forbidden),
        row("linger", Kind::Linger, Required),
        row("nice", Kind::Nice, Optional),
        row("rfc931", Kind::Rfc931, Optional),
        row("setenv", Kind::Setenv, Required),
        row("severity", Kind::Severity, Required),
        row("spawn", Kind::Spawn, Required),
        row("twist", Kind::Twist, Required),
        row("umask", Kind::Umask, Required),
        row("user", Kind::User, Required),
    ]
};

const FACILITIES: &[&str] = &[
    "kern", "user", "mail", "daemon", "auth", "lpr", "news", "uucp", "cron", "local0", "local1",
    "local2", "local3", "local4", "local5", "local6", "local7",
];
const LEVELS: &[&str] = &[
    "emerg", "alert", "crit", "err", "warning", "notice", "info", "debug",
];

/// One option field of a rule, as it is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RuleOption<'s> {
    /// The keyword, `\:` unescaped; empty where there is none.
    pub name: Cow<'s, [u8]>,
    /// Where the keyword is; empty, after the colon, where there is none.
    pub name_span: Span,
    /// The value, `\:` unescaped; `%` letters as they are.
    pub value: Option<Cow<'s, [u8]>>,
    /// Where the value is; empty, after the keyword, where there is none.
    pub value_span: Span,
    /// Whether no field follows.
    pub is_last: bool,
}

impl<'s> RuleOption<'s> {
    /// An empty field after a colon.
    pub(super) fn behind(colon: u32) -> Self {
        Self {
            name: Cow::Borrowed(&[]),
            name_span: Span::empty(colon),
            value: None,
            value_span: Span::empty(colon),
            is_last: false,
        }
    }

    /// Whether it is an empty field that ends where it begins, at `place`.
    pub(super) fn is_empty_at(&self, place: u32) -> bool {
        self.name.is_empty() && self.name_span == Span::empty(place)
    }

    /// Adds the next token of the field.
    pub(super) fn take(&mut self, line: Line<'_, 's>, token: Token) {
        if token.kind == TokenKind::OptionName {
            self.name = unescape(line.text(token.span));
            self.name_span = token.span;
            self.value_span = Span::empty(token.span.end);
        } else if token.kind == TokenKind::OptionValue {
            self.value = Some(unescape(line.text(token.span)));
            self.value_span = token.span;
        }
    }

    /// The row of the table it names, if there is one.
    pub fn spec(&self) -> Option<&'static OptionSpec> {
        OPTIONS
            .iter()
            .find(|spec| self.name.eq_ignore_ascii_case(spec.name.as_bytes()))
    }

    /// The checks that libwrap makes before it looks at the value.
    ///
    /// # Errors
    /// The first problem in the order in which the library finds it.
    pub fn check_form(&self) -> Result<&'static OptionSpec, OptionProblem> {
        self.check_form_in(&DEBIAN_12)
    }

    /// The same, in a dialect.
    ///
    /// # Errors
    /// The first problem in the order in which the library finds it.
    pub fn check_form_in(&self, dialect: &Dialect) -> Result<&'static OptionSpec, OptionProblem> {
        if self.name.is_empty() {
            return Err(OptionProblem::MissingName);
        }
        let exists = |spec: &&OptionSpec| dialect.aclexec || spec.kind != OptionKind::Aclexec;
        let spec = self
            .spec()
            .filter(exists)
            .ok_or(OptionProblem::UnknownName)?;
        match (spec.argument, &self.value) {
            (Argument::Required, None) => Err(OptionProblem::MissingValue),
            (Argument::Forbidden, Some(_)) => Err(OptionProblem::UnwantedValue),
            _ if spec.must_be_last && !self.is_last => Err(OptionProblem::NotLast),
            _ => Ok(spec),
        }
    }
}

impl OptionKind {
    /// Whether the option takes `value` (already expanded, where it is to be expanded). Accounts
    /// are not looked up here.
    ///
    /// # Errors
    /// [`OptionProblem::BadValue`].
    pub fn check_value(self, value: Option<&[u8]>) -> Result<(), OptionProblem> {
        self.check_value_in(value, &DEBIAN_12)
    }

    /// The same, in a dialect.
    ///
    /// # Errors
    /// [`OptionProblem::BadValue`].
    pub fn check_value_in(
        self,
        value: Option<&[u8]>,
        dialect: &Dialect,
    ) -> Result<(), OptionProblem> {
        let is_good = match (self, value) {
            (Self::Severity, Some(value)) => is_severity(value, dialect),
            (Self::Umask, Some(value)) => c_octal(value).is_some_and(|mask| mask <= 0o777),
            (Self::Nice, Some(value)) => c_decimal(value).is_some(),
            (Self::Rfc931, Some(value)) => c_decimal(value).is_some_and(|(number, _)| number > 0),
            (Self::Linger, Some(value)) => c_decimal(value).is_some_and(|(number, _)| number >= 0),
            (Self::Setenv, Some(value)) => {
                let (name, _) = setenv(value);
                !name.is_empty() && !name.contains(&b'=')
            }
            _ => true,
        };
        if is_good {
            Ok(())
        } else {
            Err(OptionProblem::BadValue)
        }
    }
}

/// The name and the value of `setenv`: the name ends at the first space (F-OPT-12).
pub(crate) fn setenv(value: &[u8]) -> (&[u8], &[u8]) {
    let end = value
        .iter()
        .position(|byte| matches!(byte, b' ' | b'\t' | b'\r' | b'\n'));
    let (name, rest) = value.split_at(end.unwrap_or(value.len()));
    (name, rest.trim_ascii())
}

/// `facility.level` or `level` (F-SEV-01).
fn is_severity(value: &[u8], dialect: &Dialect) -> bool {
    let known = |words: &[&str], more: &[&str], text: &[u8]| {
        let is_it = |word: &&str| text.eq_ignore_ascii_case(word.as_bytes());
        words.iter().chain(more).any(is_it)
    };
    let is_level = |text: &[u8]| known(LEVELS, dialect.levels, text);
    match memchr::memchr(b'.', value).and_then(|dot| value.split_at_checked(dot)) {
        Some((facility, level)) => {
            known(FACILITIES, dialect.facilities, facility)
                && is_level(level.get(1..).unwrap_or_default())
        }
        None => is_level(value),
    }
}

/// Takes the backslash out of every `\:` (F-OPT-07).
fn unescape(text: Cow<'_, [u8]>) -> Cow<'_, [u8]> {
    if memchr::memmem::find(&text, b"\\:").is_none() {
        return text;
    }
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text.iter().copied().peekable();
    while let Some(byte) = rest.next() {
        if !(byte == b'\\' && rest.peek() == Some(&b':')) {
            out.push(byte);
        }
    }
    Cow::Owned(out)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::rules;
    use crate::syntax::parse;

    fn options(rule: &str) -> Vec<(String, Option<String>, Result<(), OptionProblem>)> {
        let source = format!("{rule}\n");
        let tree = parse(source.as_bytes());
        let show = |text: &[u8]| String::from_utf8_lossy(text).into_owned();
        let rule = rules(&tree).next().unwrap();
        rule.options()
            .iter()
            .map(|option| {
                let checked = option
                    .check_form()
                    .and_then(|spec| spec.kind.check_value(option.value.as_deref()));
                (
                    show(&option.name),
                    option.value.as_deref().map(show),
                    checked,
                )
            })
            .collect()
    }

    fn problem(rule: &str) -> Result<(), OptionProblem> {
        options(rule)
            .into_iter()
            .find_map(|(_, _, result)| result.err())
            .map_or(Ok(()), Err)
    }

    #[test]
    fn f_opt_02_to_05_forms() {
        use OptionProblem as P;
        for (rule, expected) in [
            ("a: b", Ok(())),
            ("a: b:", Err(P::MissingName)),
            ("a: b: allow:", Err(P::NotLast)),
            ("a: b: ALLOW =", Ok(())),
            ("a: b: bogus", Err(P::UnknownName)),
            ("a: b: # note", Err(P::UnknownName)),
            ("a: b: umask =", Err(P::MissingValue)),
            ("a: b: allow x", Err(P::UnwantedValue)),
            ("a: b: spawn x: deny", Ok(())),
        ] {
            assert_eq!(problem(rule), expected, "{rule}");
        }
    }

    #[test]
    fn f_sev_and_f_opt_values() {
        for good in [
            "severity mail.info",
            "umask +22",
            "nice",
            "nice -5",
            "rfc931 5",
            "linger 010",
        ] {
            assert_eq!(problem(&format!("a: b: {good}")), Ok(()), "{good}");
        }
        for bad in [
            "severity mail",
            "severity authpriv.info",
            "umask 8",
            "nice 10x",
            "rfc931 0",
        ] {
            assert_eq!(
                problem(&format!("a: b: {bad}")),
                Err(OptionProblem::BadValue),
                "{bad}"
            );
        }
        assert_eq!(problem("a: b: setenv A=b"), Err(OptionProblem::BadValue));
        assert_eq!(problem("a: b: setenv A = b"), Ok(()));
    }

    #[test]
    fn f_opt_07_values_are_unescaped_once() {
        let (_, value, _) = options("a: b: setenv A a\\:b\\\\:c").remove(0);
        assert_eq!(value.as_deref(), Some("A a:b\\:c"));
    }
}
