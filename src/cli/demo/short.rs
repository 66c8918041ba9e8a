//! `tcpw demo`: twenty lines in four beats, each on screen long enough to read.

use super::stage::{self, FRIEND, RunLine, STRANGER, say};
use crate::cli::base::{Context, Exit, Failure, Style};
use crate::cli::machine::settings;
use crate::cli::setup::says_who_gets_in;
use crate::escape::visible;
use std::ffi::OsString;
use std::io::{self, IsTerminal as _};
use std::path::Path;
use std::thread::sleep;
use std::time::Duration;

/// How long a beat stays before the next one: so much, and so much for each of its lines.
const BEAT: Duration = Duration::from_millis(1200);
const LINE: Duration = Duration::from_millis(700);
/// The columns of a terminal that lines are cut to.
const COLUMNS: usize = 78;
/// A part of a mail that is text ends here.
const HTML: &str = "Content-Type: text/html";

/// Plays the four beats on the sample tables below `stage`; `run_line` runs the commands that it
/// shows.
pub(super) fn run(
    stage: &Path,
    run_line: RunLine<'_>,
    context: &mut Context,
) -> Result<Exit, Failure> {
    let is_watched = io::stdout().is_terminal();
    let beat = |title: &str, lines: &[String], context: &mut Context| {
        let title = context.out.paint(Style::Strong, title);
        context.out.prose(title)?;
        for line in lines {
            context.out.prose(cut(line))?;
        }
        context.out.flush()?;
        if is_watched {
            let count = u32::try_from(lines.len()).unwrap_or(u32::MAX);
            sleep(BEAT + LINE.saturating_mul(count));
        }
        Ok::<_, Failure>(())
    };
    let lines = ask(stage, Exit::Done, run_line, context)?;
    beat(
        "1. Today a stranger gets in (on sample tables)",
        &lines,
        context,
    )?;
    let lines = close(run_line, context)?;
    beat("2. You set it up", &lines, context)?;
    let lines = ask(stage, Exit::Negative, run_line, context)?;
    beat(
        "3. The stranger is refused, and by which rule",
        &lines,
        context,
    )?;
    stage::configure(stage)?;
    let config = settings::load(&context.paths)?;
    let knocked = stage::knock(&config, context)?;
    let waited: Duration = knocked.commands.iter().map(|(_, took)| *took).sum();
    let lines = mail(stage)?;
    let title = format!(
        "4. Your mail, with what to do; the stranger waited {:.1} ms",
        waited.as_secs_f64() * 1000.0
    );
    beat(&title, &lines, context)?;
    let last = context.out.paint(Style::Good, "Now: sudo tcpw setup");
    say(context, &last)?;
    Ok(Exit::Done)
}

/// Runs a command on the sample tables; gives what it prints, the command first.
fn shown(
    command: &[&str],
    expected: Exit,
    run_line: RunLine<'_>,
    context: &mut Context,
) -> Result<Vec<String>, Failure> {
    let words = ["tcpw"].iter().chain(command).map(OsString::from);
    context.out.hold();
    let exit = run_line(words.collect(), context);
    let lines = context.out.release();
    let line = command.join(" ");
    let exit = exit?;
    if exit != expected {
        return Err(Failure::new(format_args!(
            "`tcpw {line}` ended with {exit:?} on the sample tables, not {expected:?}"
        )));
    }
    Ok([format!("   $ tcpw {line}")]
        .into_iter()
        .chain(lines)
        .collect())
}

/// What happens to the stranger.
fn ask(
    stage: &Path,
    expected: Exit,
    run_line: RunLine<'_>,
    context: &mut Context,
) -> Result<Vec<String>, Failure> {
    let lines = shown(&["match", "sshd", STRANGER], expected, run_line, context)?;
    let place = format!("{}/", stage.display());
    let short = |(number, line): (usize, &String)| match number {
        0 => line.clone(),
        _ => format!("   {}", line.replace(&place, "/etc/")),
    };
    // What the rule runs is the next beat.
    let is_shown = |line: &&String| !line.trim_start().starts_with("runs: ");
    let lines = lines.iter().filter(is_shown);
    Ok(lines.enumerate().map(short).collect())
}

