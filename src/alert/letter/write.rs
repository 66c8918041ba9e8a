//! The texts of a letter: subject, plain text and HTML, in the reader's language.

use crate::alert::letter::context::LetterContext;
use crate::alert::letter::page::{Page, page};
use crate::alert::letter::render::Form;
use crate::alert::letter::setting::Setting;
use crate::alert::letter::words::choose::fill;
use crate::alert::letter::{events_csv, render};
use crate::alert::model::letter::{Letter, LetterKind};
use crate::alert::model::system_letter::Notice;
use crate::alert::model::texts::Texts;
use crate::escape::html;
use thiserror::Error;

/// A built-in template that cannot be filled in: a mistake in this program.
#[derive(Debug, Error)]
#[error("cannot write the message: {0}")]
pub(crate) struct LetterError(#[from] minijinja::Error);

/// Writes the letter; `missing` names the attachments that could not be read.
///
/// # Errors
/// Only when a built-in template is broken.
pub(crate) fn write(
    letter: &Letter,
    setting: &Setting<'_>,
    missing: &[String],
) -> Result<Texts, LetterError> {
    let context = LetterContext::survey(letter, setting);
    let mut page = page(&context);
    for problem in missing {
        let form = context.words.warnings.attachment;
        page.remarks.push(fill(
            form,
            &[("problem", &crate::alert::letter::show::safe_text(problem))],
        ));
    }
    if setting.form.attach_events {
        page.remarks
            .extend(events_csv::remark(letter, context.words));
    }
    let mut problems = Vec::new();
    page.subject = subject(&mut page, &context, &mut problems)?;
    if let Some(Notice::Report { text, html, .. }) = &context.notice
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
        Some(render::from_file(form, path, &page, context.words))
    });
    for problem in made.iter().flatten().filter_map(|made| made.as_ref().err()) {
        tell(&mut page, &context, problem, &mut problems);
    }
    // A template of one's own need not show what is wrong with another.
    let late = page.remarks.len().saturating_sub(problems.len());
    let late = page.remarks.split_off(late);
    page.remarks.extend(late.iter().cloned());
    let [text, html] = made;
    let finish = |form, made: Option<Result<String, String>>| match made {
        Some(Ok(made)) if problems.is_empty() => Ok(made),
        Some(Ok(made)) => Ok(add_remarks(form, made, &late)),
        Some(Err(_)) | None => render::built_in(form, &page, context.words),
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
    context: &LetterContext<'_>,
    problems: &mut Vec<String>,
) -> Result<String, LetterError> {
    let setting = context.setting;
    if let Some(template) = &setting.form.subject_template {
        let name = "mail.subject_template";
        match render::from_text(Form::Subject, name, template, page, context.words) {
            Ok(subject) => return Ok(subject),
            Err(problem) => tell(page, context, &problem, problems),
        }
    }
    // A subject of the older form speaks of clients.
    match setting
        .subject
        .filter(|_| !context.letter.events.is_empty())
    {
        Some(subject) => Ok(render::simple_subject(subject, page)),
        None => Ok(render::built_in(Form::Subject, page, context.words)?),
    }
}

/// Says in the letter and outside what is wrong with a template.
fn tell(page: &mut Page, context: &LetterContext<'_>, problem: &str, problems: &mut Vec<String>) {
    let problem = crate::alert::letter::show::safe_text(problem);
    let form = context.words.warnings.template;
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
mod overdue;
#[cfg(test)]
mod tests;
