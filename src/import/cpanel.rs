//! Host Access Control of cPanel: rows of a daemon, a list of clients and an action, the first of which
//! decides; they are rules of the allow table as they stand.

use crate::import::input::each_line;
use crate::import::intake::Intake;
use crate::import::rule::ImportedRule;
use crate::import::words::shown;
use std::io::{self, BufRead};

/// Reads rows: `daemon : clients : allow` as they stand in the file, or with tabs between as they are
/// copied from the page, with a comment at the end.
///
/// # Errors
/// When they cannot be read.
pub(crate) fn read(input: &mut dyn BufRead, intake: &mut Intake<'_>) -> io::Result<()> {
    each_line(input, &mut |place, line| {
        let taken = line
            .map_err(str::to_owned)
            .and_then(|line| row(line, intake));
        match taken {
            Ok(rule) => rule.into_iter().for_each(|rule| intake.take_rule(rule)),
            Err(what) => intake.fault(&place, &what),
        }
    })
}

fn row(line: &str, intake: &Intake<'_>) -> Result<Option<ImportedRule>, String> {
    let line = line.trim();
    if line.is_empty() || line.starts_with('#') {
        return Ok(None);
    }
    let (daemons, clients, action, comment) = if line.contains('\t') {
        let mut cells = line.split('\t').map(str::trim);
        let cell = |cell: Option<&str>| cell.unwrap_or_default().to_owned();
        (
            cell(cells.next()),
            cell(cells.next()),
            cell(cells.next()),
            cell(cells.next()),
        )
    } else {
        colons(line)?
    };
    if daemons.eq_ignore_ascii_case("daemon") && action.eq_ignore_ascii_case("action") {
        return Ok(None);
    }
    let action = action.to_ascii_lowercase();
    if !matches!(action.as_str(), "allow" | "deny") {
        return Err(format!("`{}` is neither allow nor deny", shown(&action)));
    }
    let is_plain = |list: &str| {
        !list.is_empty()
            && !list.contains(|one: char| one.is_control() || matches!(one, '#' | '\\' | ':'))
    };
    let without_addresses: String = bare(&clients);
    if !is_plain(&daemons) || !is_plain(&without_addresses) {
        return Err("a row has a daemon, a list of clients and an action".to_owned());
    }
    Ok(Some(ImportedRule {
        is_allow: true,
        daemons,
        clients,
        options: action,
        by: Some("import/cpanel".to_owned()),
        reason: intake.reason(&comment).map(|reason| reason.to_string()),
        ..ImportedRule::default()
    }))
}

/// A list of clients without what stands in brackets.
fn bare(clients: &str) -> String {
    let mut depth = 0_u32;
    let outside = clients.chars().filter(|one| {
        match one {
            '[' => depth += 1,
            ']' => depth = depth.saturating_sub(1),
            _ => return depth == 0,
        }
        true
    });
    outside.collect()
}

/// The parts of `daemon : clients : action # comment`; the colons of an address in brackets part nothing.
fn colons(line: &str) -> Result<(String, String, String, String), String> {
    let (line, comment) = line.split_once('#').unwrap_or((line, ""));
    let mut parts = vec![String::new()];
    let mut is_inside = false;
    for one in line.chars() {
        is_inside = (is_inside || one == '[') && one != ']';
        if one == ':' && !is_inside {
            parts.push(String::new());
        } else if let Some(part) = parts.last_mut() {
            part.push(one);
        }
    }
    let parts: Vec<&str> = parts.iter().map(|part| part.trim()).collect();
    match parts.as_slice() {
        [daemon, clients, action] => Ok((
            (*daemon).to_owned(),
            (*clients).to_owned(),
            (*action).to_owned(),
            comment.to_owned(),
        )),
        _ => Err("a row has a daemon, a list of clients and an action".to_owned()),
    }
}
