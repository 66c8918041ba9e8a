//! A percent sign that was meant for the command: libwrap takes it, and the letter after it, out or
//! puts something else there (F-PCT-01, F-PCT-02, F-SPAWN-06).

use crate::diagnostic::Fix;
use crate::edit::Edit;
use crate::lint::command::{Piece, Word, base_name, pieces};
use crate::lint::fix::{Broken, edits};
use crate::lint::sink::Sink;
use crate::lint::view::{RuleView, runs_command};
use crate::lint::words::{plain, quote};
use crate::policy::{Dialect, Expansion, Part, RuleOption, parts_in};
use crate::span::{Span, offset};

rows! {
    /// A percent sign does not reach the command.
    ///
    /// libwrap removes it with the letter after it, or puts the daemon, a name or the like there:
    /// `%d` in the format of date is the daemon.
    ///
    /// Repair: --unsafe-fixes
    /// Facts: F-PCT-02 F-SPAWN-06
    CHECK = Row::new("TW602", "percent-vanishes", Warning, Breaks, Run::Rule(check))
        .fixed(Repair::Line(fix));
}

fn check(rule: &RuleView<'_, '_>, sink: &mut Sink) {
    for option in &rule.options {
        let span = option.value_span;
        let value = span.of(rule.source());
        let Some(first) = lost(option, value, rule.dialect).into_iter().next() else {
            continue;
        };
        let start = span.start + offset(first.at);
        let of = if rule.dialect.port_letters {
            String::new()
        } else {
            format!(" on {}", rule.dialect.title)
        };
        sink.report(Span::new(start, (start + 2).min(span.end)), || {
            let letter = quote(&[b'%', first.letter]);
            let message = match first.program {
                Some(program) => format!(
                    "libwrap replaces {letter} before `{}` sees its format",
                    plain(program)
                ),
                None => {
                    format!(
                        "{letter} is not one of libwrap's letters{of}: it vanishes before the \
                         command runs"
                    )
                }
            };
            (message, "write `%%` for a percent sign".to_owned())
        });
    }
}

/// A percent sign that does not reach the command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Lost<'v> {
    at: usize,
    letter: u8,
    /// The program in whose format it stands, if libwrap has something to put there.
    program: Option<&'v [u8]>,
    /// Where its word begins.
    word: usize,
}

/// Where percent signs are to be doubled in a value, as offsets; none where it is not certain for
/// each of them whether libwrap or the command is meant.
fn doubled(option: &RuleOption<'_>, value: &[u8], dialect: &Dialect) -> Option<Vec<usize>> {
    let lost = lost(option, value, dialect);
    let words = words(value);
    for (at, part) in parts_in(value, dialect) {
        let is_lost = lost.iter().any(|lost| lost.at == at);
        if is_lost || !matches!(part, Part::Expansion(letter) if letter != Expansion::Percent) {
            continue;
        }
        let word = word_at(&words, at);
        if lost.iter().any(|lost| lost.word == word) {
            return None;
        }
    }
    Some(lost.iter().map(|lost| lost.at).collect())
}

fn lost<'v>(option: &RuleOption<'_>, value: &'v [u8], dialect: &Dialect) -> Vec<Lost<'v>> {
    let expands = option.spec().is_some_and(|spec| spec.expands);
    if !expands || memchr::memchr(b'%', value).is_none() {
        return Vec::new();
    }
    let words = words(value);
    let formats = if runs_command(option) {
        formats(value)
    } else {
        Vec::new()
    };
    let mut found = Vec::new();
    for (at, part) in parts_in(value, dialect) {
        let format = formats
            .iter()
            .find(|(word, _)| (word.start..word.start + word.text.len()).contains(&at));
        let program = match part {
            Part::Unknown(_) => None,
            Part::Expansion(letter) if letter != Expansion::Percent => match format {
                Some((_, program)) => Some(*program),
                None => continue,
            },
            Part::Expansion(_) | Part::Text(_) => continue,
        };
        found.push(Lost {
            at,
            letter: value.get(at + 1).copied().unwrap_or_default(),
            program,
            word: word_at(&words, at),
        });
    }
    found
}

fn words(value: &[u8]) -> Vec<Word<'_>> {
    let words = pieces(value).into_iter().filter_map(|piece| match piece {
        Piece::Word(word) => Some(word),
        Piece::Operator(_) => None,
    });
    words.collect()
}

/// Where the word that holds a place begins.
fn word_at(words: &[Word<'_>], at: usize) -> usize {
    let word = words.iter().rev().find(|word| word.start <= at);
    word.map_or(0, |word| word.start)
}

/// The words in which percent signs are the program's: the format of `date` and of `printf`.
fn formats(value: &[u8]) -> Vec<(Word<'_>, &[u8])> {
    let mut found = Vec::new();
    for words in crate::lint::command::commands(value) {
        let Some((program, arguments)) = words.split_first() else {
            continue;
        };
        let name = base_name(program.bare());
        let format = match name {
            b"date" => arguments.iter().find(|word| word.bare().starts_with(b"+")),
            b"printf" => arguments.iter().find(|word| !word.bare().starts_with(b"-")),
            _ => None,
        };
        found.extend(format.map(|word| (*word, name)));
    }
    found
}

/// Every percent sign of the command of an option that does not reach it, written twice.
fn fix(broken: &Broken<'_, '_>) -> Option<Fix> {
    let (rule, found) = (broken.rule()?, broken.span.start);
    let is_there = |option: &&RuleOption<'_>| {
        (option.value_span.start..option.value_span.end).contains(&found)
    };
    let option = rule.options.iter().find(is_there)?;
    let value = option.value_span.of(rule.source());
    let signs = doubled(option, value, rule.dialect)?;
    let all = signs
        .into_iter()
        .map(|at| Edit::insert(option.value_span.start + offset(at), "%"));
    let all: Vec<Edit> = all.collect();
    (!all.is_empty()).then(|| edits("write two percent signs", all))
}
