//! The status on one screen, as wide as the terminal.

use super::ago::{ago, clock};
use super::machine::MachineStatus;
use super::piece::{Piece, Tone};
use super::problem_words::sentence;
use super::sentences::{access, alert, asked, clients, looked, mail, pending};
use super::view::View;
use super::words::words;
use crate::values::fill;
use unicode_width::UnicodeWidthStr as _;

/// The columns of the names of lines.
const NAMES: usize = 10;
/// The narrowest text.
const NARROW: usize = 20;

/// The lines of the screen, each as its pieces from left to right.
pub fn screen(status: &MachineStatus, view: &View<'_>) -> Vec<Vec<Piece>> {
    let words = words(view.language);
    let mut lines = Vec::new();
    if view.is_saved {
        let time = clock(status.time.0, view.now, view.local);
        let when = ago(status.time.0, view.now, words);
        let text = fill(words.saved, &[("time", &time), ("ago", &when)]);
        lines.extend(wrapped(&[Piece::new(Tone::Dim, text)], view.width));
    }
    let rows = [
        (words.access, looked(&status.access, |l| access(l, words))),
        (words.asked, looked(&status.asked, |l| asked(l, words))),
        (words.alert, looked(&status.alert, |l| alert(l, words))),
        (words.mail, looked(&status.mail, |l| mail(l, words, view))),
        (
            words.clients,
            looked(&status.clients, |l| clients(l, words, view)),
        ),
        (
            words.pending,
            looked(&status.pending, |l| pending(l, words, view)),
        ),
    ];
    for (name, pieces) in rows {
        lines.extend(named(name, &pieces, view.width));
    }
    let unread = status.unread();
    let unread = unread.iter().map(|why| (*why).to_owned());
    let all = status.problems.iter().map(|one| sentence(one, view));
    let mut problems: Vec<Piece> = all
        .chain(unread)
        .map(|text| Piece::new(Tone::Bad, text))
        .collect();
    if problems.is_empty() {
        problems.push(Piece::new(Tone::Good, words.none));
    }
    for (at, problem) in problems.into_iter().enumerate() {
        let name = if at == 0 { words.problems } else { "" };
        lines.extend(named(name, &[problem], view.width));
    }
    lines
}

/// A line with its name, on as many lines as it needs.
fn named(name: &str, pieces: &[Piece], width: usize) -> Vec<Vec<Piece>> {
    let room = width.saturating_sub(NAMES).max(NARROW);
    let gap = NAMES.saturating_sub(name.width());
    let lines = wrapped(pieces, room).into_iter().enumerate();
    lines
        .map(|(at, line)| {
            let head = if at == 0 && !name.is_empty() {
                vec![Piece::new(Tone::Name, name), Piece::plain(" ".repeat(gap))]
            } else {
                vec![Piece::plain(" ".repeat(NAMES))]
            };
            head.into_iter().chain(line).collect()
        })
        .collect()
}

/// The pieces on lines of at most `room` columns, cut at spaces only; a word that is longer stands on
/// a line of its own.
fn wrapped(pieces: &[Piece], room: usize) -> Vec<Vec<Piece>> {
    let mut lines: Vec<Vec<Piece>> = Vec::new();
    let mut line: Vec<Piece> = Vec::new();
    let mut used = 0;
    for word in split(pieces) {
        let width: usize = word.iter().map(|piece| piece.text.width()).sum();
        if used > 0 && used + 1 + width > room {
            lines.push(std::mem::take(&mut line));
            used = 0;
        }
        if used > 0 {
            push(&mut line, Piece::plain(" "));
            used += 1;
        }
        used += width;
        for piece in word {
            push(&mut line, piece);
        }
    }
    lines.push(line);
    lines
}

/// Adds a piece to a line, as a part of the last one if they are alike.
fn push(line: &mut Vec<Piece>, piece: Piece) {
    match line.last_mut() {
        Some(last) if last.tone == piece.tone => last.text.push_str(&piece.text),
        _ => line.push(piece),
    }
}

/// The words of the pieces; one that goes on in the next piece is one word.
fn split(pieces: &[Piece]) -> Vec<Vec<Piece>> {
    let mut words: Vec<Vec<Piece>> = vec![Vec::new()];
    for piece in pieces {
        for (at, part) in piece.text.split(' ').enumerate() {
            if at > 0 {
                words.push(Vec::new());
            }
            if let Some(word) = words.last_mut().filter(|_| !part.is_empty()) {
                word.push(Piece::new(piece.tone, part));
            }
        }
    }
    words.retain(|word| !word.is_empty());
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(lines: &[Vec<Piece>]) -> Vec<String> {
        let line = |line: &Vec<Piece>| line.iter().map(|piece| piece.text.as_str()).collect();
        lines.iter().map(line).collect()
    }

    #[test]
    fn lines_are_cut_at_spaces_and_keep_their_tones() {
        let pieces = [
            Piece::new(Tone::Good, "closed"),
            Piece::plain(": sshd from 10.1.0.0/16; all others refused"),
        ];
        let lines = named("Access", &pieces, 40);
        assert_eq!(
            text(&lines),
            [
                "Access    closed: sshd from 10.1.0.0/16;",
                "          all others refused"
            ]
        );
        assert_eq!(lines[0][2], Piece::new(Tone::Good, "closed"));
        let long = "a ".to_owned() + &"x".repeat(50) + " b";
        let lines = wrapped(&[Piece::plain(long)], 30);
        assert_eq!(lines.len(), 3, "no word is broken");
        let korean = named("접근", &[Piece::plain("닫힘")], 60);
        assert_eq!(text(&korean), ["접근      닫힘"]);
    }
}
