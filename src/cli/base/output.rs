//! The one owner of standard output and standard error.

use super::exit::Exit;
use super::failure::Failure;
use super::terminal::{columns, wrapped};
use super::text::Text;
use crate::escape::visible_lines;
use crate::values::Language;
use clap::ValueEnum;
use std::borrow::Cow;
use std::ffi::OsString;
use std::io::{self, IsTerminal as _, Write as _};
use std::process::ExitCode;

/// When to colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub(crate) enum ColorChoice {
    /// On a terminal, unless NO_COLOR is set
    #[default]
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}

impl ColorChoice {
    /// Whether a stream is coloured that is a terminal, or is not.
    fn is_colored(self, is_terminal: bool) -> bool {
        match self {
            Self::Always => true,
            Self::Never => false,
            Self::Auto => is_terminal && !no_color(),
        }
    }

    /// The choice among arguments that could not be read: the last one counts. What would move a
    /// cursor is shown without any colour, so that it does not.
    pub(crate) fn among(args: &[OsString]) -> Self {
        let is_control = |byte: &u8| byte.is_ascii_control();
        if args
            .iter()
            .any(|word| word.as_encoded_bytes().iter().any(is_control))
        {
            return Self::Never;
        }
        let words = args.iter().take_while(|word| *word != "--");
        let words: Vec<&str> = words
            .map(|word| word.to_str().unwrap_or_default())
            .collect();
        let values = words.iter().enumerate().filter_map(|(at, word)| {
            let next = || words.get(at + 1).copied().unwrap_or_default();
            match *word {
                "--color" => Some(next()),
                word => word.strip_prefix("--color="),
            }
        });
        let read = |value: &str| <Self as ValueEnum>::from_str(value, false).ok();
        values.rev().find_map(read).unwrap_or_default()
    }
}

/// What a piece of text is, for its colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Style {
    /// Granted, added, well.
    Good,
    /// Denied, removed, wrong.
    Bad,
    /// Worth a look.
    Warn,
    /// Places, line numbers, hints.
    Dim,
    /// Headings.
    Strong,
}

/// Spaces before a sentence that goes on in the next line.
const INDENT: usize = 4;

/// The sequences of [`Output::paint`]: all that a terminal is ever told to do.
const SEQUENCES: [&str; 6] = [
    "\u{1b}[0m",
    "\u{1b}[1m",
    "\u{1b}[2m",
    "\u{1b}[31m",
    "\u{1b}[32m",
    "\u{1b}[33m",
];

/// Who reads standard output.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Reader {
    /// Somebody, as far as is known.
    There,
    /// Somebody without whom the command ends.
    Needed,
    /// Nobody any more.
    Gone,
}

/// Buffered standard output, with or without colours. Whatever is printed for people cannot move a
/// cursor or hide anything, wherever it comes from.
#[derive(Debug)]
pub(crate) struct Output {
    stdout: io::BufWriter<io::Stdout>,
    color: bool,
    /// Whether standard output stays empty.
    is_quiet: bool,
    /// How wide the terminal is, if standard output is one.
    columns: Option<usize>,
    /// Lines for people that are kept instead of printed.
    held: Option<Vec<String>>,
    /// Who reads standard output.
    reader: Reader,
    /// What was changed on this machine.
    done: Vec<String>,
    /// The language of what has two.
    language: Language,
}

impl Output {
    pub(crate) fn new(choice: ColorChoice) -> Self {
        let color = choice.is_colored(io::stdout().is_terminal());
        Self {
            stdout: io::BufWriter::with_capacity(64 * 1024, io::stdout()),
            color,
            is_quiet: false,
            columns: columns(&io::stdout()),
            held: None,
            reader: Reader::There,
            done: Vec::new(),
            language: Language::English,
        }
    }

    /// The same, but with nothing on standard output if it is to be quiet.
    #[must_use]
    pub(crate) fn quiet(self, is_quiet: bool) -> Self {
        Self { is_quiet, ..self }
    }

