//! The report for a terminal, or for the text part of a mail.

use super::counts::count;
use super::layout::{Body, Table, footer, period, sections, title};
use super::numbers::Report;
use super::time::Local;
use super::words::{Words, fill, grouped, words};
use crate::values::Language;
use unicode_width::{UnicodeWidthChar as _, UnicodeWidthStr as _};

/// The height of the columns of the hours.
const HEIGHT: u64 = 6;
/// The widest bar beside a row of a table.
const BAR: usize = 8;
/// The narrowest column that is cut to fit.
const NARROW: usize = 12;
/// The first column says who it is: it is cut only beyond this.
const FIRST: usize = 43;
const EIGHTHS: [char; 9] = [' ', '▏', '▎', '▍', '▌', '▋', '▊', '▉', '█'];
const STEPS: [char; 9] = [' ', '▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/// Where the text is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Paper {
    /// So many columns.
    pub width: usize,
    /// Whether it can show more than ASCII.
    pub is_unicode: bool,
}

/// The report as text.
pub fn text(report: &Report, language: Language, paper: Paper, local: Local<'_>) -> String {
    let words = words(language);
    let mut page = Page {
        text: String::new(),
        paper,
        words,
    };
    page.heading(&title(report, words), '=');
    page.paragraph(&period(report, words, local), "");
    for section in sections(report, words, local) {
        page.line("");
        page.heading(&section.title, '-');
        match &section.body {
            Body::Lines(lines) => lines.iter().for_each(|line| page.paragraph(line, "")),
            Body::Alert(lines) => lines.iter().for_each(|line| page.paragraph(line, "! ")),
            Body::Course(course) => page.course(course),
            Body::Hours(hours) => page.hours(hours),
            Body::Table(table) => page.table(table),
        }
    }
    page.line("");
    page.paragraph(footer(report, words), "");
    if paper.is_unicode {
        page.text
    } else {
        // The mark of a cut value is the one character of our own that is not ASCII.
        page.text.replace('…', "~")
    }
}

struct Page {
    text: String,
    paper: Paper,
    words: &'static Words,
}

impl Page {
    fn line(&mut self, line: &str) {
        self.text.push_str(line.trim_end());
        self.text.push('\n');
    }

    fn heading(&mut self, title: &str, under: char) {
        self.line(title);
        let rule: String = std::iter::repeat_n(under, title.width()).collect();
        self.line(&rule);
    }

    /// Text on as many lines as it needs, the first after `mark`.
    fn paragraph(&mut self, text: &str, mark: &str) {
        let room = self.paper.width.saturating_sub(mark.width()).max(NARROW);
        let indent = " ".repeat(mark.width());
        let mut line = String::new();
        let mut before = mark;
        for word in text.split(' ') {
            if !line.is_empty() && line.width() + 1 + word.width() > room {
                self.line(&format!("{before}{line}"));
                before = &indent;
                line.clear();
            }
            if !line.is_empty() {
                line.push(' ');
            }
            line.push_str(word);
        }
        self.line(&format!("{before}{line}"));
    }

    fn course(&mut self, course: &[(String, u64)]) {
        let label = course.iter().map(|(label, _)| label.width()).max();
        let label = label.unwrap_or(0);
        let most = course.iter().map(|(_, count)| *count).max().unwrap_or(0);
        let number = grouped(most).len();
        let room = self.paper.width.saturating_sub(label + number + 4).max(1);
        for (name, count) in course {
            let bar = self.bar(*count, most, room.min(60));
            self.line(&format!(
                "{}  {:>number$}  {bar}",
                padded(name, label),
                grouped(*count)
            ));
        }
    }

    /// A bar of at most `room` columns; something is never shown as nothing.
    fn bar(&self, count: u64, most: u64, room: usize) -> String {
        let room = super::counts::count(room);
        if self.paper.is_unicode {
            let eighths = scaled(count, most, room * 8);
            let full = usize::try_from(eighths / 8).unwrap_or(0);
            let mut bar = "█".repeat(full);
            if !eighths.is_multiple_of(8) {
                bar.push(step(&EIGHTHS, eighths % 8));
            }
            bar
        } else {
            "#".repeat(usize::try_from(scaled(count, most, room)).unwrap_or(0))
        }
    }

    /// 24 columns, two or three characters wide.
    fn hours(&mut self, hours: &[u64]) {
        let most = hours.iter().copied().max().unwrap_or(0);
        let number = grouped(most).len();
        let wide = if self.paper.width >= number + 2 + 24 * 3 {
            3
        } else {
            2
        };
        let full = if self.paper.is_unicode { '█' } else { '#' };
        for row in (0..HEIGHT).rev() {
            let mut line = if row == HEIGHT - 1 {
                format!("{}  ", grouped(most))
            } else {
                " ".repeat(number + 2)
            };
            for count in hours {
                let height = scaled(*count, most, HEIGHT * 8)
                    .saturating_sub(row * 8)
                    .min(8);
                let mark = match height {
                    8 => full,
                    part if self.paper.is_unicode => step(&STEPS, part),
                    // Without blocks a beginning counts only on the ground or from a half on.
                    part if part >= 4 || (part > 0 && row == 0) => full,
                    _ => ' ',
                };
                line.extend(std::iter::repeat_n(mark, wide - 1));
                line.push(' ');
            }
            self.line(&line);
        }
        let mut labels = " ".repeat(number + 2);
        for hour in 0..hours.len() {
            let label = if hour.is_multiple_of(3) {
                format!("{hour:02}")
            } else {
                String::new()
            };
            labels.push_str(&padded(&label, wide));
        }
        self.line(&labels);
    }

