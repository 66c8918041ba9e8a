//! The one owner of standard output and standard error.

use super::failure::Failure;
use clap::ValueEnum;
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

/// Buffered standard output, with or without colours.
#[derive(Debug)]
pub(crate) struct Output {
    stdout: io::BufWriter<io::Stdout>,
    color: bool,
}

impl Output {
    pub(crate) fn new(choice: ColorChoice) -> Self {
        let color = match choice {
            ColorChoice::Always => true,
            ColorChoice::Never => false,
            ColorChoice::Auto => io::stdout().is_terminal() && !no_color(),
        };
        Self {
            stdout: io::BufWriter::with_capacity(64 * 1024, io::stdout()),
            color,
        }
    }

    /// Prints `text` and a newline.
    pub(crate) fn line(&mut self, text: impl AsRef<str>) -> Result<(), Failure> {
        self.bytes(text.as_ref().as_bytes())?;
        self.bytes(b"\n")
    }

    /// Prints formatted text, without a newline of its own.
    pub(crate) fn text(&mut self, text: std::fmt::Arguments<'_>) -> Result<(), Failure> {
        Ok(self.stdout.write_fmt(text)?)
    }

    /// Prints bytes as they are: for output that must equal a file.
    pub(crate) fn bytes(&mut self, bytes: &[u8]) -> Result<(), Failure> {
        Ok(self.stdout.write_all(bytes)?)
    }

    /// Makes everything printed so far visible.
    pub(crate) fn flush(&mut self) -> Result<(), Failure> {
        Ok(self.stdout.flush()?)
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
        format!("\u{1b}[{code}m{text}\u{1b}[0m")
    }

    /// A remark for people, on standard error, after what was printed so far.
    pub(crate) fn note(&mut self, text: &str) -> Result<(), Failure> {
        self.flush()?;
        forgive(writeln!(io::stderr(), "tcpw: {text}"));
        Ok(())
    }

    /// The end of a command that failed.
    pub(crate) fn show_failure(&mut self, failure: &Failure) {
        // Output that cannot be flushed has no reader; the failure itself still may have one.
        forgive(self.stdout.flush());
        let mut stderr = io::stderr().lock();
        if let Failure::Told { what, hint } = failure {
            forgive(writeln!(stderr, "tcpw: {what}"));
            if let Some(hint) = hint {
                forgive(writeln!(stderr, "  help: {hint}"));
            }
        }
    }
}

/// `NO_COLOR` set to anything but nothing (no-color.org).
fn no_color() -> bool {
    std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty())
}

/// Shows help, the version or a wrong argument, as clap words it.
pub(crate) fn show_usage(error: &clap::Error) -> ExitCode {
    forgive(error.print());
    u8::try_from(error.exit_code()).map_or(ExitCode::FAILURE, ExitCode::from)
}

/// A closed standard error leaves nobody to tell.
fn forgive(_: io::Result<()>) {}
