//! The status for Nagios and what speaks like it: a word, a line, numbers, and the problems below.

use super::line::StandardAccess;
use super::machine::MachineStatus;
use super::problem_words::sentence;
use super::view::View;

/// The output of a plugin, line by line. Its first word stands for the exit code of the command: OK for
/// 0, WARNING for 1, and UNKNOWN for 3, where something could not be looked at.
pub fn nagios(status: &MachineStatus, view: &View<'_>) -> Vec<String> {
    let unread = status.unread();
    let problems: Vec<String> = status
        .problems
        .iter()
        .map(|problem| sentence(problem, view))
        .collect();
    let (word, head) = match (unread.first(), problems.first()) {
        (Some(why), _) => ("UNKNOWN", (*why).to_owned()),
        (None, Some(first)) => ("WARNING", first.clone()),
        (None, None) => ("OK", well(status)),
    };
    let all = problems.len() + unread.len();
    let more = match all {
        0 | 1 => String::new(),
        _ => format!(" (and {} more)", all - 1),
    };
    let mut numbers = vec![format!("problems={}", problems.len())];
    if let Some(mail) = status.mail.at() {
        numbers.push(format!("queue={}", mail.queue));
        numbers.push(format!("given_up={}", mail.given_up));
        numbers.extend(mail.dropped.at().map(|count| format!("drop={count}")));
    }
    if let Some(clients) = status.clients.at() {
        numbers.push(format!("refused={}", clients.refused));
    }
    let mut lines = vec![format!(
        "TCPW {word} - {}{more} | {}",
        plain(&head),
        numbers.join(" ")
    )];
    if all > 1 {
        let others = problems.iter().map(String::as_str).chain(unread);
        lines.extend(others.map(plain));
    }
    lines
}

/// What there is to say where nothing is wrong.
fn well(status: &MachineStatus) -> String {
    let state = status.access.at().map(|access| match access.state {
        StandardAccess::Closed => "closed",
        StandardAccess::Open => "open",
    });
    let refused = status.clients.at().map_or(0, |clients| clients.refused);
    format!("{}, {refused} refused today", state.unwrap_or_default())
}

/// A text without the sign that begins the numbers.
fn plain(text: &str) -> String {
    text.replace('|', "/")
}