    fn table(&mut self, table: &Table) {
        let most = table
            .rows
            .iter()
            .map(|(count, _)| *count)
            .max()
            .unwrap_or(0);
        let number = grouped(most).len().max(table.unit.width());
        let mut widths: Vec<usize> = table.head.iter().map(|title| title.width()).collect();
        for (_, cells) in &table.rows {
            for (width, cell) in widths.iter_mut().zip(cells) {
                *width = (*width).max(cell.width());
            }
        }
        let room = self.paper.width.saturating_sub(number + BAR + 3);
        drop_last(&mut widths, room);
        fit(&mut widths, room);
        let head = cells(&table.head, &widths);
        let title = table.unit;
        let gap = " ".repeat(number.saturating_sub(title.width()));
        self.line(&format!("{gap}{title} {}  {head}", " ".repeat(BAR)));
        for (count, row) in &table.rows {
            let bar = padded(&self.bar(*count, most, BAR), BAR);
            let row = cells(row, &widths);
            self.line(&format!("{:>number$} {bar}  {row}", grouped(*count)));
        }
        if table.more > 0 {
            let more = fill(self.words.more, &[("count", &grouped(table.more))]);
            self.line(&format!("{}{more}", " ".repeat(number + BAR + 3)));
        }
    }
}

fn step(steps: &[char], number: u64) -> char {
    let number = usize::try_from(number).unwrap_or(0);
    steps.get(number).copied().unwrap_or(' ')
}

/// `count` on a scale on which `most` is `size`; at least 1 unless it is 0.
fn scaled(count: u64, most: u64, size: u64) -> u64 {
    let wide = u128::from(count) * u128::from(size) / u128::from(most.max(1));
    let scaled = u64::try_from(wide).unwrap_or(size);
    if count > 0 { scaled.max(1) } else { 0 }
}

/// The least width of a column.
fn floor(place: usize, width: usize) -> usize {
    width.min(if place == 0 { FIRST } else { NARROW })
}

/// Leaves out the last columns where even narrow ones do not fit; the first stays.
fn drop_last(widths: &mut Vec<usize>, room: usize) {
    let least = |widths: &[usize]| {
        let floors = widths.iter().enumerate();
        let sum: usize = floors.map(|(place, width)| floor(place, *width) + 2).sum();
        sum.saturating_sub(2)
    };
    while widths.len() > 1 && least(widths) > room {
        widths.pop();
    }
}

/// Takes from the columns that have most to give until all fit; the first gives last.
fn fit(widths: &mut [usize], room: usize) {
    let gaps = widths.len().saturating_sub(1) * 2;
    loop {
        let sum: usize = widths.iter().sum::<usize>() + gaps;
        let mut columns = widths.iter_mut().enumerate();
        let first = columns.next();
        let most = columns.max_by_key(|(place, width)| **width - floor(*place, **width));
        let giving = most
            .filter(|(place, width)| **width > floor(*place, **width))
            .or(first);
        let Some((place, width)) = giving else { return };
        // A single column has all the room there is.
        let least = if gaps == 0 {
            NARROW
        } else {
            floor(place, *width)
        };
        if sum <= room || *width <= least {
            return;
        }
        *width -= (sum - room).min(*width - least);
    }
}

fn cells<T: AsRef<str>>(cells: &[T], widths: &[usize]) -> String {
    let mut line = String::new();
    for (cell, width) in cells.iter().zip(widths) {
        if !line.is_empty() {
            line.push_str("  ");
        }
        line.push_str(&padded(&cut(cell.as_ref(), *width), *width));
    }
    line
}

fn padded(text: &str, width: usize) -> String {
    let gap = width.saturating_sub(text.width());
    format!("{text}{}", " ".repeat(gap))
}

/// At most `width` columns of `text`.
fn cut(text: &str, width: usize) -> String {
    if text.width() <= width {
        return text.to_owned();
    }
    let mut out = String::new();
    let mut used = 1;
    for c in text.chars() {
        used += c.width().unwrap_or(0);
        if used > width {
            break;
        }
        out.push(c);
    }
    out.push('…');
    out
}

/// The subject of the mail with a report.
pub fn subject(report: &Report, language: Language) -> String {
    let words = words(language);
    let (form, hosts) = match &report.fleet {
        Some(fleet) => (words.fleet_subject, grouped(fleet.hosts)),
        None => (words.subject, String::new()),
    };
    fill(
        form,
        &[
            ("machine", &report.machine),
            ("hosts", &hosts),
            ("events", &grouped(report.events)),
            ("problems", &grouped(count(report.problems.len()))),
        ],
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wide_characters_take_two_columns() {
        assert_eq!(padded("한글", 6), "한글  ");
        assert_eq!(cut("한글한글", 6), "한글…");
        assert_eq!(cut("abc", 3), "abc");
    }

    #[test]
    fn little_is_more_than_nothing() {
        assert_eq!(scaled(1, 1_000_000, 60), 1);
        assert_eq!(scaled(0, 0, 60), 0);
        assert_eq!(scaled(u64::MAX, u64::MAX, 60), 60);
    }

    #[test]
    fn the_widest_columns_give_room() {
        let mut widths = [10, 90, 40];
        fit(&mut widths, 80);
        assert_eq!(widths.iter().sum::<usize>() + 4, 80);
        fit(&mut widths, 10);
        assert_eq!(widths, [10, 12, 12]);
        let mut widths = vec![90, 12, 20];
        drop_last(&mut widths, 60);
        fit(&mut widths, 60);
        assert_eq!(widths, [46, 12]);
    }
}
