//! Templates: those that are built in, and those of one's own, which may fail but never hang, and
//! never take more than so much memory.

use crate::alert::letter::page::Page;
use crate::alert::letter::words::choose::fill;
use crate::alert::letter::words::table::Words;
use crate::escape::visible;
use crate::system::{check_for_root, open_regular};
use minijinja::syntax::SyntaxConfig;
use minijinja::value::Serde;
use minijinja::{AutoEscape, Environment, Error, ErrorKind, UndefinedBehavior};
use serde::Serialize;
use std::io::{self, Read as _, Write};
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;

const TEXT: &str = include_str!("letter.txt");
const HTML: &str = include_str!("letter.html");

/// Steps that a template may take; the built-in ones need some thousands.
const FUEL: u64 = 1_000_000;
/// What a template may take more, in steps and in bytes, for each source of the letter.
const FUEL_A_SOURCE: u64 = 1000;
const OUTPUT_A_SOURCE: usize = 4096;
/// The largest template.
const MOST_TEMPLATE: u64 = 256 * 1024;
/// The largest text that a template may make.
const MOST_OUTPUT: usize = 1024 * 1024;
/// The longest subject, in characters.
const MOST_SUBJECT: usize = 400;

/// What a template makes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    Subject,
    Text,
    Html,
}

/// What the templates see.
#[derive(Serialize)]
struct View<'a> {
    #[serde(flatten)]
    page: &'a Page,
    words: &'static Words,
}

/// Fills in a built-in template.
pub(super) fn built_in(form: Form, page: &Page, words: &'static Words) -> Result<String, Error> {
    let source = match form {
        Form::Subject => "[tcpw] {{ server }}: {{ title }}",
        Form::Text => TEXT,
        Form::Html => HTML,
    };
    let made = make(form, "letter", source, page, words)?;
    Ok(tidy(form, &made))
}

/// Fills in the template in a file.
///
/// # Errors
/// What is wrong with it, with file and line.
pub(super) fn from_file(
    form: Form,
    path: &Path,
    page: &Page,
    words: &'static Words,
) -> Result<String, String> {
    let name = visible(path.as_os_str().as_bytes());
    let source = read(path).map_err(|problem| format!("{name}: {problem}"))?;
    from_text(form, &name, &source, page, words)
}

/// Fills in a template that came from `name`.
///
/// # Errors
/// What is wrong with it, with name and line.
pub(super) fn from_text(
    form: Form,
    name: &str,
    source: &str,
    page: &Page,
    words: &'static Words,
) -> Result<String, String> {
    for (line, text) in (1..).zip(source.lines()) {
        // It would let a stranger's value be markup.
        if text.contains("autoescape") {
            return Err(format!("{name}:{line}: autoescape cannot be changed here"));
        }
    }
    let made = make(form, "template", source, page, words)
        .map_err(|error| told(name, &error, most_output(page)))?;
    let made = tidy(form, &made);
    if made.trim().is_empty() {
        return Err(format!("{name}: it makes nothing at all"));
    }
    Ok(made)
}

/// How many bytes a template may make of a page.
fn most_output(page: &Page) -> usize {
    MOST_OUTPUT.saturating_add(OUTPUT_A_SOURCE.saturating_mul(page.sources.len()))
}

/// How many steps a template may take for a page.
fn most_steps(page: &Page) -> u64 {
    let sources = u64::try_from(page.sources.len()).unwrap_or(u64::MAX);
    FUEL.saturating_add(FUEL_A_SOURCE.saturating_mul(sources))
}

fn told(name: &str, error: &Error, most: usize) -> String {
    let line = error
        .line()
        .map_or_else(String::new, |line| format!(":{line}"));
    let kind = error.kind().to_string();
    let text = match error.detail() {
        _ if error.kind() == ErrorKind::WriteFailure => {
            format!("it makes more than {} MiB", most >> 20)
        }
        Some(detail) => format!("{kind}: {detail}"),
        None => kind,
    };
    format!("{name}{line}: {}", visible(text.as_bytes()))
}

fn read(path: &Path) -> Result<String, String> {
    let file = open_regular(path).map_err(|cause| cause.to_string())?;
    check_for_root(path)
        .map_err(|distrust| visible(format!("root does not obey it: {distrust}").as_bytes()))?;
    let mut source = String::new();
    let length = file
        .take(MOST_TEMPLATE + 1)
        .read_to_string(&mut source)
        .map_err(|cause| cause.to_string())?;
    match u64::try_from(length) {
        Ok(length) if length <= MOST_TEMPLATE => Ok(source),
        _ => Err("is larger than 256 KiB".to_owned()),
    }
}

fn make(
    form: Form,
    name: &str,
    source: &str,
    page: &Page,
    words: &'static Words,
) -> Result<String, Error> {
    let mut environment = Environment::new();
    environment.set_auto_escape_callback(move |_| match form {
        Form::Html => AutoEscape::Html,
        Form::Subject | Form::Text => AutoEscape::None,
    });
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.set_fuel(Some(most_steps(page)));
    environment.remove_filter("safe");
    environment.remove_global("namespace");
    environment.remove_global("debug");
    environment.set_syntax(
        SyntaxConfig::builder()
            .trim_blocks(true)
            .lstrip_blocks(true)
            .keep_trailing_newline(true)
            .build()?,
    );
    environment.add_template(name, source)?;
    let mut out = Limited {
        bytes: Vec::new(),
        most: most_output(page),
    };
    let view = View { page, words };
    environment
        .get_template(name)?
        .render_captured_to(Serde(&view), &mut out)
        .map(drop)?;
    Ok(String::from_utf8_lossy(&out.bytes).into_owned())
}

/// Takes so many bytes.
struct Limited {
    bytes: Vec<u8>,
    most: usize,
}

impl Write for Limited {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.bytes.len() + bytes.len() > self.most {
            return Err(io::Error::other("too much"));
        }
        self.bytes.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Without control characters, a subject on one line.
fn tidy(form: Form, text: &str) -> String {
    match form {
        Form::Subject => {
            let words: Vec<&str> = text.split(char::is_control).collect();
            // A value must not be taken for an encoded word (RFC 2047) by whoever reads the mail.
            let line = words.join(" ").replace("=?", "=[?]");
            let line = line.trim();
            match line.char_indices().nth(MOST_SUBJECT) {
                Some((cut, _)) => format!("{}...", line.get(..cut).unwrap_or_default()),
                None => line.to_owned(),
            }
        }
        Form::Text | Form::Html => plain(text),
    }
}

/// Text of several lines without any other control character.
pub(super) fn plain(text: &str) -> String {
    text.chars()
        .filter(|c| matches!(c, '\n' | '\t') || !c.is_control())
        .collect()
}

/// Fills in a subject of the older form: text with `{server}`, `{host}`, `{addr}`, `{daemon}` and
/// `{count}`.
pub(super) fn simple_subject(subject: &str, page: &Page) -> String {
    let filled = fill(
        subject,
        &[
            ("server", &page.server),
            ("host", &page.host),
            ("addr", &page.addr),
            ("daemon", &page.daemon),
            ("count", &page.count.to_string()),
        ],
    );
    tidy(Form::Subject, &filled)
}
