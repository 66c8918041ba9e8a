//! What a letter says: the facts of its events in the reader's language, as text and as HTML.
//! Every value is escaped before a template sees it, so that none adds a line, a header, markup, a
//! link or a terminal escape.

mod commands;
mod events_csv;
mod facts;
mod leads;
mod names;
mod page;
mod render;
mod sample;
mod show;
mod subject;
mod tally;

pub(super) use events_csv::events_csv;
pub(super) use names::{PATIENCE, look_up};
pub(super) use sample::{letter as sample, name as sample_name};

pub(super) use names::Reverse;

use super::journal::{Letter, LetterKind};
use super::notice::Notice;
use super::words::fill;
use crate::config::{Geo, LetterForm};
use crate::escape::html;
use crate::values::Language;
use chrono::{DateTime, FixedOffset, Utc};
use page::{Ground, Page, page};
use render::Form;
use std::net::IpAddr;
use thiserror::Error;

/// What is needed besides the letter.
pub(super) struct Setting<'a> {
    /// The language of the reader.
    pub(super) language: Language,
    /// This machine's name.
    pub(super) server: &'a str,
    /// In place of the default subject; may hold `{server}`, `{host}`, `{addr}`, `{daemon}` and
    /// `{count}`.
    pub(super) subject: Option<&'a str>,
    /// Templates of one's own.
    pub(super) form: &'a LetterForm,
    /// Where addresses are looked up.
    pub(super) geo: &'a Geo,
    /// The local time of an instant.
    pub(super) local: &'a dyn Fn(DateTime<Utc>) -> DateTime<FixedOffset>,
    /// The names of addresses, within a short time.
    pub(super) names: &'a dyn Fn(&[IpAddr]) -> Vec<Reverse>,
}

/// The three texts of a mail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Texts {
    /// One line.
    pub(super) subject: String,
    /// The plain text.
    pub(super) text: String,
    /// The same as HTML.
    pub(super) html: String,
    /// What is wrong with the templates of one's own, whose place the built-in ones took.
    pub(super) problems: Vec<String>,
}

/// A built-in template that cannot be filled in: a mistake in this program.
#[derive(Debug, Error)]
#[error("cannot write the letter: {0}")]
pub(super) struct LetterError(#[from] minijinja::Error);

/// Writes the letter; `missing` names the attachments that could not be read.
///
/// # Errors
/// Only when a built-in template is broken.
pub(super) fn write(
    letter: &Letter,
    setting: &Setting<'_>,
    missing: &[String],
) -> Result<Texts, LetterError> {
    let ground = Ground::survey(letter, setting);
    let mut page = page(&ground);
    for problem in missing {
        let form = ground.words.warnings.attachment;
        page.remarks
            .push(fill(form, &[("problem", &show::safe_text(problem))]));
    }
    if setting.form.attach_events {
        page.remarks
            .extend(events_csv::remark(letter, ground.words));
    }
    let mut problems = Vec::new();
    page.subject = subject(&mut page, &ground, &mut problems)?;
    if let Some(Notice::Report { text, html, .. }) = &ground.notice
        && letter.kind == LetterKind::Report
    {
        return Ok(Texts {
            text: add_remarks(Form::Text, render::plain(text), &page.remarks),
            html: add_remarks(Form::Html, render::plain(html), &page.remarks),
            subject: page.subject,
            problems,
        });
    }
    let files = [
        (Form::Text, setting.form.text_template.as_deref()),
        (Form::Html, setting.form.html_template.as_deref()),
    ];
    let made = files.map(|(form, path)| {
        let path = path?;
        Some(render::from_file(form, path, &page, ground.words))
    });
    for problem in made.iter().flatten().filter_map(|made| made.as_ref().err()) {
        tell(&mut page, &ground, problem, &mut problems);
    }
    // A template of one's own need not show what is wrong with another.
    let late = page.remarks.len().saturating_sub(problems.len());
    let late = page.remarks.split_off(late);
    page.remarks.extend(late.iter().cloned());
    let [text, html] = made;
    let finish = |form, made: Option<Result<String, String>>| match made {
        Some(Ok(made)) if problems.is_empty() => Ok(made),
        Some(Ok(made)) => Ok(add_remarks(form, made, &late)),
        Some(Err(_)) | None => render::built_in(form, &page, ground.words),
    };
    let (text, html) = (finish(Form::Text, text)?, finish(Form::Html, html)?);
    Ok(Texts {
        subject: page.subject,
        text,
        html,
        problems,
    })
}

fn subject(
    page: &mut Page,
    ground: &Ground<'_>,
    problems: &mut Vec<String>,
) -> Result<String, LetterError> {
    let setting = ground.setting;
    if let Some(template) = &setting.form.subject_template {
        let name = "mail.subject_template";
        match render::from_text(Form::Subject, name, template, page, ground.words) {
            Ok(subject) => return Ok(subject),
            Err(problem) => tell(page, ground, &problem, problems),
        }
    }
    // A subject of the older form speaks of visitors.
    match setting.subject.filter(|_| !ground.letter.events.is_empty()) {
        Some(subject) => Ok(render::simple_subject(subject, page)),
        None => Ok(render::built_in(Form::Subject, page, ground.words)?),
    }
}

/// Says in the letter and outside what is wrong with a template.
fn tell(page: &mut Page, ground: &Ground<'_>, problem: &str, problems: &mut Vec<String>) {
    let problem = show::safe_text(problem);
    let form = ground.words.warnings.template;
    page.remarks.push(fill(form, &[("problem", &problem)]));
    problems.push(problem);
}

/// Puts remarks at the end of a text that was made without them.
fn add_remarks(form: Form, mut made: String, remarks: &[String]) -> String {
    if form == Form::Html {
        let end = made.rfind("</body>").unwrap_or(made.len());
        for remark in remarks.iter().rev() {
            made.insert_str(end, &format!("<p>{}</p>\n", html(remark)));
        }
        return made;
    }
    for remark in remarks {
        made.push('\n');
        made.push_str(remark);
        made.push('\n');
    }
    made
}

#[cfg(test)]
mod hostile;
#[cfg(test)]
mod tests;