    /// The same, of a command whose output is all that it does: it ends once nobody reads it. Others
    /// finish their work, and end with a code of their own.
    #[must_use]
    pub(crate) fn ending_when_closed(self, ends_when_closed: bool) -> Self {
        let reader = if ends_when_closed {
            Reader::Needed
        } else {
            Reader::There
        };
        Self { reader, ..self }
    }

    /// Whether nothing is printed on standard output.
    pub(crate) fn is_quiet(&self) -> bool {
        self.is_quiet
    }

    /// How wide the terminal is, if standard output is one.
    pub(crate) fn columns(&self) -> Option<usize> {
        self.columns
    }

    /// Prints a sentence, safe to show: on a terminal it is broken between words.
    pub(crate) fn prose(&mut self, text: impl AsRef<str>) -> Result<(), Failure> {
        match self.columns {
            Some(columns) => {
                let text = wrapped(text.as_ref(), columns, INDENT);
                self.line(text)
            }
            None => self.line(text),
        }
    }

    /// From now on what has two languages is said in this one; English before.
    pub(crate) fn speak(&mut self, language: Language) {
        self.language = language;
    }

    /// The language of what has two.
    pub(crate) fn language(&self) -> Language {
        self.language
    }

    /// A text in that language, with `parts` put in.
    pub(crate) fn words(&self, text: Text, parts: &[&str]) -> String {
        text.with(self.language, parts)
    }

    /// Prints a text in that language as a line, with `parts` put in.
    pub(crate) fn say(&mut self, text: Text, parts: &[&str]) -> Result<(), Failure> {
        self.line(self.words(text, parts))
    }

    /// From now on lines for people are kept, where a program reads the output; [`Output::release`]
    /// gives them.
    pub(crate) fn hold(&mut self) {
        self.held = Some(Vec::new());
    }

    /// The lines that were kept; the next are printed again.
    pub(crate) fn release(&mut self) -> Vec<String> {
        self.held.take().unwrap_or_default()
    }

    /// Prints what was changed on this machine, and keeps it for whoever asks what was done.
    pub(crate) fn did(&mut self, text: &str) -> Result<(), Failure> {
        self.done.push(text.to_owned());
        self.line(text)
    }

    /// What was changed on this machine so far.
    pub(crate) fn done(&self) -> &[String] {
        &self.done
    }

    /// Prints `text`, safe to show, and a newline.
    pub(crate) fn line(&mut self, text: impl AsRef<str>) -> Result<(), Failure> {
        if let Some(held) = &mut self.held {
            held.push(text.as_ref().to_owned());
            return Ok(());
        }
        let shown = self.shown(text.as_ref()).into_owned();
        self.bytes(shown.as_bytes())?;
        self.bytes(b"\n")
    }

    /// Prints formatted text, safe to show, without a newline of its own.
    pub(crate) fn text(&mut self, text: std::fmt::Arguments<'_>) -> Result<(), Failure> {
        let text = text.to_string();
        if let Some(held) = &mut self.held {
            held.push(text);
            return Ok(());
        }
        let shown = self.shown(&text).into_owned();
        self.bytes(shown.as_bytes())
    }

    /// Prints a line for programs as it is: its format, JSON, has escapes of its own.
    pub(crate) fn data(&mut self, line: impl AsRef<str>) -> Result<(), Failure> {
        self.bytes(line.as_ref().as_bytes())?;
        self.bytes(b"\n")
    }