/// Sets the sample server up; what is shown is the sentence at the end.
fn close(run_line: RunLine<'_>, context: &mut Context) -> Result<Vec<String>, Failure> {
    let command = [
        "setup",
        "--allow",
        FRIEND,
        "--mail-to",
        "admin@example.org",
        "--smtp-host",
        "mail.example.org",
        "--no-test-mail",
    ];
    let lines = shown(&command, Exit::Done, run_line, context)?;
    let sentence = lines.iter().find(|line| says_who_gets_in(line));
    let sentence = sentence.ok_or_else(|| Failure::new("setup does not say who gets in"))?;
    let command = format!("   $ sudo tcpw setup --allow {FRIEND} --mail-to admin@example.org ...");
    // Too long for one line.
    let sentence = plain(sentence);
    let parts = sentence.split_inclusive("; ");
    let parts = parts.map(|part| format!("   {}", part.trim_end()));
    Ok([command].into_iter().chain(parts).collect())
}

/// The subject of the mail, what it says first, and its first and its last command.
fn mail(stage: &Path) -> Result<Vec<String>, Failure> {
    let mails = stage::mails(stage)?;
    let text = mails.first().map(|mail| readable(mail)).unwrap_or_default();
    let lines: Vec<&str> = text
        .lines()
        .take_while(|line| !line.starts_with(HTML))
        .collect();
    let has = |start: &str| lines.iter().find(|line| line.starts_with(start)).copied();
    let mut found: Vec<&str> = ["Subject: ", "Address: ", "Daemon: ", "Before: "]
        .into_iter()
        .filter_map(has)
        .collect();
    let commands = lines.windows(2).filter_map(|pair| match pair {
        [what, command] if command.trim_start().starts_with("sudo tcpw ") => {
            Some([*what, *command])
        }
        _ => None,
    });
    let commands: Vec<[&str; 2]> = commands.collect();
    let two = commands.first().into_iter().chain(commands.last());
    found.extend(two.flatten());
    if found.len() < 4 + 4 {
        return Err(Failure::new(
            "the mail about the stranger lacks what the demo shows",
        ));
    }
    Ok(found.iter().map(|line| format!("   {line}")).collect())
}

/// A mail as it is read: quoted-printable (RFC 2045) decoded.
fn readable(mail: &[u8]) -> String {
    let text: Vec<u8> = mail.iter().copied().filter(|byte| *byte != b'\r').collect();
    let text = String::from_utf8_lossy(&text).replace("=\n", "");
    let mut parts = text.split('=');
    let mut bytes = parts.next().unwrap_or_default().as_bytes().to_vec();
    for part in parts {
        let code = part.get(..2);
        if let Some(byte) = code.and_then(|code| u8::from_str_radix(code, 16).ok()) {
            bytes.push(byte);
            bytes.extend_from_slice(part.get(2..).unwrap_or_default().as_bytes());
        } else {
            bytes.push(b'=');
            bytes.extend_from_slice(part.as_bytes());
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// A line that fits on a terminal; one that is cut has no colours.
fn cut(line: &str) -> String {
    let plain = plain(line);
    if plain.chars().count() <= COLUMNS {
        return line.to_owned();
    }
    let start: String = plain.chars().take(COLUMNS - 1).collect();
    format!("{}…", visible(start.as_bytes()))
}

/// A line without its colours.
fn plain(line: &str) -> String {
    let mut parts = line.split('\u{1b}');
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |text, part| {
        let rest = part.split_once('m').map_or(part, |(_, rest)| rest);
        text + rest
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_that_is_cut_fits_and_one_that_fits_keeps_its_colours() {
        let short = "\u{1b}[31mdenied\u{1b}[0m: sshd";
        assert_eq!(
            (plain(short), cut(short)),
            ("denied: sshd".to_owned(), short.to_owned())
        );
        let long = format!("\u{1b}[1m/etc/hosts.deny:2\u{1b}[0m: {}", "x".repeat(90));
        let shown = cut(&long);
        assert_eq!(shown.chars().count(), COLUMNS);
        assert!(
            shown.starts_with("/etc/hosts.deny:2: x") && shown.ends_with('…'),
            "{shown}"
        );
    }

    #[test]
    fn a_mail_is_read_as_it_was_written() {
        assert_eq!(readable(b"a=\r\nb =3D =C3=A4 =zz\r\n"), "ab = ä =zz\n");
    }
}
