//! Questions on a terminal. Every one has a sensible answer that Enter alone gives; a wrong answer is
//! asked for again, and the end of input is the end of the command.

use super::words::{NO, YES};
use crate::cli::base::{Context, Failure, Style, Text};
use crate::config::Secret;
use crate::system::{HiddenLine, HiddenTerminal, keep_secrets};
use crate::values::Language;
use std::io::{self, BufRead as _, IsTerminal as _};
use unicode_width::UnicodeWidthStr as _;

/// What yes and no look like, with the keys of a Korean keyboard that are y and n on others.
const YESES: [&str; 6] = ["y", "yes", "예", "네", "ㅛ", "ㅇ"];
const NOES: [&str; 6] = ["n", "no", "아니요", "아니오", "ㅜ", "ㄴ"];

/// Narrower terminals break lines as they like.
const FEWEST_COLUMNS: usize = 20;

/// Whether somebody is there to answer.
pub(super) fn is_possible() -> bool {
    io::stdin().is_terminal() && io::stdout().is_terminal()
}

/// Somebody at a terminal.
pub(super) struct Prompt<'c> {
    /// Where it is printed.
    pub(super) context: &'c mut Context,
    /// The language of the questions.
    pub(super) language: Language,
}

impl<'c> Prompt<'c> {
    /// In the language that is spoken.
    pub(super) fn new(context: &'c mut Context) -> Self {
        let language = context.out.language();
        Self { context, language }
    }

    /// Says something.
    pub(super) fn say(&mut self, text: Text, parts: &[&str]) -> Result<(), Failure> {
        let text = text.with(self.language, parts);
        self.context.out.line(wrapped(&text, columns()))
    }

    /// Asks until the answer is a right one.
    pub(super) fn valid<T>(
        &mut self,
        question: &str,
        default: &str,
        check: impl Fn(&str) -> Result<T, Failure>,
    ) -> Result<T, Failure> {
        loop {
            let answer = self.answer(question, default)?;
            match check(&answer) {
                Ok(value) => return Ok(value),
                Err(Failure::ClosedPipe) => return Err(Failure::ClosedPipe),
                Err(failure) => self.context.out.show_failure(&failure),
            }
        }
    }

    /// Asks a question once; an empty answer is the default.
    pub(super) fn answer(&mut self, question: &str, default: &str) -> Result<String, Failure> {
        self.show(question, default)?;
        let mut line = String::new();
        match io::stdin().lock().read_line(&mut line) {
            Ok(count) if count > 0 => {
                let answer = line.trim();
                let answer = if answer.is_empty() { default } else { answer };
                Ok(answer.to_owned())
            }
            Err(error) if error.kind() == io::ErrorKind::InvalidData => {
                self.context.out.show_failure(
                    &Failure::new("the answer is not UTF-8 text").hint("type it again"),
                );
                self.answer(question, default)
            }
            Ok(_) | Err(_) => self.no_answer(),
        }
    }

    /// Asks for a yes or a no.
    pub(super) fn yes(&mut self, question: &str, default: bool) -> Result<bool, Failure> {
        let shown = if default { YES } else { NO }.of(self.language);
        self.valid(question, shown, |answer| {
            let answer = answer.to_lowercase();
            if YESES.contains(&answer.as_str()) {
                Ok(true)
            } else if NOES.contains(&answer.as_str()) {
                Ok(false)
            } else {
                Err(Failure::new("that is neither yes nor no").hint("type y or n"))
            }
        })
    }

    /// Asks for a secret, which is not shown.
    pub(super) fn secret(&mut self, question: &str) -> Result<Secret, Failure> {
        keep_secrets();
        loop {
            let Ok(hidden) = HiddenTerminal::new() else {
                return self.no_answer();
            };
            self.show(question, "")?;
            let line = hidden.read_line();
            drop(hidden);
            self.context.out.line("")?;
            match line {
                Ok(HiddenLine::Typed(bytes)) => match String::from_utf8(bytes) {
                    Ok(text) => return Ok(Secret(text)),
                    Err(_) => self.context.out.show_failure(
                        &Failure::new("the answer is not UTF-8 text").hint("type it again"),
                    ),
                },
                Ok(HiddenLine::Interrupted) => {
                    return Err(Failure::new("interrupted").hint("nothing was changed"));
                }
                Ok(HiddenLine::Ended) | Err(_) => return self.no_answer(),
            }
        }
    }

    fn show(&mut self, question: &str, default: &str) -> Result<(), Failure> {
        let shown = match default {
            "" => String::new(),
            default => format!(" [{default}]"),
        };
        let columns = columns();
        let lines = wrapped(&format!("{question}{shown}: "), columns);
        // The end of a line takes the place of a space, so that the question is as long as it was;
        // the default is not part of it.
        let text = match lines.split_at_checked(question.len()) {
            Some((question, rest)) => {
                let question = self.context.out.paint(Style::Strong, question);
                format!("{question}{rest}")
            }
            None => lines,
        };
        self.context.out.text(format_args!("{text}"))?;
        self.context.out.flush()
    }

    fn no_answer<T>(&mut self) -> Result<T, Failure> {
        self.context.out.line("")?;
        Err(Failure::new("there was no answer").hint(
            "run it again, or give everything by options: `tcpw setup --help` lists them; nothing \
             was changed",
        ))
    }
}

/// The words of an answer, with spaces or commas between.
pub(super) fn words(answer: &str) -> Vec<String> {
    let parts = answer.split(|c: char| c == ',' || c.is_whitespace());
    parts
        .filter(|word| !word.is_empty())
        .map(str::to_owned)
        .collect()
}

/// The columns of the terminal on standard output; nothing where it has no width, or is none.
pub(super) fn columns() -> Option<usize> {
    let (width, _) = terminal_size::terminal_size()?;
    Some(usize::from(width.0))
}

/// The text with its lines ended between words, so that the terminal breaks none.
pub(super) fn wrapped(text: &str, columns: Option<usize>) -> String {
    let Some(columns) = columns.filter(|columns| *columns > FEWEST_COLUMNS) else {
        return text.to_owned();
    };
    let mut lines = String::new();
    let mut width = 0;
    for word in text.split_inclusive(' ') {
        let own = word.trim_end().width();
        if width > 0 && width + own >= columns {
            lines.truncate(lines.trim_end().len());
            lines.push('\n');
            width = 0;
        }
        lines.push_str(word);
        width += word.width();
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_end_between_words() {
        let text = "Who may connect? Addresses, networks [127.0.0.0/8 ::1]: ";
        assert_eq!(wrapped(text, None), text);
        assert_eq!(
            wrapped(text, Some(30)),
            "Who may connect? Addresses,\nnetworks [127.0.0.0/8 ::1]: "
        );
        assert_eq!(
            wrapped("누구의 접속을 허용할까요? 주소, 네트워크", Some(28)),
            "누구의 접속을 허용할까요?\n주소, 네트워크"
        );
        let long = "x".repeat(90);
        assert_eq!(
            wrapped(&format!("a {long} b"), Some(40)),
            format!("a\n{long}\nb")
        );
    }

    #[test]
    fn spaces_and_commas_part_words() {
        assert_eq!(words(" a,b  c, ,d,"), ["a", "b", "c", "d"]);
        assert_eq!(words(" , "), [""; 0]);
    }
}
