//! The events of a letter as a CSV file (RFC 4180), harmless where a spreadsheet opens it.

use crate::alert::event::Claim;
use crate::alert::letter::words::choose::{fill, number};
use crate::alert::letter::words::table::Words;
use crate::alert::model::letter::{Entry, Letter};
use crate::alert::model::reporter::Reporter;
use crate::escape::{spreadsheet_cell, visible};
use chrono::SecondsFormat;

const HEAD: &str = "id,time,machine,source,host,address,daemon,server,process,reported_by_uid,outcome,rule_file,rule_line,rule,decision";

/// The events as a table with a head; nothing if the letter has none.
pub(in crate::alert) fn events_csv(letter: &Letter) -> Option<Vec<u8>> {
    if letter.events.is_empty() {
        return None;
    }
    let mut out = String::from(HEAD);
    out.push_str("\r\n");
    for entry in &letter.events {
        let cells: Vec<String> = cells(entry).iter().map(|cell| quoted(cell)).collect();
        out.push_str(&cells.join(","));
        out.push_str("\r\n");
    }
    Some(out.into_bytes())
}

/// Says that the file does not have all events, if that is so.
pub(super) fn remark(letter: &Letter, words: &Words) -> Option<String> {
    let listed = u64::try_from(letter.events.len()).unwrap_or(u64::MAX);
    let (shown, all) = (number(listed), number(letter.count));
    let is_part = listed > 0 && listed < letter.count;
    is_part.then(|| fill(words.warnings.csv_part, &[("shown", &shown), ("all", &all)]))
}

fn cells(entry: &Entry) -> [String; 15] {
    let event = &entry.event;
    let text = |claim: &Claim| visible(claim.bytes());
    let (file, line, rule) = entry.rule.as_ref().map_or_else(Default::default, |rule| {
        let line = rule.line.to_string();
        (rule.file.clone(), line, rule.text.clone())
    });
    [
        entry.id.to_string(),
        event.time.to_rfc3339_opts(SecondsFormat::Millis, true),
        visible(entry.machine.as_bytes()),
        visible(entry.source.as_bytes()),
        text(&event.host),
        text(&event.addr),
        text(&event.daemon),
        text(&event.server),
        text(&event.pid),
        Reporter::of(event.uid)
            .uid()
            .map_or_else(String::new, |uid| uid.to_string()),
        entry.verdict.word().to_owned(),
        visible(file.as_bytes()),
        line,
        visible(rule.as_bytes()),
        entry.decision.word().to_owned(),
    ]
}

/// A cell in quotes. What a spreadsheet would take for a formula begins with an apostrophe.
fn quoted(cell: &str) -> String {
    format!("\"{}\"", spreadsheet_cell(cell).replace('"', "\"\""))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::alert::letter::sample;
    use crate::alert::model::letter::LetterKind;

    #[test]
    fn every_event_is_a_row_of_text() {
        let mut letter = sample::letter(LetterKind::Alarm);
        for (host, wanted) in [
            (&b"=1+1"[..], "\"'=1+1\""),
            (b"@SUM(A1)", "\"'@SUM(A1)\""),
            (b"-x", "\"'-x\""),
            (b" +x", "\"' +x\""),
            (b"\t=x", "\"\\t=x\""),
            (b"|calc", "\"'|calc\""),
            (b"%x", "\"'%x\""),
            (b"a\",\"b\r\nc", "\"a\"\",\"\"b\\r\\nc\""),
        ] {
            letter.events[0].event.host = Claim::cut(host, 99);
            let csv = String::from_utf8(events_csv(&letter).unwrap()).unwrap();
            let rows: Vec<&str> = csv.split_terminator("\r\n").collect();
            assert_eq!(rows.len(), 2, "{csv}");
            assert!(rows[1].contains(wanted), "{csv}");
        }
        letter.events.clear();
        assert_eq!(events_csv(&letter), None);
    }
}