    /// `text` with nothing in it that a terminal would obey, but for our own colours.
    fn shown<'t>(&self, text: &'t str) -> Cow<'t, str> {
        if !self.color || !text.contains('\u{1b}') {
            return visible_lines(text);
        }
        let mut parts = text.split('\u{1b}');
        let mut out = visible_lines(parts.next().unwrap_or_default()).into_owned();
        for part in parts {
            let own = SEQUENCES.iter().find_map(|sequence| {
                let code = sequence.strip_prefix('\u{1b}')?;
                Some((sequence, part.strip_prefix(code)?))
            });
            let (start, rest) = own.map_or(("\\x1b", part), |(sequence, rest)| (*sequence, rest));
            out.push_str(start);
            out.push_str(&visible_lines(rest));
        }
        Cow::Owned(out)
    }

    /// Prints bytes as they are: for output that must equal a file.
    pub(crate) fn bytes(&mut self, bytes: &[u8]) -> Result<(), Failure> {
        if self.is_quiet || self.reader == Reader::Gone {
            return Ok(());
        }
        let written = self.stdout.write_all(bytes);
        self.written(written)
    }

    /// What became of output: nobody who reads it is not a failure of the command.
    fn written(&mut self, written: io::Result<()>) -> Result<(), Failure> {
        match written {
            Err(error)
                if error.kind() == io::ErrorKind::BrokenPipe && self.reader != Reader::Needed =>
            {
                self.reader = Reader::Gone;
                Ok(())
            }
            other => Ok(other?),
        }
    }

    /// Makes everything printed so far visible.
    pub(crate) fn flush(&mut self) -> Result<(), Failure> {
        if self.reader == Reader::Gone {
            return Ok(());
        }
        let written = self.stdout.flush();
        self.written(written)
    }

    /// `text` in the colour of `style`, or plain.
    pub(crate) fn paint(&self, style: Style, text: &str) -> String {
        if !self.color || text.is_empty() {
            return text.to_owned();
        }
        let code = match style {
            Style::Good => "32",
            Style::Bad => "31",
            Style::Warn => "33",
            Style::Dim => "2",
            Style::Strong => "1",
        };
        format!("\u{1b}[{code}m{}\u{1b}[0m", self.shown(text))
    }

    /// A remark for people, on standard error, after what was printed so far.
    pub(crate) fn note(&mut self, text: &str) -> Result<(), Failure> {
        self.flush()?;
        forgive(writeln!(io::stderr(), "{}", told("tcpw: ", text)));
        Ok(())
    }

    /// The end of a command that failed.
    pub(crate) fn show_failure(&mut self, failure: &Failure) {
        // Output that cannot be flushed has no reader; the failure itself still may have one.
        forgive(self.stdout.flush());
        let mut stderr = io::stderr().lock();
        if let Failure::Told { what, hint } = failure {
            forgive(writeln!(stderr, "{}", told("tcpw: ", what)));
            if let Some(hint) = hint {
                forgive(writeln!(stderr, "{}", told("  help: ", hint)));
            }
        }
    }
}

/// A line for standard error, safe to show; on a terminal it is broken between words.
fn told(head: &str, text: &str) -> String {
    let text = format!("{head}{}", visible_lines(text));
    match columns(&io::stderr()) {
        Some(columns) => wrapped(&text, columns, head.len()),
        None => text,
    }
}

/// `NO_COLOR` set to anything but nothing (no-color.org).
fn no_color() -> bool {
    std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty())
}

/// Shows help, the version or a wrong argument, as clap words it, in colour as `choice` says.
/// Arguments may be a stranger's; `hint` is what else may have been meant.
pub(crate) fn show_usage(error: &clap::Error, hint: Option<&str>, choice: ColorChoice) -> ExitCode {
    let styled = error.render();
    let plain = styled.to_string();
    let is_terminal = if error.use_stderr() {
        io::stderr().is_terminal()
    } else {
        io::stdout().is_terminal()
    };
    let shown = match visible_lines(&plain) {
        Cow::Owned(shown) => shown,
        Cow::Borrowed(_) if choice.is_colored(is_terminal) => styled.ansi().to_string(),
        Cow::Borrowed(plain) => plain.to_owned(),
    };
    if error.use_stderr() {
        forgive(write!(io::stderr(), "{shown}"));
    } else {
        let written = write!(io::stdout(), "{shown}").and_then(|()| io::stdout().flush());
        if let Err(cause) = written
            && cause.kind() != io::ErrorKind::BrokenPipe
        {
            let text = format!("cannot write to standard output: {cause}");
            forgive(writeln!(io::stderr(), "{}", told("tcpw: ", &text)));
            return Exit::Failed.into();
        }
    }
    if let Some(hint) = hint {
        forgive(writeln!(io::stderr(), "\n{}", told("  tip: ", hint)));
    }
    u8::try_from(error.exit_code()).map_or(ExitCode::FAILURE, ExitCode::from)
}

/// A closed standard error leaves nobody to tell.
fn forgive(_: io::Result<()>) {}
