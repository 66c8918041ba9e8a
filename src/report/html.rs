//! The report as one HTML file: no scripts, nothing from elsewhere, drawn charts, tables and
//! styles that a mail program keeps.

use super::chart::{NARROW, WIDE, columns};
use super::layout::{Body, Table, footer, period, sections, title};
use super::numbers::Report;
use super::time::Local;
use super::words::{Words, fill, grouped, words};
use crate::escape::html as escape;
use crate::values::Language;
use std::fmt::Write as _;

/// For programs that know it: the dark variant, and the charts of a phone. All else stands in the
/// elements themselves, where every mail program looks.
const STYLE: &str = "\
@media (prefers-color-scheme: dark) {
body, .page { background: #14171a !important; color: #e4e7ea !important }
h2, td, th { border-color: #343a40 !important }
.dim { color: #9aa3ad !important }
.alert { background: #4a1d1f !important; color: #ffd9d9 !important }
.fine { background: #17351f !important; color: #c9f2d3 !important }
}
@media (max-width: 560px) {
.wide { display: none !important }
.narrow { display: block !important }
.page { padding: 12px !important }
}
";

/// The report as HTML.
pub fn html(report: &Report, language: Language, local: Local<'_>) -> String {
    let words = words(language);
    let heading = escape(&title(report, words));
    let mut page = String::new();
    push(
        &mut page,
        format_args!(
            "<!DOCTYPE html>\n<html lang=\"{}\">\n<head>\n<meta charset=\"utf-8\">\n\
             <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
             <meta name=\"color-scheme\" content=\"light dark\">\n<title>{heading}</title>\n\
             <style>\n{STYLE}</style>\n</head>\n\
             <body style=\"margin:0;background:#ffffff;color:#1d2125\">\n\
             <div class=\"page\" style=\"max-width:720px;margin:0 auto;padding:20px;\
             background:#ffffff;color:#1d2125;word-break:keep-all;overflow-wrap:anywhere;\
             font:15px/1.45 system-ui,-apple-system,'Segoe UI',Roboto,'Noto Sans',sans-serif\">\n\
             <h1 style=\"font-size:22px;margin:0 0 4px\">{heading}</h1>\n\
             <p class=\"dim\" style=\"margin:0;color:#5b646d\">{}</p>\n",
            words.tag,
            escape(&period(report, words, local)),
        ),
    );
    for section in sections(report, words, local) {
        push(
            &mut page,
            format_args!(
                "<h2 style=\"font-size:17px;margin:26px 0 8px;padding-bottom:4px;\
                 border-bottom:1px solid #d7dce1\">{}</h2>\n",
                escape(&section.title)
            ),
        );
        match &section.body {
            Body::Lines(lines) if section.title == words.problems => {
                boxed(&mut page, lines, "fine", "background:#e5f6ea;color:#14522a");
            }
            Body::Lines(lines) => plain(&mut page, lines),
            Body::Alert(lines) => {
                boxed(
                    &mut page,
                    lines,
                    "alert",
                    "background:#fde7e7;color:#7a1418",
                );
            }
            Body::Course(course) => charts(&mut page, &labelled(course), &section.title),
            Body::Hours(hours) => charts(&mut page, &of_hours(hours), &section.title),
            Body::Table(table) => rows(&mut page, table, words),
        }
    }
    push(
        &mut page,
        format_args!(
            "<p class=\"dim\" style=\"margin:28px 0 0;color:#5b646d;font-size:13px\">{}</p>\n\
             </div>\n</body>\n</html>\n",
            escape(footer(report, words))
        ),
    );
    page
}

fn push(page: &mut String, text: std::fmt::Arguments<'_>) {
    // Writing to a String cannot fail.
    _ = page.write_fmt(text);
}

fn plain(page: &mut String, lines: &[String]) {
    for line in lines {
        push(
            page,
            format_args!("<p style=\"margin:4px 0\">{}</p>\n", escape(line)),
        );
    }
}

fn boxed(page: &mut String, lines: &[String], class: &str, style: &str) {
    push(
        page,
        format_args!(
            "<div class=\"{class}\" style=\"{style};border-radius:6px;padding:8px 12px;\
             overflow-wrap:anywhere\">\n"
        ),
    );
    plain(page, lines);
    page.push_str("</div>\n");
}

/// A chart, once for a desk and once for a phone; and the numbers, for mail programs that show no
/// drawings.
fn charts(page: &mut String, values: &[(String, u64)], title: &str) {
    for (class, hidden, size) in [("wide", "", WIDE), ("narrow", "display:none", NARROW)] {
        let svg = columns(values, size, title).unwrap_or_default();
        push(
            page,
            format_args!("<div class=\"{class}\" style=\"{hidden}\">{svg}</div>\n"),
        );
    }
    let numbers: Vec<String> = values
        .iter()
        .filter(|(_, count)| *count > 0)
        .map(|(label, count)| {
            let (label, count) = (escape(label), grouped(*count));
            format!("<span style=\"white-space:nowrap\">{label} <b>{count}</b></span>")
        })
        .collect();
    push(
        page,
        format_args!(
            "<p class=\"dim\" style=\"margin:6px 0 0;font-size:12px;color:#5b646d\">{}</p>\n",
            numbers.join(" &middot; ")
        ),
    );
}

/// Days by month and day; the year is in the head of the page.
fn labelled(course: &[(String, u64)]) -> Vec<(String, u64)> {
    let short = |date: &str| date.get(5..).unwrap_or(date).to_owned();
    course
        .iter()
        .map(|(date, count)| (short(date), *count))
        .collect()
}

fn of_hours(hours: &[u64]) -> Vec<(String, u64)> {
    hours
        .iter()
        .enumerate()
        .map(|(hour, count)| (format!("{hour:02}"), *count))
        .collect()
}

const CELL: &str = "padding:5px 8px 5px 0;border-bottom:1px solid #e6e9ec;text-align:left;\
                    vertical-align:top";
/// What stays on one line, and what is broken anywhere.
const SHORT: &str = "white-space:nowrap";
const LONG: &str = "overflow-wrap:anywhere";
/// Longer values than an IPv4 address are broken.
const MOST_SHORT: usize = 16;

fn rows(page: &mut String, table: &Table, words: &Words) {
    page.push_str(
        "<table style=\"border-collapse:collapse;width:100%;font-size:14px\" role=\"table\">\n<tr>",
    );
    let number = "text-align:right;white-space:nowrap;width:1%";
    push(
        page,
        format_args!(
            "<th style=\"{CELL};{SHORT};{number}\">{}</th>",
            escape(table.unit)
        ),
    );
    for (place, head) in table.head.iter().enumerate() {
        if !is_detail(place, table.head.len()) {
            push(
                page,
                format_args!("<th style=\"{CELL};{SHORT}\">{}</th>", escape(head)),
            );
        }
    }
    page.push_str("</tr>\n");
    let most = table
        .rows
        .iter()
        .map(|(count, _)| *count)
        .max()
        .unwrap_or(0);
    for (count, cells) in &table.rows {
        push(
            page,
            format_args!("<tr><td style=\"{CELL};{number}\">{}</td>", grouped(*count)),
        );
        for (place, cell) in cells.iter().enumerate() {
            if is_detail(place, cells.len()) {
                continue;
            }
            let is_short = place > 0 && cell.chars().count() <= MOST_SHORT;
            let wrap = if is_short { SHORT } else { LONG };
            let below = if place == 0 {
                details(cells) + &bar(*count, most)
            } else {
                String::new()
            };
            push(
                page,
                format_args!("<td style=\"{CELL};{wrap}\">{}{below}</td>", escape(cell)),
            );
        }
        page.push_str("</tr>\n");
    }
    page.push_str("</table>\n");
    if table.more > 0 {
        let more = fill(words.more, &[("count", &grouped(table.more))]);
        push(
            page,
            format_args!(
                "<p class=\"dim\" style=\"margin:6px 0 0;color:#5b646d\">{}</p>\n",
                escape(&more)
            ),
        );
    }
}

/// Whether a column is shown below the first one: a phone has no room for many.
fn is_detail(place: usize, columns: usize) -> bool {
    columns > 3 && place > 0 && place + 2 < columns
}

/// What is shown below the first column.
fn details(cells: &[String]) -> String {
    let details: Vec<String> = cells
        .iter()
        .enumerate()
        .filter(|(place, cell)| is_detail(*place, cells.len()) && !cell.is_empty())
        .map(|(_, cell)| escape(cell))
        .collect();
    if details.is_empty() {
        return String::new();
    }
    format!(
        "<div class=\"dim\" style=\"font-size:12px;color:#5b646d\">{}</div>",
        details.join(" &middot; ")
    )
}

/// A bar as an element with a width: mail programs that show no drawings show it.
fn bar(count: u64, most: u64) -> String {
    let share = u128::from(count) * 100 / u128::from(most.max(1));
    format!(
        "<div style=\"height:5px;margin-top:3px;border-radius:2px;background:#3b82d6;\
         width:{}%\"></div>",
        share.max(1)
    )
}
