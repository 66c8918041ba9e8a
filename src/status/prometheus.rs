//! The status as a text file for the textfile collector of Prometheus' node exporter. No label is an
//! address.

use super::line::{Looked, StandardAccess};
use super::machine::MachineStatus;
use super::measures::Measures;
use super::problem::PROBLEMS;
use super::utc_time::UtcTime;

/// A metric: its name, its type and what it is.
type Head = (&'static str, &'static str, &'static str);

const EVENTS: Head = (
    "tcpw_events_total",
    "counter",
    "Connections that raised an alert, by daemon and verdict.",
);
const OUTBOX: Head = (
    "tcpw_outbox_messages",
    "gauge",
    "Messages that are not delivered, each way counted.",
);
const OLDEST: Head = (
    "tcpw_oldest_waiting_seconds",
    "gauge",
    "Age of the oldest alert or message that waits; 0 where none does.",
);
const DROP: Head = (
    "tcpw_drop_files",
    "gauge",
    "Alerts in the drop directories that nobody has collected yet.",
);
const LAST: Head = (
    "tcpw_last_event_timestamp_seconds",
    "gauge",
    "When the last event of the journal happened.",
);
const SENT: Head = (
    "tcpw_last_sent_timestamp_seconds",
    "gauge",
    "When the last mail was delivered.",
);
const LINT: Head = (
    "tcpw_lint_findings",
    "gauge",
    "Findings of the linter in the tables.",
);
const OPEN: Head = (
    "tcpw_access_open",
    "gauge",
    "1 where clients that no rule names get in, else 0.",
);
const PENDING: Head = (
    "tcpw_pending_changes",
    "gauge",
    "Changes that are rolled back unless they are confirmed.",
);
const PROBLEM: Head = (
    "tcpw_problems",
    "gauge",
    "Problems that tcpw status lists, by kind.",
);
const READABLE: Head = (
    "tcpw_readable",
    "gauge",
    "1 where the part could be looked at, else 0: then its metrics are left out.",
);
const LOOKED: Head = (
    "tcpw_status_timestamp_seconds",
    "gauge",
    "When the machine was looked at.",
);

/// The text of the file. What could not be looked at is left out, and `tcpw_readable` says so.
pub fn prometheus(status: &MachineStatus, measures: &Measures) -> String {
    let mut page = Page(Vec::new());
    let at = |count: u64| count.to_string();
    if let Some(events) = measures.events.at() {
        page.metric(
            EVENTS,
            events.iter().map(|event| {
                let labels = labels(&[("daemon", &event.daemon), ("verdict", event.verdict)]);
                (labels, at(event.count))
            }),
        );
    }
    if let Some(states) = measures.outbox.at() {
        page.metric(
            OUTBOX,
            states
                .iter()
                .map(|state| (labels(&[("state", state.state)]), at(state.count))),
        );
    }
    if let Some(since) = measures.oldest_waiting.at() {
        let age = since.map_or(0, |since| (status.time.0 - since.0).num_seconds().max(0));
        page.one(OLDEST, age.to_string());
    }
    let mail = status.mail.at();
    if let Some(count) = measures.dropped.at() {
        page.one(DROP, at(*count));
    }
    if let Some(Some(last)) = measures.last_event.at() {
        page.one(LAST, seconds(*last));
    }
    if let Some(sent) = mail.and_then(|mail| mail.last_sent) {
        page.one(SENT, seconds(sent));
    }
    if let Some(findings) = measures.findings.at() {
        page.metric(
            LINT,
            findings
                .iter()
                .map(|(severity, count)| (labels(&[("severity", severity)]), at(*count))),
        );
    }
    if let Some(access) = status.access.at() {
        let is_open = access.state == StandardAccess::Open;
        page.one(OPEN, u8::from(is_open).to_string());
    }
    if let Some(pending) = status.pending.at() {
        page.one(PENDING, pending.changes.len().to_string());
    }
    problems(&mut page, status, &readable(status, measures));
    page.one(LOOKED, seconds(status.time));
    page.0.concat()
}

/// How many problems there are of each kind, and which parts could be looked at. Where one could not,
/// there may be problems of which nothing is known.
fn problems(page: &mut Page, status: &MachineStatus, parts: &[(&'static str, bool)]) {
    let is_whole = parts.iter().all(|(_, is_read)| *is_read);
    let counts = PROBLEMS.iter().filter_map(|word| {
        let all = status.problems.iter();
        let count = all.filter(|problem| problem.word() == *word).count();
        (is_whole || count > 0).then(|| (labels(&[("problem", word)]), count.to_string()))
    });
    let counts: Vec<(String, String)> = counts.collect();
    if !counts.is_empty() {
        page.metric(PROBLEM, counts.into_iter());
    }
    let parts = parts.iter();
    page.metric(
        READABLE,
        parts.map(|(part, is)| (labels(&[("part", part)]), u8::from(*is).to_string())),
    );
}

/// Which parts could be looked at.
fn readable(status: &MachineStatus, measures: &Measures) -> Vec<(&'static str, bool)> {
    fn is<T>(line: &Looked<T>) -> bool {
        line.at().is_some()
    }
    let is_all = status.cannot_read.is_empty();
    vec![
        ("access", is(&status.access)),
        ("asked", is(&status.asked)),
        ("alert", is(&status.alert)),
        ("mail", is(&status.mail)),
        ("drop", is(&measures.dropped)),
        ("clients", is(&status.clients)),
        ("pending", is(&status.pending)),
        ("journal", is(&measures.events)),
        ("lint", is(&measures.findings)),
        ("others", is_all),
    ]
}

/// A time as Prometheus has it.
fn seconds(time: UtcTime) -> String {
    time.0.timestamp().to_string()
}

/// Labels in braces, their values in quotes.
fn labels(pairs: &[(&str, &str)]) -> String {
    let quoted = |value: &str| {
        let value = value.replace('\\', "\\\\").replace('"', "\\\"");
        value.replace('\n', "\\n")
    };
    let pairs: Vec<String> = pairs
        .iter()
        .map(|(name, value)| format!("{name}=\"{}\"", quoted(value)))
        .collect();
    format!("{{{}}}", pairs.join(","))
}

/// The lines of a text file that grows.
struct Page(Vec<String>);

impl Page {
    /// A metric with its values; nothing of one that has none.
    fn metric(&mut self, head: Head, values: impl Iterator<Item = (String, String)>) {
        let mut values = values.peekable();
        if values.peek().is_none() {
            return;
        }
        let (name, kind, help) = head;
        self.0.push(format!("# HELP {name} {help}\n"));
        self.0.push(format!("# TYPE {name} {kind}\n"));
        let lines = values.map(|(labels, value)| format!("{name}{labels} {value}\n"));
        self.0.extend(lines);
    }

    /// A metric without labels.
    fn one(&mut self, head: Head, value: String) {
        self.metric(head, std::iter::once((String::new(), value)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_label_holds_cannot_end_it() {
        let text = labels(&[("daemon", "a\"b\\c\nd"), ("verdict", "denied")]);
        assert_eq!(text, "{daemon=\"a\\\"b\\\\c\\nd\",verdict=\"denied\"}");
    }
}
