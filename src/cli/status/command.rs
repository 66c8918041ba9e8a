//! `tcpw status`: looks, and shows what was seen in one of three forms.

use super::args::{StatusArgs, StatusFormat};
use super::look::{exit, look};
use super::saved;
use crate::cli::base::{Context, Exit, Failure, Style, locale};
use crate::cli::machine::settings;
use crate::status::{MachineStatus, Tone, View, json, nagios, screen};
use crate::system::{Clock as _, SystemClock, is_root, local_time};
use crate::values::Language;
use std::env;
use std::io::{self, IsTerminal as _};

/// How wide the screen is where nobody says.
const WIDTH: usize = 80;

/// Runs the command.
pub(crate) fn run(args: &StatusArgs, context: &mut Context) -> Result<Exit, Failure> {
    if args.save {
        let config = settings::load(&context.paths)?;
        let seen = look(false, context);
        saved::save(&seen.status, &config, &context.paths)?;
        return Ok(Exit::Done);
    }
    // What root has kept is about the usual files, and about no others.
    let is_usual = context.paths.are_all_usual();
    let kept = is_usual.then(|| saved::read(&context.paths, SystemClock.now()));
    let kept = kept.flatten();
    let is_saved = kept.is_some();
    let status = match kept {
        Some(status) => status,
        None => look(false, context).status,
    };
    let exit = exit(&status);
    show(args, &status, is_saved, context)?;
    if exit == Exit::Failed && !is_root() && !is_saved && args.format == StatusFormat::Text {
        context.out.note(
            "root sees the rest, and so does the group of [status] after tcpw status --save",
        )?;
    }
    Ok(match (exit, args.format) {
        (Exit::Failed, StatusFormat::Nagios) => Exit::Unknown,
        (exit, _) => exit,
    })
}

fn show(
    args: &StatusArgs,
    status: &MachineStatus,
    is_saved: bool,
    context: &mut Context,
) -> Result<(), Failure> {
    let is_text = args.format == StatusFormat::Text;
    let usual = if is_text { locale() } else { Language::English };
    let view = View {
        language: args.language.map_or(usual, Language::from),
        width: width(),
        now: SystemClock.now(),
        local: &local_time,
        is_saved,
    };
    match args.format {
        StatusFormat::Text => {
            for line in screen(status, &view) {
                let painted: String = line
                    .iter()
                    .map(|piece| match style(piece.tone) {
                        Some(style) => context.out.paint(style, &piece.text),
                        None => piece.text.clone(),
                    })
                    .collect();
                context.out.line(painted)?;
            }
        }
        StatusFormat::Json => {
            let text = json(status)
                .map_err(|error| Failure::new(error).hint("this is a fault of tcpw itself"))?;
            context.out.data(text)?;
        }
        StatusFormat::Nagios => {
            for line in nagios(status, &view) {
                context.out.line(line)?;
            }
        }
    }
    Ok(())
}

fn style(tone: Tone) -> Option<Style> {
    match tone {
        Tone::Plain => None,
        Tone::Name => Some(Style::Strong),
        Tone::Good => Some(Style::Good),
        Tone::Warn => Some(Style::Warn),
        Tone::Bad => Some(Style::Bad),
        Tone::Dim => Some(Style::Dim),
    }
}

/// The columns of the terminal, if the status goes there.
fn width() -> usize {
    let told = env::var_os("COLUMNS").and_then(|text| text.to_str()?.parse().ok());
    let measured = || {
        let (width, _) = terminal_size::terminal_size()?;
        Some(usize::from(width.0))
    };
    let is_terminal = io::stdout().is_terminal();
    let width = told.or_else(|| is_terminal.then(measured).flatten());
    width.unwrap_or(WIDTH).clamp(40, 200)
}
